pub(crate) mod host;

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    time::Duration,
};

use self::host::{is_user_server, program};
use crate::{
    BeforeFreeze, Error, Host, log,
    path::{prefix, reserved},
};

/// What code and the environment may set. Code sets it first; a variable that is set overrides it.
///
/// | variable | value | where it is not set |
/// |---|---|---|
/// | `LODGER_HOST` | `server`, `lambda` or `vercel` | found out |
/// | `LODGER_ADDR`, else `VERCEL_DEV_PORT`, else `PORT` | an address with its port; a port | `127.0.0.1:3000`; with `VERCEL_DEV_PORT`, which `vercel dev` sets, `127.0.0.1:$VERCEL_DEV_PORT`, and the line on standard output that `vercel dev` waits for; with `PORT` `0.0.0.0:$PORT`. Behind Vercel's proxy always `127.0.0.1:$PORT` |
/// | `LODGER_BASE_PATH` | a path prefix to take off, percent-encoded: whole segments, once | none |
/// | `LODGER_REWRITE_LOCATION` | `on` or `off`: whether a prefix that was taken off the path is put before an absolute path in `Location` | `on` |
/// | `LODGER_STAGE` | `strip` or `keep` the stage of an API in the path | `strip` |
/// | `LODGER_RESPONSE_MODE` | `buffered`, `stream`, `stream-url` or `stream-rest`: how Lambda is answered behind fronts that can stream | `buffered` |
/// | `LODGER_EVENTS_PATH` | a path of the app, percent-encoded, that events which are not HTTP are POSTed to | they are answered with an error |
/// | `LODGER_WEBSOCKET_PATH` | a path of the app; events of a WebSocket API are POSTed to its route key behind that | likewise |
/// | `LODGER_GRACE` | seconds, such as 10 or 0.5, for what is in flight at the end | 10; 0.4 on Lambda |
/// | `LODGER_SIGTERM` | `on` or `off`: whether Lambda is asked for SIGTERM before it ends the process | `off` |
/// | `LODGER_DEADLINE_MARGIN` | milliseconds before the end of an invocation's time at which a request is cancelled, and answered with 504 | 500 |
/// | `LODGER_HEADER_TIMEOUT` | seconds from accept to the end of the first request's head, at which the connection is closed; 0: never | 10 |
/// | `AWS_LAMBDA_RUNTIME_API` | where the Lambda Runtime API is, set by Lambda | not on Lambda |
/// | `AWS_LAMBDA_MAX_CONCURRENCY` | how many invocations there may be at once, set by Lambda on Managed Instances | 1 |
/// | `AWS_LAMBDA_INITIALIZATION_TYPE` | `snap-start` where Lambda takes a snapshot before the first invocation, set by Lambda | none is taken |
/// | `VERCEL_IPC_PATH` | the path of the Unix socket that Vercel listens on, set by Vercel | not on Vercel |
/// | `VERCEL_OIDC_TOKEN` | the token that a request on Vercel has as `x-vercel-oidc-token` where it brings none, set by Vercel | none |
/// | `VERCEL_SERVICE_ROUTE_PREFIX`, with `VERCEL_SERVICE_ROUTE_PREFIX_STRIP` `1` or `true` | a path prefix to take off on Vercel, set by Vercel | none |
///
/// A variable that is empty counts as not set.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The host, if it is not to be found out.
    pub host: Option<Host>,
    /// The address to listen on. Port 0 takes any that is free.
    pub addr: Option<SocketAddr>,
    /// The path prefix to take off each request's path: whole segments, once.
    pub base_path: Option<String>,
    /// Whether the prefix that was removed from a request's path is added to an absolute path in the `Location` of its
    /// response. `None` means yes.
    pub rewrite_location: Option<bool>,
    /// What becomes of the stage that an API puts into the path.
    pub stage: Stage,
    /// How Lambda is answered behind fronts that can stream.
    pub response_mode: ResponseMode,
    /// The path that events which are not HTTP are POSTed to. No HTTP request reaches it, on any host.
    pub events_path: Option<String>,
    /// The path behind which events of a WebSocket API are POSTed. No HTTP request reaches what is behind it, on any host.
    pub websocket_path: Option<String>,
    /// How long requests in flight may take at the end.
    pub grace: Option<Duration>,
    /// Ask Lambda for SIGTERM before it ends the process.
    pub sigterm: bool,
    /// How long before the end of an invocation's time a request is cancelled.
    pub deadline_margin: Option<Duration>,
    /// How long a client may take from the start of the connection to the end of its first request's head. Zero: any time.
    pub header_timeout: Option<Duration>,
    /// Where the Lambda Runtime API is: `host:port`, or a URL with a path.
    pub runtime_api: Option<String>,
    /// How many invocations may be answered at once on Lambda.
    pub max_concurrency: Option<NonZeroUsize>,
    /// Lambda takes a snapshot before the first invocation.
    pub snap_start: bool,
    /// Print the line with the port that `vercel dev` waits for, once a server listens.
    pub tells_vercel_dev: bool,
    /// Vercel's standalone proxy is who asks, and says who the client is.
    pub is_behind_vercels_proxy: bool,
    /// The path of the Unix socket that Vercel listens on.
    pub ipc_path: Option<String>,
    /// The path prefix that Vercel has put before the paths of a service, to take off before the base path.
    pub service_prefix: Option<String>,
    /// What is done whenever the process may be frozen next: on Lambda after each invocation, before the next is asked
    /// for, but not where there are several at once, which is where nothing is frozen; on Vercel before each request is
    /// said to be at its end. The [work after the response](crate::AfterResponse) is done by then, and the span of the
    /// request closed. On Lambda it has until the [`deadline_margin`](Self::deadline_margin).
    pub before_freeze: BeforeFreeze,
}

