//! The platforms around a function: fronts, and the processes behind them.

mod body;
mod exchange;
mod front;
mod proxy;
mod send;
mod version;
mod versions;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Arc};

pub use self::{
    body::{BoxBody, full, text},
    front::Fronts,
    send::{send, send_streaming},
    versions::Versions,
};
use crate::{history::History, project::Project};

/// The fronts of a function on one port, and its versions.
#[derive(Debug)]
pub struct Platform {
    pub fronts: Fronts,
    /// The address of the port.
    pub address: SocketAddr,
    pub history: Arc<History>,
    pub versions: Arc<Versions>,
    /// The name and the version of the package.
    pub package: (String, String),
    /// The folder of the package.
    pub folder: Option<PathBuf>,
    /// The variables of the environment in `Cargo.toml`, which have no secrets.
    pub variables: BTreeMap<String, String>,
}

impl Platform {
    pub fn new(
        fronts: Fronts,
        address: SocketAddr,
        history: Arc<History>,
        versions: Arc<Versions>,
        project: Option<&Project>,
    ) -> Self {
        let variables = project.map(|project| project.settings.env.clone()).unwrap_or_default();
        let folder = project.map(|project| project.folder.clone());
        let package = project.map_or_else(
            || ("function".to_owned(), String::new()),
            |project| (project.name.clone(), project.version.clone()),
        );
        Self { fronts, address, history, versions, package, folder, variables }
    }

    /// The URL of a name below `localhost`.
    pub fn url(&self, label: &str) -> String {
        format!("http://{label}.localhost:{}", self.address.port())
    }
}
