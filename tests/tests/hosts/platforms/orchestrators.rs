//! Kubernetes and Cloud Foundry, which teams run themselves.

use super::{CONTRACT, Contract, check, seconds};

pub(super) const CONTRACTS: &[&Contract] = &[&KUBERNETES, &CLOUD_FOUNDRY];

const KUBERNETES: Contract = Contract {
    name: "kubernetes",
    title: "Kubernetes",
    vars: &[("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("KUBERNETES_SERVICE_PORT", "443")],
    kill_after: seconds(30),
    grace: "20s",
    ..CONTRACT
};

const CLOUD_FOUNDRY: Contract = Contract {
    name: "cloud-foundry",
    title: "Cloud Foundry",
    vars: &[("VCAP_APPLICATION", r#"{"application_name":"hello"}"#), ("CF_INSTANCE_INDEX", "0")],
    kill_after: seconds(10),
    grace: "9.5s",
    ..CONTRACT
};

#[tokio::test(flavor = "multi_thread")]
async fn kubernetes() {
    check(&KUBERNETES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cloud_foundry() {
    check(&CLOUD_FOUNDRY).await;
}
