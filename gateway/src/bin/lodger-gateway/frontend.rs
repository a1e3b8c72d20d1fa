//! The front of the command line.

#[cfg(feature = "websocket")]
use lodger_gateway::WebSocketApi;
use lodger_gateway::{Front, UnknownFront};

/// The name of a WebSocket API, which is not a [`Front`].
pub(crate) const WEBSOCKET_API: &str = "websocket-api";

/// A front for HTTP requests or for WebSockets.
#[derive(Debug)]
pub(crate) enum Frontend {
    Http(Front),
    #[cfg(feature = "websocket")]
    WebSocket(WebSocketApi),
}

/// The options of a front.
#[derive(Debug, Default)]
pub(crate) struct FrontOptions {
    pub(crate) name: Option<String>,
    pub(crate) stage: Option<String>,
    pub(crate) custom_domain: Option<String>,
    pub(crate) binary_media_types: Option<Vec<String>>,
    pub(crate) stream: bool,
    pub(crate) route_responses: bool,
}

impl FrontOptions {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { name, stage, custom_domain, binary_media_types, stream, route_responses } = self;
        name.is_none()
            && stage.is_none()
            && custom_domain.is_none()
            && binary_media_types.is_none()
            && !stream
            && !route_responses
    }

    /// Makes the front.
    ///
    /// # Errors
    /// There is no front of this name, or it does not have one of the options.
    pub(crate) fn into_frontend(self) -> Result<Frontend, String> {
        match self.name.as_deref().unwrap_or("function-url") {
            WEBSOCKET_API => self.into_websocket(),
            name => {
                let front = name.parse().map_err(|error: UnknownFront| error.to_string())?;
                self.into_http(front).map(Frontend::Http)
            }
        }
    }

    fn into_http(self, mut front: Front) -> Result<Front, String> {
        if self.route_responses {
            return Err(unsupported("--route-responses", front.name(), &[WEBSOCKET_API]));
        }
        if let Some(stage) = self.stage {
            check("--stage", &front, Front::has_stages)?;
            front = front.stage(stage);
        }
        if let Some(domain) = self.custom_domain {
            check("--custom-domain", &front, Front::has_stages)?;
            front = front.custom_domain(domain);
        }
        if let Some(types) = self.binary_media_types {
            check("--binary-media-types", &front, Front::has_binary_media_types)?;
            front = front.binary_media_types(types);
        }
        if self.stream {
            check("--stream", &front, Front::can_stream)?;
            front = front.streaming();
        }
        Ok(front)
    }

    #[cfg(feature = "websocket")]
    fn into_websocket(self) -> Result<Frontend, String> {
        for (option, is_set, supports) in [
            ("--stream", self.stream, Front::can_stream as fn(&Front) -> bool),
            ("--custom-domain", self.custom_domain.is_some(), Front::has_stages),
            ("--binary-media-types", self.binary_media_types.is_some(), Front::has_binary_media_types),
        ] {
            if is_set {
                return Err(unsupported(option, WEBSOCKET_API, &names(supports)));
            }
        }
        let mut api = WebSocketApi::new();
        if let Some(stage) = self.stage {
            api = api.stage(stage);
        }
        Ok(Frontend::WebSocket(if self.route_responses { api.route_responses() } else { api }))
    }

    #[cfg(not(feature = "websocket"))]
    fn into_websocket(self) -> Result<Frontend, String> {
        Err("cannot use --front websocket-api: this lodger-gateway was built without the feature `websocket`"
            .to_owned())
    }
}

/// Checks that a front has an option.
fn check(option: &str, front: &Front, supports: fn(&Front) -> bool) -> Result<(), String> {
    if supports(front) { Ok(()) } else { Err(unsupported(option, front.name(), &names(supports))) }
}

fn unsupported(option: &str, name: &str, supporting: &[&str]) -> String {
    format!("cannot use {option} with {name}; use it with {}", supporting.join(" or "))
}

fn names(supports: fn(&Front) -> bool) -> Vec<&'static str> {
    Front::all().iter().filter(|front| supports(front)).map(Front::name).collect()
}