/// What becomes of the stage that an API Gateway API puts into the path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The app sees the path without it, as on every other host, and the stage as a
    /// [`PathPrefix`](crate::PathPrefix).
    ///
    /// The path of an HTTP API never has the stage behind a custom domain, so nothing is taken off there. That of a REST API
    /// has it if the domain is mapped to the API without a stage. The event does not show the mapping. So behind a custom domain
    /// a REST API's path that begins with the name of the stage always loses it. If the app has such routes, name the stage
    /// otherwise, or use `Keep`.
    #[default]
    Strip,
    /// The app sees the path as the event has it: that of an HTTP API has the stage in it, that of a REST API has not, so that
    /// routes which begin with the stage do not match there.
    Keep,
}

/// How Lambda is answered behind fronts that can stream: Function URLs and REST APIs. All others get their answers as a
/// whole, whatever this says.
///
/// An event does not tell how its front was set up, so that it has to be said here. A Function URL whose invoke mode is
/// `RESPONSE_STREAM`, and a method of a REST API whose response transfer mode is `STREAM`, show a client the reply's own JSON
/// if the answer is not streamed, and so they do the other way round.
///
/// Sources: [response streaming](https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html),
/// [for REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseMode {
    /// As a whole, up to 6 MB.
    #[default]
    Buffered,
    /// As a stream, up to 200 MB: what the app has written is sent when it has written it.
    Stream,
    /// As a stream on Function URLs, and as a whole on REST APIs.
    StreamUrl,
    /// As a stream on REST APIs, and as a whole on Function URLs.
    StreamRest,
}

#[cfg(feature = "lambda")]
impl ResponseMode {
    pub(crate) fn streams_urls(self) -> bool {
        matches!(self, Self::Stream | Self::StreamUrl)
    }

    pub(crate) fn streams_rest_apis(self) -> bool {
        matches!(self, Self::Stream | Self::StreamRest)
    }
}

/// The variables that are Lodger's own.
const VARIABLES: &[&str] = &[
    "LODGER_HOST",
    "LODGER_ADDR",
    "LODGER_BASE_PATH",
    "LODGER_REWRITE_LOCATION",
    "LODGER_STAGE",
    "LODGER_RESPONSE_MODE",
    "LODGER_EVENTS_PATH",
    "LODGER_WEBSOCKET_PATH",
    "LODGER_GRACE",
    "LODGER_SIGTERM",
    "LODGER_DEADLINE_MARGIN",
    "LODGER_HEADER_TIMEOUT",
];

