//! The platforms around a function: fronts, and the processes behind them.

mod body;
mod event;
mod exchange;
mod front;
mod functions;
mod proxy;
mod send;
mod version;
mod versions;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Arc};

use lodger_gateway::{WebSocketApi, WebSocketServer};

pub use self::{
    body::{BoxBody, full, text},
    event::invoke,
    front::{Fronts, WEBSOCKET_API},
    functions::Functions,
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
    pub functions: Arc<Functions>,
    /// The WebSocket API in front of the function.
    pub websocket: WebSocketServer,
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
        functions: Arc<Functions>,
        project: Option<&Project>,
    ) -> Self {
        let variables = project.map(|project| project.settings.env.clone()).unwrap_or_default();
        let folder = project.map(|project| project.folder.clone());
        let package = project.map_or_else(
            || ("function".to_owned(), String::new()),
            |project| (project.name.clone(), project.version.clone()),
        );
        // Not a name below `localhost`: the function calls this address, and only browsers and curl resolve such names everywhere.
        let api = WebSocketApi::new().custom_domain(format!("localhost:{}", address.port()));
        let websocket = event::websocket_server(api, Arc::clone(&functions), Arc::clone(&history));
        Self { fronts, address, history, functions, websocket, package, folder, variables }
    }

    /// The URL of a name below `localhost`.
    pub fn url(&self, label: &str) -> String {
        format!("http://{label}.localhost:{}", self.address.port())
    }
}
