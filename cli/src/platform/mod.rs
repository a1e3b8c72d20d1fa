//! The platforms around a function: fronts, and the processes behind them.

mod body;
mod event;
mod exchange;
mod front;
mod front_settings;
mod functions;
mod proxy;
mod routes;
mod select;
mod send;
mod version;
mod versions;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Arc};

use lodger_gateway::WebSocketServer;

use self::routes::RouteTable;
pub use self::{
    body::{BoxBody, full, text},
    event::invoke,
    front::{Fronts, Kind, WEBSOCKET_API},
    functions::{BuildState, Functions},
    select::Selection,
    versions::Versions,
};
use crate::{Result, authorizer::RequestAuthorizer, history::History, project::Project};

/// The fronts of a function on one port, and its versions.
#[derive(Debug)]
pub struct Platform {
    pub fronts: Fronts,
    /// The address of the port.
    pub address: SocketAddr,
    pub history: Arc<History>,
    pub functions: Arc<Functions>,
    /// The routes of the functions, if there are several.
    pub routes: Option<RouteTable>,
    /// The authorizer of HTTP APIs and REST APIs.
    pub authorizer: Option<RequestAuthorizer>,
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
    /// Creates the platform of the functions of a package, or of a program without one.
    ///
    /// # Errors
    /// A route is not valid.
    pub fn new(
        fronts: Fronts,
        address: SocketAddr,
        history: Arc<History>,
        functions: Arc<Functions>,
        authorizer: Option<RequestAuthorizer>,
        project: Option<&Project>,
    ) -> Result<Self> {
        let routes = RouteTable::parse(project.map(|project| &*project.routes).unwrap_or_default())?;
        let variables = project.map(|project| project.settings.env.clone()).unwrap_or_default();
        let folder = project.map(|project| project.folder.clone());
        let package = project.map_or_else(
            || ("function".to_owned(), String::new()),
            |project| (project.name.clone(), project.version.clone()),
        );
        // Not a name below `localhost`: the function calls this address, and only browsers and curl resolve such names everywhere.
        let api = fronts.websocket().custom_domain(format!("localhost:{}", address.port()));
        let websocket = event::websocket_server(api, Arc::clone(&functions), Arc::clone(&history));
        Ok(Self { fronts, address, history, functions, routes, authorizer, websocket, package, folder, variables })
    }

    /// The URL of a name below `localhost`.
    pub fn url(&self, label: &str) -> String {
        format!("http://{}", self.host(label))
    }

    /// The host of a name below `localhost`, as in the header `Host`.
    pub fn host(&self, label: &str) -> String {
        format!("{label}.localhost:{}", self.address.port())
    }
}