fn is_unknown(name: &str) -> bool {
    // What is for tests is not for apps, and may be set around both.
    name.starts_with("LODGER_") && !name.starts_with("LODGER_TEST_") && !VARIABLES.contains(&name)
}

impl Settings {
    /// Puts what the environment says in the place of what code said.
    ///
    /// # Errors
    /// A variable has a value that it cannot have, or the process is where it cannot run. Where it would report that is
    /// known all the same: the host, unless it is the host that is wrong, the Runtime API, and Vercel's socket.
    pub fn read_environment(&mut self) -> Result<(), Error> {
        for (name, _) in std::env::vars_os() {
            if let Some(name) = name.to_str().filter(|name| is_unknown(name)) {
                log::warn!("{name} is set and has no meaning; what has one is {}", VARIABLES.join(", "));
            }
        }
        self.read(program().as_deref(), |name| std::env::var(name).ok())
    }

    /// The host of a process with these settings, once the environment is in them.
    pub fn host(&self) -> Host {
        self.host.unwrap_or(Host::Server)
    }

    /// Whether a removed prefix is added to the `Location` of responses.
    pub(crate) fn rewrites_location(&self) -> bool {
        self.rewrite_location.unwrap_or(true)
    }

    /// Writes in one way what code may have written in several.
    ///
    /// # Errors
    /// A path cannot be one.
    pub(crate) fn normalize(&mut self) -> Result<(), Error> {
        if let Some(path) = &self.base_path {
            self.base_path = prefix::normal(path, "the base path", "LODGER_BASE_PATH")?;
        }
        if let Some(path) = &self.service_prefix {
            self.service_prefix = prefix::normal(path, "the prefix of the service", "VERCEL_SERVICE_ROUTE_PREFIX")?;
        }
        for (path, is, variable, example) in [
            (&mut self.events_path, "the path for events", "LODGER_EVENTS_PATH", "/events"),
            (&mut self.websocket_path, "the path for WebSockets", "LODGER_WEBSOCKET_PATH", "/ws"),
        ] {
            if let Some(written) = path.take() {
                *path = prefix::normal(&written, is, variable)?;
                if !path.as_deref().is_some_and(reserved::can_be_reserved) {
                    return Err(Error::new(format!(
                        "{is} is {written:?}, which no route can have for its own; it is one such as {example} ({variable})"
                    )));
                }
            }
        }
        Ok(())
    }

