#[cfg(test)]
mod tests;

use std::time::Duration;

use super::{Host, environment::Environment};
use crate::Proxies;

/// A platform that starts a server process in a container or a virtual machine.
///
/// [`PLATFORMS`] has all of them. A platform sets defaults only: code and variables such as `LODGER_GRACE` override them. The host
/// stays [`Host::Server`](crate::Host::Server), and the app receives the same requests as on a laptop. Lambda Web Functions are a host of
/// their own: [`Host::WebFunctions`](crate::Host::WebFunctions).
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostingPlatform {
    /// The name in settings, such as `cloud-run`.
    pub name: &'static str,
    /// The name in log lines and documentation, such as "Cloud Run".
    pub title: &'static str,
    /// The variables that reveal the platform. All of them are set.
    pub variables: &'static [&'static str],
    /// The signal that begins the shutdown: `SIGTERM` or `SIGINT`.
    pub signal: &'static str,
    /// The time from the signal to SIGKILL, by default of the platform. `None` if the platform documents no time.
    pub kill_after: Option<Duration>,
    /// The variable with the time from the signal to SIGKILL, in seconds, if the user sets it there.
    pub kill_after_variable: Option<&'static str>,
    /// The grace period that fits [`kill_after`](Self::kill_after). `None` means the default of a server, 10 seconds.
    pub grace: Option<Duration>,
    /// Whether `PORT` means all addresses of IPv6 and IPv4, because clients in the platform's private network use IPv6.
    pub listens_on_ipv6: bool,
    /// The proxies, for [`Settings::proxies`](crate::Settings::proxies). `None` if they depend on the setup.
    pub proxies: Option<&'static Proxies>,
    /// The pages that document this row.
    pub sources: &'static [&'static str],
}

/// Every platform that a server recognizes, in the order of recognition: platforms that run on another one come first.
pub static PLATFORMS: &[HostingPlatform] = &[
    HostingPlatform {
        name: "web-functions",
        title: "Lambda Web Functions",
        variables: &["AWS_LAMBDA_HTTP_ENDPOINT"],
        kill_after: Some(Duration::from_secs(1)),
        grace: Some(Duration::from_millis(900)),
        sources: &[
            "https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/web-functions-env-lifecycle.html",
        ],
        ..SIGTERM
    },
    HostingPlatform {
        name: "azure-functions",
        title: "Azure Functions",
        variables: &["FUNCTIONS_CUSTOMHANDLER_PORT"],
        sources: &["https://learn.microsoft.com/en-us/azure/azure-functions/functions-custom-handlers"],
        ..SIGTERM
    },
    HostingPlatform {
        name: "azure-container-apps",
        title: "Azure Container Apps",
        variables: &["CONTAINER_APP_NAME"],
        kill_after: Some(Duration::from_secs(30)),
        grace: Some(Duration::from_millis(29_500)),
        sources: &[
            "https://learn.microsoft.com/en-us/azure/container-apps/application-lifecycle-management",
            "https://learn.microsoft.com/en-us/azure/container-apps/environment-variables",
        ],
        ..SIGTERM
    },
    HostingPlatform {
        name: "fly",
        title: "Fly.io",
        variables: &["FLY_APP_NAME"],
        signal: "SIGINT",
        kill_after: Some(Duration::from_secs(5)),
        grace: Some(Duration::from_millis(4_500)),
        listens_on_ipv6: true,
        proxies: Some(&Proxies::FLY),
        sources: &[
            "https://fly.io/docs/reference/configuration/",
            "https://fly.io/docs/machines/runtime-environment/",
            "https://fly.io/docs/networking/request-headers/",
        ],
        ..SIGTERM
    },
    HostingPlatform {
        name: "railway",
        title: "Railway",
        variables: &["RAILWAY_ENVIRONMENT_NAME"],
        // Without draining time SIGKILL follows at once, and no grace period helps.
        kill_after: Some(Duration::ZERO),
        kill_after_variable: Some("RAILWAY_DEPLOYMENT_DRAINING_SECONDS"),
        listens_on_ipv6: true,
        proxies: Some(&Proxies::RAILWAY),
        sources: &[
            "https://docs.railway.com/deployments/deployment-teardown",
            "https://docs.railway.com/variables/reference",
            "https://docs.railway.com/guides/private-networking",
        ],
        ..SIGTERM
    },
    HostingPlatform {
        name: "render",
        title: "Render",
        variables: &["RENDER"],
        kill_after: Some(Duration::from_secs(30)),
        grace: Some(Duration::from_millis(29_500)),
        proxies: Some(&Proxies::RENDER),
        sources: &["https://render.com/docs/deploys", "https://render.com/docs/environment-variables"],
        ..SIGTERM
    },
    HostingPlatform {
        name: "heroku",
        title: "Heroku",
        variables: &["DYNO"],
        kill_after: Some(Duration::from_secs(30)),
        grace: Some(Duration::from_millis(29_500)),
        proxies: Some(&Proxies::HEROKU),
        sources: &[
            "https://devcenter.heroku.com/articles/dyno-shutdown-behavior",
            "https://devcenter.heroku.com/articles/dynos",
            "https://devcenter.heroku.com/articles/http-routing",
        ],
        ..SIGTERM
    },
    HostingPlatform {
        name: "cloud-foundry",
        title: "Cloud Foundry",
        variables: &["VCAP_APPLICATION"],
        kill_after: Some(Duration::from_secs(10)),
        grace: Some(Duration::from_millis(9_500)),
        sources: &[
            "https://docs.cloudfoundry.org/devguide/deploy-apps/app-lifecycle.html",
            "https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html",
        ],
        ..SIGTERM
    },
    HostingPlatform {
        name: "ecs",
        title: "Amazon ECS",
        variables: &["ECS_CONTAINER_METADATA_URI_V4"],
        kill_after: Some(Duration::from_secs(30)),
        grace: Some(Duration::from_millis(29_500)),
        sources: &[
            "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html",
            "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html",
        ],
        ..SIGTERM
    },
    // Cloud Run has the variables of Knative, and does not show its cluster.
    HostingPlatform {
        name: "knative",
        title: "Knative",
        variables: &["K_SERVICE", "KUBERNETES_SERVICE_HOST"],
        sources: &[
            "https://github.com/knative/specs/blob/main/specs/serving/runtime-contract.md",
            "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/",
        ],
        ..KUBERNETES
    },
    HostingPlatform {
        name: "cloud-run",
        title: "Cloud Run",
        variables: &["K_SERVICE"],
        kill_after: Some(Duration::from_secs(10)),
        grace: Some(Duration::from_millis(9_500)),
        proxies: Some(&Proxies::CLOUD_RUN),
        sources: &["https://cloud.google.com/run/docs/container-contract"],
        ..SIGTERM
    },
    KUBERNETES,
];

