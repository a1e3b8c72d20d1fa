//! The fronts of the command, by their names below `localhost`.

use lodger_gateway::{Front, WebSocketApi};

use crate::{
    Result,
    args::DevArgs,
    function::LocalHost,
    project::{CorsSettings, Project},
};

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

/// The fronts, with their settings.
#[derive(Debug)]
pub struct Fronts {
    lambda: Vec<Front>,
    default: String,
    websocket: WebSocketApi,
}

impl Fronts {
    /// Creates the fronts with the settings of the command line and of `Cargo.toml`.
    ///
    /// # Errors
    /// The file with the CORS configuration cannot be read, or there is no such default front.
    pub fn new(args: &DevArgs, project: Option<&Project>) -> Result<Self> {
        let settings = project.map(|project| &project.settings);
        let stage = args.stage.as_ref().or(settings.and_then(|settings| settings.stage.as_ref()));
        let media_types = match settings {
            Some(settings) if args.binary_media_types.is_empty() => settings.binary_media_types.clone(),
            _ => args.binary_media_types.clone(),
        };
        let cors = match &args.cors {
            Some(file) => Some(CorsSettings::read(file)?),
            None => settings.and_then(|settings| settings.cors.clone()),
        };
        let lambda = Front::all().into_iter().filter(|front| front.name() != VERCEL).map(|front| {
            let front = front.streaming_like_reply().binary_media_types(media_types.clone());
            let front = cors.iter().fold(front, |front, cors| front.cors(cors.to_cors()));
            match stage {
                Some(stage) => front.stage(stage),
                // Without a stage in the URL, as behind a domain of the user's.
                None if front.has_stages() => {
                    let name = format!("{front}.localhost");
                    front.custom_domain(name)
                }
                None => front,
            }
        });
        let default = args.front.clone().or(settings.and_then(|settings| settings.front.clone()));
        let websocket = WebSocketApi::new();
        let websocket = if args.route_responses { websocket.route_responses() } else { websocket };
        let default = default.unwrap_or_else(|| "function-url".to_owned());
        let fronts = Self { lambda: lambda.collect(), default, websocket };
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
}
