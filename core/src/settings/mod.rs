//! The settings of a process: from code, and from the variables of its environment.

mod environment;
mod host;
mod modes;
mod names;
#[cfg(feature = "server")]
mod platforms;
#[cfg(test)]
mod tests;
mod value;
mod variables;

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    path::PathBuf,
    time::Duration,
};

#[cfg(feature = "server")]
pub use self::platforms::{HostingPlatform, PLATFORMS};
use self::variables::RULES;
use self::{environment::Environment, value::Value};
pub use self::{
    host::Host,
    modes::{ResponseMode, Stage},
    value::Variable,
    variables::VARIABLES,
};
use crate::{
    BeforeFreeze, Error, Proxies, log,
    path::{prefix, reserved},
};

/// The settings of a process. Code sets them first; a variable that is set overrides the value from code.
///
/// [`VARIABLES`] is the table of variables. An empty variable counts as unset.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Settings {
    /// The host. `None` detects it.
    pub host: Option<Host>,
    /// The platform that runs the server, which decides some defaults. [`apply_env`](Self::apply_env) detects it.
    #[cfg(feature = "server")]
    pub platform: Option<&'static HostingPlatform>,
    /// The address to listen on. Port 0 takes a free port.
    pub addr: Option<SocketAddr>,
    /// Whether `0.0.0.0` replaces the address `[::]` on a machine without IPv6.
    pub prefers_ipv6: bool,
    /// The path of the Unix socket to listen on, instead of an address.
    pub unix_socket: Option<PathBuf>,
    /// Whether to listen on the socket that systemd has passed to the process, instead of an address.
    pub systemd_socket: bool,
    /// The path of the health check, which the server answers without the app. `None` turns it off.
    pub health_path: Option<String>,
    /// The prefix to remove from the path of each request: whole segments, once.
    pub base_path: Option<String>,
    /// Whether the prefix that was removed from a request's path is added to an absolute path in the `Location` of its
    /// response. `None` means yes.
    pub rewrite_location: Option<bool>,
    /// Whether the stage of an API Gateway API stays in the path.
    pub stage: Stage,
    /// The transfer of responses behind fronts that can stream.
    pub response_mode: ResponseMode,
    /// The route for events that are not HTTP requests. No HTTP request reaches it, on any host.
    pub events_path: Option<String>,
    /// The parent of the routes for events of a WebSocket API. No HTTP request reaches a path below it, on any host.
    pub websocket_path: Option<String>,
    /// The grace period: the timeout of requests in flight at shutdown. `None` means 0.4 seconds on Lambda. On a server it means the
    /// time that fits the platform, or 10 seconds.
    pub grace: Option<Duration>,
    /// The time between the signal and SIGKILL that the variable of a platform sets.
    pub kill_after: Option<Duration>,
    /// Whether to register an extension, so that Lambda sends SIGTERM before it ends the process.
    pub sigterm: bool,
    /// The time before the deadline of an invocation at which a request is cancelled. `None` means 500 milliseconds.
    pub deadline_margin: Option<Duration>,
    /// The timeout from the start of a connection to the end of its first request's headers, and from the first to the last byte of later
    /// headers. `None` means 10 seconds, and zero turns the timeout off.
    pub header_timeout: Option<Duration>,
    /// The timeout of a client that sends no byte of a body for which the app waits, or reads no byte of a response. `None` means 60
    /// seconds, and zero turns the timeout off.
    pub stall_timeout: Option<Duration>,
    /// The maximum number of connections. `None` means seven eighths of the files that the process may open, and zero means no limit.
    pub max_connections: Option<usize>,
    /// The maximum size of the headers of a request, in bytes. `None` means 131,072, and 16,384 in HTTP/2.
    pub max_header_size: Option<u32>,
    /// The maximum number of concurrent requests on a connection of HTTP/2. `None` means 200.
    pub max_concurrent_streams: Option<u32>,
    /// The proxies in front of a server, which send the address of the client in a header. `None` reads no header. On Lambda Web
    /// Functions, `None` means 1 proxy.
    pub proxies: Option<Proxies>,
    /// The address of the Lambda Runtime API: `host:port`, or a URL with a path.
    pub lambda_runtime_api: Option<String>,
    /// The number of concurrent invocations on Lambda. `None` means 1.
    pub max_concurrency: Option<NonZeroUsize>,
    /// Whether Lambda takes a snapshot before the first invocation.
    pub snap_start: bool,
    /// Whether a server prints the line with its port that `vercel dev` waits for.
    pub announces_to_vercel_dev: bool,
    /// Whether all requests come from Vercel's standalone proxy, which sends the address of the client in a header.
    ///
    /// Only `vercel::trust_standalone_proxy` reads this setting.
    pub is_behind_vercels_proxy: bool,
    /// The path of the Unix socket on which Vercel listens.
    pub vercel_ipc_path: Option<String>,
    /// The prefix of a Vercel service, which is removed from the path before the base path.
    pub vercel_service_prefix: Option<String>,
    /// The hooks to run before the host may freeze the process.
    ///
    /// On Lambda they run after each invocation, before the process polls for the next one, until the
    /// [`deadline_margin`](Self::deadline_margin). With several concurrent invocations they do not run, because Lambda does not
    /// freeze the process. On Vercel they run before the end of each request is reported.
    ///
    /// The [work after the response](crate::AfterResponse) is complete and the span of the request is closed when they run.
    pub before_freeze: BeforeFreeze,
}