    fn read(&mut self, program: Option<&str>, var: impl Fn(&str) -> Option<String>) -> Result<(), Error> {
        let var = |name: &str| var(name).filter(|value| !value.is_empty());

        if let Some(api) = var("AWS_LAMBDA_RUNTIME_API") {
            self.runtime_api = Some(api);
        }
        if let Some(path) = var("VERCEL_IPC_PATH") {
            self.ipc_path = Some(path);
        }
        if self.host.is_none() || var("LODGER_HOST").is_some() {
            self.host = Some(Host::find(program, &var)?);
        }
        // Elsewhere it means nothing, and is no reason not to start.
        if self.host() == Host::Lambda
            && let Some(slots) = var("AWS_LAMBDA_MAX_CONCURRENCY")
        {
            self.max_concurrency = Some(slots.parse().map_err(|_| {
                Error::new(format!(
                    "AWS_LAMBDA_MAX_CONCURRENCY is {slots:?}; it is how many invocations there may be at once, 1 or more"
                ))
            })?);
        }
        if self.host() == Host::Lambda
            && let Some(kind) = var("AWS_LAMBDA_INITIALIZATION_TYPE")
        {
            self.snap_start = kind == "snap-start";
        }
        // The proxy leaves the variable to it: what is only called as it calls servers does not believe whoever asks.
        self.is_behind_vercels_proxy |=
            is_user_server(program) && var("PORT").is_some() && var("VERCEL_IPC_PATH").is_some();
        if let Some(addr) = self.address(program, &var)? {
            self.addr = Some(addr);
        }
        // Wherever it listens: the line has the port.
        self.tells_vercel_dev |= var("VERCEL_DEV_PORT").is_some();
        if let Some(path) = var("LODGER_BASE_PATH") {
            self.base_path = Some(path);
        }
        let is_stripped = ["1", "true"].map(Some).contains(&var("VERCEL_SERVICE_ROUTE_PREFIX_STRIP").as_deref());
        if let Some(path) = var("VERCEL_SERVICE_ROUTE_PREFIX").filter(|_| is_stripped) {
            self.service_prefix = Some(path);
        }
        if let Some(path) = var("LODGER_EVENTS_PATH") {
            self.events_path = Some(path);
        }
        if let Some(path) = var("LODGER_WEBSOCKET_PATH") {
            self.websocket_path = Some(path);
        }
        self.normalize()?;
        if let Some(rewrite) = var("LODGER_REWRITE_LOCATION") {
            self.rewrite_location = Some(is_on("LODGER_REWRITE_LOCATION", &rewrite)?);
        }
        if let Some(stage) = var("LODGER_STAGE") {
            self.stage = match stage.as_str() {
                "strip" => Stage::Strip,
                "keep" => Stage::Keep,
                _ => {
                    return Err(Error::new(format!("LODGER_STAGE is {stage:?}; it is `strip` or `keep`")));
                }
            };
        }
        if let Some(mode) = var("LODGER_RESPONSE_MODE") {
            self.response_mode = match mode.as_str() {
                "buffered" => ResponseMode::Buffered,
                "stream" => ResponseMode::Stream,
                "stream-url" => ResponseMode::StreamUrl,
                "stream-rest" => ResponseMode::StreamRest,
                _ => {
                    return Err(Error::new(format!(
                        "LODGER_RESPONSE_MODE is {mode:?}; it is `buffered`, `stream`, `stream-url` or `stream-rest`"
                    )));
                }
            };
        }
        if let Some(grace) = var("LODGER_GRACE") {
            self.grace = Some(seconds("LODGER_GRACE", &grace)?);
        }
        if let Some(sigterm) = var("LODGER_SIGTERM") {
            self.sigterm = is_on("LODGER_SIGTERM", &sigterm)?;
        }
        if let Some(margin) = var("LODGER_DEADLINE_MARGIN") {
            self.deadline_margin = Some(milliseconds("LODGER_DEADLINE_MARGIN", &margin)?);
        }
        if let Some(timeout) = var("LODGER_HEADER_TIMEOUT") {
            self.header_timeout = Some(seconds("LODGER_HEADER_TIMEOUT", &timeout)?);
        }
        Ok(())
    }

    /// The address that the environment names, if it names one.
    ///
    /// Vercel's proxy and `vercel dev` each assign a port to this process and pass the user's variables on. The assigned
    /// port therefore comes before the user's `PORT`. The proxy connects to no other port, so its port also comes before
    /// `LODGER_ADDR`. `vercel dev` reads the port from standard output, so `LODGER_ADDR` still works there.
    fn address(
        &self,
        program: Option<&str>,
        var: &impl Fn(&str) -> Option<String>,
    ) -> Result<Option<SocketAddr>, Error> {
        if let Some(addr) = var("LODGER_ADDR").filter(|_| !self.is_behind_vercels_proxy) {
            return socket_addr("LODGER_ADDR", &addr).map(Some);
        }
        // The other hosts need no port. A value that is not a port must not stop the start there.
        if self.host() != Host::Server {
            return Ok(None);
        }
        let ports = if is_user_server(program) {
            // Only the proxy may reach the server.
            [("PORT", Ipv4Addr::LOCALHOST), ("VERCEL_DEV_PORT", Ipv4Addr::LOCALHOST)]
        } else {
            [("VERCEL_DEV_PORT", Ipv4Addr::LOCALHOST), ("PORT", Ipv4Addr::UNSPECIFIED)]
        };
        for (name, ip) in ports {
            if let Some(port) = var(name) {
                return Ok(Some((ip, port_number(name, &port)?).into()));
            }
        }
        Ok(None)
    }
}

