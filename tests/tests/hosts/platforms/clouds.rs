//! Platforms of AWS, Azure and Google that start containers.

use std::time::Duration;

use super::{CONTRACT, Contract, check, check_cut_off, seconds, start_as};

pub(super) const CONTRACTS: &[&Contract] =
    &[&CLOUD_RUN, &KNATIVE, &ECS, &AZURE_CONTAINER_APPS, &AZURE_FUNCTIONS, &WEB_FUNCTIONS];

const CLOUD_RUN: Contract = Contract {
    name: "cloud-run",
    title: "Cloud Run",
    vars: &[("K_SERVICE", "hello"), ("K_REVISION", "hello-00001-abc"), ("K_CONFIGURATION", "hello")],
    kill_after: seconds(10),
    grace: "9.5s",
    ..CONTRACT
};

const KNATIVE: Contract = Contract {
    name: "knative",
    title: "Knative",
    vars: &[
        ("K_SERVICE", "hello"),
        ("K_REVISION", "hello-00001"),
        ("K_CONFIGURATION", "hello"),
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
    ],
    kill_after: seconds(30),
    grace: "20s",
    ..CONTRACT
};

const ECS: Contract = Contract {
    name: "ecs",
    title: "Amazon ECS",
    vars: &[
        ("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE"),
        ("ECS_CONTAINER_METADATA_URI_V4", "http://169.254.170.2/v4/0123456789abcdef-0123456789"),
    ],
    kill_after: seconds(30),
    grace: "29.5s",
    ..CONTRACT
};

const AZURE_CONTAINER_APPS: Contract = Contract {
    name: "azure-container-apps",
    title: "Azure Container Apps",
    vars: &[
        ("CONTAINER_APP_NAME", "hello"),
        ("CONTAINER_APP_REVISION", "hello--20mh1s9"),
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
    ],
    kill_after: seconds(30),
    grace: "29.5s",
    ..CONTRACT
};

const AZURE_FUNCTIONS: Contract = Contract {
    name: "azure-functions",
    title: "Azure Functions",
    vars: &[("FUNCTIONS_CUSTOMHANDLER_PORT", "0"), ("FUNCTIONS_WORKER_RUNTIME", "custom")],
    ..CONTRACT
};

const WEB_FUNCTIONS: Contract = Contract {
    name: "web-functions",
    title: "Lambda Web Functions",
    vars: &[("AWS_LAMBDA_HTTP_ENDPOINT", "0.0.0.0:0"), ("AWS_LAMBDA_INITIALIZATION_TYPE", "native-http")],
    kill_after: seconds(1),
    grace: "900ms",
    ..CONTRACT
};

#[tokio::test(flavor = "multi_thread")]
async fn cloud_run() {
    check(&CLOUD_RUN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn knative() {
    check(&KNATIVE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ecs() {
    check(&ECS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn azure_container_apps() {
    check(&AZURE_CONTAINER_APPS).await;
}

#[test]
fn azure_functions() {
    let app = crate::azure::FunctionApp::new(true, "api");
    let (mut process, _) = start_as(&AZURE_FUNCTIONS, &[("AzureWebJobsScriptRoot", app.root())]);
    process.signal(AZURE_FUNCTIONS.signal);
    assert!(process.read_line().starts_with("lodger: shutting down: waiting up to 10s"));
    assert!(process.wait().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn web_functions_cut_off_requests_within_a_second() {
    check_cut_off(&WEB_FUNCTIONS, &[], Duration::from_millis(900)).await;
}