impl Settings {
    /// Overrides the settings with the variables of this process that are set.
    ///
    /// Logs a warning for each unknown variable that begins with `LODGER_`.
    ///
    /// # Errors
    /// A variable has an invalid value, or a path from code is invalid. The addresses of the Runtime API and of Vercel's socket
    /// are known even then, and so is the host, unless `LODGER_HOST` is the invalid variable: the error can be reported there.
    pub fn apply_env(&mut self) -> Result<(), Error> {
        let environment = Environment::current();
        warn_of_unknown_variables(&environment);
        self.apply(&environment)
    }

    fn apply(&mut self, environment: &Environment) -> Result<(), Error> {
        for variable in RULES {
            if let Some(text) = environment.get(variable.name) {
                (variable.apply)(self, &Value { variable, text, environment })?;
            }
            if variable.name == "LODGER_HOST" {
                self.host.get_or_insert_with(|| Host::detect(environment));
                #[cfg(feature = "server")]
                self.detect_platform(environment);
            }
        }
        self.normalize()
    }

    /// The host of a process with these settings, once the environment has been applied.
    pub fn host(&self) -> Host {
        self.host.unwrap_or(Host::Server)
    }

    /// Detects the platform of a server.
    #[cfg(feature = "server")]
    fn detect_platform(&mut self, environment: &Environment) {
        if self.host() == Host::Server && !self.is_behind_vercels_proxy {
            self.platform = HostingPlatform::detect(environment).or(self.platform);
        }
    }

    /// The platform of a server, or that of a host that is a platform itself.
    #[cfg(feature = "server")]
    pub(crate) fn platform_of_server(&self) -> Option<&'static HostingPlatform> {
        self.platform.or_else(|| HostingPlatform::of_host(self.host()))
    }

    /// Sets a TCP address to listen on, which replaces any other.
    fn listen_on(&mut self, addr: impl Into<SocketAddr>) {
        self.addr = Some(addr.into());
        self.unix_socket = None;
    }

    /// Sets the port to listen on, on every address that the clients of the platform use.
    fn listen_on_port(&mut self, port: u16) {
        self.listen_on((Ipv4Addr::UNSPECIFIED, port));
        #[cfg(feature = "server")]
        if self.platform.is_some_and(|platform| platform.listens_on_ipv6) {
            self.listen_on((std::net::Ipv6Addr::UNSPECIFIED, port));
            self.prefers_ipv6 = true;
        }
    }

    /// The grace period of a server, from code, a variable or the platform.
    #[cfg(feature = "server")]
    pub(crate) fn grace_of_server(&self) -> Option<Duration> {
        self.grace.or_else(|| self.platform_of_server()?.grace_within(self.kill_after))
    }

    /// Whether a removed prefix is added to the `Location` of responses.
    pub(crate) fn rewrites_location(&self) -> bool {
        self.rewrite_location.unwrap_or(true)
    }

    /// Brings paths into one form: with a slash before each segment, and without one at the end.
    ///
    /// # Errors
    /// A path is invalid.
    pub(crate) fn normalize(&mut self) -> Result<(), Error> {
        for (path, noun, variable) in [
            (&mut self.base_path, "the base path", "LODGER_BASE_PATH"),
            (&mut self.vercel_service_prefix, "the prefix of the service", "VERCEL_SERVICE_ROUTE_PREFIX"),
        ] {
            if let Some(written) = path.take() {
                *path = prefix::normal(&written, noun, variable)?;
            }
        }
        for (path, noun, variable, example) in [
            (&mut self.events_path, "path for events", "LODGER_EVENTS_PATH", "/events"),
            (&mut self.websocket_path, "path for WebSockets", "LODGER_WEBSOCKET_PATH", "/ws"),
            (&mut self.health_path, "path for health checks", "LODGER_HEALTH_PATH", "/health"),
        ] {
            if let Some(written) = path.take() {
                *path = prefix::normal(&written, &format!("the {noun}"), variable)?;
                if !path.as_deref().is_some_and(reserved::can_be_reserved) {
                    return Err(Error::invalid_setting(format!(
                        "invalid {noun} {written:?}: expected a path that only one route can have; set {variable} to a path \
                         such as {example}"
                    )));
                }
            }
        }
        Ok(())
    }
}

fn warn_of_unknown_variables(environment: &Environment) {
    for name in environment.names() {
        if is_unknown(name) {
            let known: Vec<_> = known_variables().collect();
            log::warn!("unknown variable {name}; known variables are {}", known.join(", "));
        }
    }
}

/// Whether `name` begins as Lodger's variables do and is not in the table. The project's own tests use `LODGER_TEST_`.
fn is_unknown(name: &str) -> bool {
    name.starts_with("LODGER_") && !name.starts_with("LODGER_TEST_") && !known_variables().any(|known| known == name)
}

fn known_variables() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|variable| variable.name).filter(|name| name.starts_with("LODGER_"))
}