fn is_on(name: &str, value: &str) -> Result<bool, Error> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(Error::new(format!("{name} is {value:?}; it is `on` or `off`"))),
    }
}

fn socket_addr(name: &str, value: &str) -> Result<SocketAddr, Error> {
    value.parse().map_err(|_| {
        Error::new(format!("{name} is {value:?}; it is an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000"))
    })
}

fn port_number(name: &str, value: &str) -> Result<u16, Error> {
    value.parse().map_err(|_| Error::new(format!("{name} is {value:?}; it is a port, 0 to 65535")))
}

fn milliseconds(name: &str, value: &str) -> Result<Duration, Error> {
    value
        .parse()
        .map(Duration::from_millis)
        .map_err(|_| Error::new(format!("{name} is {value:?}; it is a whole number of milliseconds, such as 500")))
}

fn seconds(name: &str, value: &str) -> Result<Duration, Error> {
    value
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| Error::new(format!("{name} is {value:?}; it is a number of seconds, such as 10 or 0.5")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(program: &str, mut settings: Settings, vars: &[(&str, &str)]) -> Result<Settings, Error> {
        let var = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
        settings.read(Some(program), var).map(|()| settings)
    }

    fn addr(program: &str, vars: &[(&str, &str)]) -> Option<String> {
        with(program, Settings::default(), vars).unwrap().addr.map(|addr| addr.to_string())
    }

    #[test]
    fn the_address_is_the_most_explicit_one() {
        assert_eq!(addr("app", &[]), None);
        assert_eq!(addr("app", &[("PORT", "8080")]).unwrap(), "0.0.0.0:8080");
        assert_eq!(addr("/x/user-server", &[("PORT", "3000")]).unwrap(), "127.0.0.1:3000");
        assert_eq!(addr("app", &[("VERCEL_DEV_PORT", "4000")]).unwrap(), "127.0.0.1:4000");
        // `vercel dev` passes the user's variables on and assigns a port of its own.
        assert_eq!(addr("app", &[("PORT", "1"), ("VERCEL_DEV_PORT", "2")]).unwrap(), "127.0.0.1:2");
        assert_eq!(addr("app", &[("PORT", "1"), ("VERCEL_DEV_PORT", "")]).unwrap(), "0.0.0.0:1");
        assert_eq!(addr("app", &[("LODGER_ADDR", "[::1]:3"), ("VERCEL_DEV_PORT", "2")]).unwrap(), "[::1]:3");
        assert_eq!(addr("app", &[("PORT", "1"), ("LODGER_ADDR", "[::1]:2")]).unwrap(), "[::1]:2");
        for (name, value) in [("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"), ("VERCEL_IPC_PATH", "/ipc")] {
            assert_eq!(addr("app", &[(name, value), ("PORT", "http")]), None);
        }
    }

    #[test]
    fn behind_vercels_proxy_the_port_is_the_one_that_the_proxy_assigned() {
        let behind_proxy = |more: (&'static str, &'static str)| [("PORT", "3000"), ("VERCEL_IPC_PATH", "/ipc"), more];
        for more in [("VERCEL_DEV_PORT", "2"), ("LODGER_ADDR", "0.0.0.0:4000"), ("LODGER_ADDR", "localhost")] {
            assert_eq!(addr("/x/user-server", &behind_proxy(more)).unwrap(), "127.0.0.1:3000", "{more:?}");
        }
        // A program of the same name that runs elsewhere.
        assert_eq!(addr("user-server", &[("PORT", "1"), ("LODGER_ADDR", "[::1]:2")]).unwrap(), "[::1]:2");
    }

    #[test]
    fn a_variable_overrides_code_and_an_empty_one_does_not() {
        let code = Settings { base_path: Some("/code/".into()), grace: Some(Duration::ZERO), ..Settings::default() };
        let settings = with("app", code.clone(), &[("LODGER_BASE_PATH", "env"), ("LODGER_GRACE", "2.5")]).unwrap();
        assert_eq!(settings.base_path.as_deref(), Some("/env"));
        assert_eq!(settings.grace, Some(Duration::from_millis(2500)));
        let settings = with("app", code, &[("LODGER_BASE_PATH", ""), ("LODGER_GRACE", "")]).unwrap();
        assert_eq!(settings.base_path.as_deref(), Some("/code"));
        assert_eq!(settings.grace, Some(Duration::ZERO));
    }

    #[test]
    fn location_is_rewritten_unless_code_or_the_variable_turns_it_off() {
        let rewrites = |code, vars: &[(&str, &str)]| {
            let settings = Settings { rewrite_location: code, ..Settings::default() };
            with("app", settings, vars).unwrap().rewrites_location()
        };
        assert!(rewrites(None, &[]) && !rewrites(Some(false), &[]));
        assert!(!rewrites(None, &[("LODGER_REWRITE_LOCATION", "off")]));
        assert!(rewrites(Some(false), &[("LODGER_REWRITE_LOCATION", "on")]));
    }

    #[test]
    fn code_chooses_the_host_unless_the_variable_does() {
        let code = Settings { host: Some(Host::Lambda), ..Settings::default() };
        assert_eq!(with("app", code.clone(), &[("PORT", "1")]).unwrap().host(), Host::Lambda);
        assert_eq!(with("app", code, &[("LODGER_HOST", "server")]).unwrap().host(), Host::Server);
    }

    #[test]
    fn how_many_there_may_be_at_once_is_a_number_and_for_lambda_alone() {
        let slots = |value| [("AWS_LAMBDA_MAX_CONCURRENCY", value), ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")];
        let set = |value| with("app", Settings::default(), &slots(value)).map(|settings| settings.max_concurrency);
        assert_eq!(set("16").unwrap().map(NonZeroUsize::get), Some(16));
        assert_eq!(set("").unwrap(), None);
        for bad in ["0", "-1", "many", "1.5", " 8", "99999999999999999999999"] {
            let error = set(bad).unwrap_err().to_string();
            assert!(error.contains(&format!("AWS_LAMBDA_MAX_CONCURRENCY is {bad:?}")), "{error}");
        }
        let on_a_server = with("app", Settings::default(), &slots("many")[..1]).unwrap();
        assert_eq!(on_a_server.max_concurrency, None);
    }

    #[test]
    fn a_snapshot_is_taken_on_lambda_alone_where_that_says_so() {
        let of = |kind, code, host| {
            let vars = [("AWS_LAMBDA_INITIALIZATION_TYPE", kind), ("LODGER_HOST", host)];
            with("app", Settings { snap_start: code, ..Settings::default() }, &vars).unwrap().snap_start
        };
        assert!(of("snap-start", false, "lambda") && of("", true, "lambda"));
        assert!(!of("on-demand", true, "lambda") && !of("", false, "lambda") && !of("snap-start", false, "server"));
    }

    #[test]
    fn a_bad_value_is_named() {
        for (name, value) in [
            ("LODGER_ADDR", "localhost"),
            ("PORT", "http"),
            ("PORT", "70000"),
            ("LODGER_STAGE", "drop"),
            ("LODGER_RESPONSE_MODE", "streaming"),
            ("LODGER_GRACE", "soon"),
            ("LODGER_GRACE", "-1"),
            ("LODGER_SIGTERM", "yes"),
            ("LODGER_REWRITE_LOCATION", "false"),
            ("LODGER_DEADLINE_MARGIN", "0.5"),
            ("LODGER_HEADER_TIMEOUT", "NaN"),
            ("LODGER_HOST", "moon"),
            ("LODGER_BASE_PATH", "https://example.com/"),
            ("LODGER_EVENTS_PATH", "/a b"),
            ("LODGER_EVENTS_PATH", "/"),
            ("LODGER_EVENTS_PATH", "/%2F"),
            ("LODGER_EVENTS_PATH", "/x/.."),
            ("LODGER_WEBSOCKET_PATH", "//"),
        ] {
            let error = with("app", Settings::default(), &[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(&format!("{value:?}")), "{error}");
        }
    }
}