/// The fields that most rows share.
const SIGTERM: HostingPlatform = HostingPlatform {
    name: "",
    title: "",
    variables: &[],
    signal: "SIGTERM",
    kill_after: None,
    kill_after_variable: None,
    grace: None,
    listens_on_ipv6: false,
    proxies: None,
    sources: &[],
};

const KUBERNETES: HostingPlatform = HostingPlatform {
    name: "kubernetes",
    title: "Kubernetes",
    variables: &["KUBERNETES_SERVICE_HOST"],
    kill_after: Some(Duration::from_secs(30)),
    // A `preStop` hook runs before the signal, and its time counts towards the 30 seconds.
    grace: Some(Duration::from_secs(20)),
    sources: &[
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/",
        "https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/",
    ],
    ..SIGTERM
};

impl HostingPlatform {
    /// Recognizes the platform of a process by its environment.
    pub(super) fn detect(environment: &Environment) -> Option<&'static Self> {
        PLATFORMS.iter().find(|platform| platform.variables.iter().all(|name| environment.has(name)))
    }

    /// The platform with the name of the host.
    pub(super) fn of_host(host: Host) -> Option<&'static Self> {
        let host = host.to_string();
        PLATFORMS.iter().find(|platform| platform.name == host)
    }

    /// The grace period on this platform. `kill_after` is the time that [`kill_after_variable`](Self::kill_after_variable) sets.
    pub(super) fn grace_within(&self, kill_after: Option<Duration>) -> Option<Duration> {
        match (self.kill_after_variable, kill_after) {
            (Some(_), Some(kill_after)) => shorten(kill_after),
            _ => self.grace,
        }
    }
}

/// Leaves a tenth of the time, at most half a second, for the code after `run`. `None` if SIGKILL follows at once.
fn shorten(kill_after: Duration) -> Option<Duration> {
    let rest = (kill_after / 10).min(Duration::from_millis(500));
    (!kill_after.is_zero()).then(|| kill_after.saturating_sub(rest))
}
