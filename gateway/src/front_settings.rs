//! The settings of a front that a test chooses.

mod authorizer;
mod claims;
mod cors;
mod route;
mod routes;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

pub use self::{
    authorizer::Authorizer,
    cors::Cors,
    route::{InvalidRoute, Route},
    routes::Routes,
};

/// The settings of a front that its functions read.
#[derive(Debug, Clone)]
pub(crate) struct FrontSettings {
    /// The host name that the platform assigns.
    assigned_domain: &'static str,
    /// The custom domain, if there is one.
    pub(crate) custom_domain: Option<String>,
    /// The stage of an API. `$default` if the front has no stages.
    pub(crate) stage: String,
    /// The address of the client.
    pub(crate) client: IpAddr,
    /// The binary media types of a REST API.
    pub(crate) binary_media_types: Vec<String>,
    /// The CORS configuration of an HTTP API or a Function URL.
    pub(crate) cors: Option<Arc<Cors>>,
    /// The result of the authorizer of an API.
    pub(crate) authorizer: Option<Arc<Authorizer>>,
    /// The route of an API.
    pub(crate) route: Option<Arc<Route>>,
}

impl FrontSettings {
    /// Returns the default settings of a front with this domain and stage.
    pub(crate) fn new(assigned_domain: &'static str, stage: &str) -> Self {
        Self {
            assigned_domain,
            custom_domain: None,
            stage: stage.to_owned(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            binary_media_types: Vec::new(),
            cors: None,
            authorizer: None,
            route: None,
        }
    }

    /// The host name of the front: the custom domain, or the one that the platform assigns.
    pub(crate) fn domain(&self) -> &str {
        self.custom_domain.as_deref().unwrap_or(self.assigned_domain)
    }

    /// The first label of the domain.
    pub(crate) fn domain_prefix(&self) -> &str {
        first_label(self.domain())
    }

    /// The ID of an API: the first label of the assigned domain.
    pub(crate) fn api_id(&self) -> &'static str {
        first_label(self.assigned_domain)
    }

    /// Adds the stage of an HTTP API to a path: a named stage, on the domain that AWS assigns (rule 24).
    pub(crate) fn add_stage(&self, path: &str) -> String {
        if self.stage == "$default" || self.custom_domain.is_some() {
            return path.to_owned();
        }
        format!("/{}{path}", self.stage)
    }
}

fn first_label(domain: &str) -> &str {
    domain.split('.').next().unwrap_or_default()
}
