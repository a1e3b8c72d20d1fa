//! The fronts of the command, by their names below `localhost`.

use http::Uri;
use lodger_gateway::{Front, WebSocketApi};

use super::front_settings::FrontSettings;
use crate::{Result, args::DevArgs, function::LocalHost, project::Project};

/// The name of the program as a server.
pub const SERVER: &str = "server";
/// The name of the program as a Vercel function of the runtime `executable`.
pub const VERCEL: &str = "vercel";
/// The name of the program as a Lambda Web Function.
pub const WEB_FUNCTION: &str = "web-function";
/// The name of the WebSocket API, whose clients send messages and no requests.
pub const WEBSOCKET_API: &str = "websocket-api";

/// The hosts that are no fronts of Lambda, with their names.
const LOCAL_HOSTS: &[(&str, LocalHost)] = &[
    (WEB_FUNCTION, LocalHost::WebFunctions),
    #[cfg(unix)]
    (VERCEL, LocalHost::Vercel),
    (SERVER, LocalHost::Server),
];

/// The front of a request.
#[derive(Debug, Clone)]
pub enum Kind {
    Lambda(Box<Front>),
    Local(LocalHost),
}

impl Kind {
    /// The URI of a request below the stage: without the stage, if clients of the front send it. A path without the stage stays.
    pub fn below_stage(&self, uri: &Uri) -> Uri {
        match self {
            Self::Lambda(front) => front.uri_below_stage(uri).unwrap_or_else(|_| uri.clone()),
            Self::Local(_) => uri.clone(),
        }
    }
}

/// The fronts, with their settings.
#[derive(Debug)]
pub struct Fronts {
    lambda: Vec<Front>,
    default: String,
    websocket: WebSocketApi,
    settings: FrontSettings,
}

impl Fronts {
    /// Creates the fronts with the settings of the command line and of `Cargo.toml`.
    ///
    /// # Errors
    /// The file with the CORS configuration cannot be read, or there is no such default front.
    pub fn new(args: &DevArgs, project: Option<&Project>) -> Result<Self> {
        let project = project.map(|project| &project.settings);
        let settings = FrontSettings::new(args, project)?;
        let lambda = Front::all().into_iter().filter(|front| front.name() != VERCEL);
        let lambda = lambda.map(|front| settings.apply(front.streaming_like_reply())).collect();
        let default = args.front.clone().or(project.and_then(|project| project.front.clone()));
        let websocket = settings.stage.iter().fold(WebSocketApi::new(), |api, stage| api.stage(stage));
        let websocket = if args.route_responses { websocket.route_responses() } else { websocket };
        let default = default.unwrap_or_else(|| "function-url".to_owned());
        let fronts = Self { lambda, default, websocket, settings };
        if fronts.get(&fronts.default).is_none() {
            let names = fronts.names().join(", ");
            return Err(format!("cannot find the front {:?}: expected one of {names}", fronts.default).into());
        }
        Ok(fronts)
    }

    /// The name of the front at `localhost` itself.
    pub fn default_name(&self) -> &str {
        &self.default
    }

    /// The host of the default front. `None` is Lambda.
    pub fn default_host(&self) -> Option<LocalHost> {
        match self.get(&self.default) {
            Some(Kind::Local(host)) => Some(host),
            _ => None,
        }
    }

    /// The WebSocket API.
    pub fn websocket(&self) -> WebSocketApi {
        self.websocket.clone()
    }

    /// Returns the front with a name.
    pub fn get(&self, name: &str) -> Option<Kind> {
        if let Some((_, host)) = LOCAL_HOSTS.iter().find(|(local, _)| *local == name) {
            return Some(Kind::Local(*host));
        }
        let front = self.lambda.iter().find(|front| front.name() == name)?;
        Some(Kind::Lambda(Box::new(front.clone())))
    }

    /// The names of all fronts that take requests.
    pub fn names(&self) -> Vec<&str> {
        self.lambda.iter().map(Front::name).chain(LOCAL_HOSTS.iter().map(|(name, _)| *name)).collect()
    }

    /// The URI of a request to the front with a name, [below the stage](Kind::below_stage).
    pub fn below_stage(&self, name: &str, uri: &Uri) -> Uri {
        self.get(name).map_or_else(|| uri.clone(), |kind| kind.below_stage(uri))
    }

    /// The URI that clients of a front send, with its stage if it has one.
    pub fn with_stage(&self, name: &str, below: &Uri) -> Uri {
        let uri = self.settings.stage.as_ref().and_then(|stage| format!("/{stage}{below}").parse().ok());
        // Fronts without stages, and a default stage, change nothing.
        uri.filter(|uri| uri != below && self.below_stage(name, uri) == *below).unwrap_or_else(|| below.clone())
    }

    /// The Rust source of a front of Lambda with its settings.
    pub fn source(&self, name: &str) -> Option<String> {
        let front = self.lambda.iter().find(|front| front.name() == name)?;
        Some(self.settings.source(front))
    }
}
