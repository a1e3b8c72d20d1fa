mod address;
mod events;
mod freeze;
#[cfg(feature = "handlers")]
mod handlers;
mod lambda;
mod limits;
mod path;
mod shutdown;
mod snapshots;

use std::{fmt, net::SocketAddr};

use lodger_core::{Settings, Shutdown, SnapshotHooks};
use tokio::net::TcpListener;

use crate::{
    Error, Host,
    adapter::{BoxError, Run, RunFuture, Runner},
};

/// A builder for [`run`](crate::run) with settings.
///
/// # Example
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use lodger::Lodger;
///
/// #[tokio::main]
/// async fn main() -> Result<(), lodger::Error> {
///     let app = Router::new().route("/", get(|| async { "hello" }));
///     Lodger::new().base_path("/api").run(app).await
/// }
/// ```
///
#[doc = include_str!("../docs/settings.md")]
#[must_use = "call `run` or `run_with` to start the app"]
#[derive(Default)]
pub struct Lodger {
    settings: Settings,
    listener: Option<TcpListener>,
    shutdown: Shutdown,
    on_listening: Option<OnListening>,
    hooks: SnapshotHooks,
    #[cfg(feature = "handlers")]
    handlers: crate::lambda::handlers::Handlers,
}

type OnListening = Box<dyn FnOnce(SocketAddr) + Send>;

impl Lodger {
    /// Creates a builder with the default of every setting.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `app` on the host of this process.
    ///
    /// # Errors
    /// The same as for [`run`](crate::run). On Lambda and on Vercel a second `run` fails while another one of the process is
    /// active.
    ///
    /// # Panics
    /// The same as for [`run`](crate::run).
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::{Router, routing::get};
    /// use lodger::Lodger;
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), lodger::Error> {
    ///     let app = Router::new().route("/", get(|| async { "hello" }));
    ///     Lodger::new().addr(([127, 0, 0, 1], 8080)).run(app).await
    /// }
    /// ```
    pub fn run<'a, A, Marker>(self, app: A) -> RunFuture<'a>
    where
        A: Run<Marker> + 'a,
        Marker: 'a,
    {
        RunFuture::new(self.build_and_run(async || Ok::<A, Error>(app)))
    }

    /// Builds an app and runs it.
    ///
    /// If `build` fails or panics, Lodger reports the cause to Lambda or Vercel, and the function does not start. On a server, a panic
    /// of `build` is a panic of `run_with`.
    ///
    /// # Errors
    /// The same as for [`run`](crate::run). If `build` fails, [`Error::is_build`] returns `true`, and the
    /// [source](std::error::Error::source) is the error of `build`. The same holds on Lambda and on Vercel if `build` panics, except
    /// that there is no source.
    ///
    /// # Panics
    /// The same as for [`run`](crate::run).
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::{Router, routing::get};
    /// use lodger::Lodger;
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), lodger::Error> {
    ///     Lodger::new()
    ///         .run_with(async || {
    ///             let greeting = tokio::fs::read_to_string("greeting.txt").await?;
    ///             Ok::<_, std::io::Error>(Router::new().route("/", get(|| async { greeting })))
    ///         })
    ///         .await
    /// }
    /// ```
    pub fn run_with<A, Marker, E>(
        self,
        build: impl AsyncFnOnce() -> Result<A, E>,
    ) -> impl Future<Output = Result<(), Error>>
    where
        A: Run<Marker>,
        E: Into<BoxError>,
    {
        // Boxed, so that the future of `main` stays small. Not as `dyn Future`: the future is `Send` if `build` is.
        Box::pin(self.build_and_run(build))
    }

    async fn build_and_run<A, Marker, E>(mut self, build: impl AsyncFnOnce() -> Result<A, E>) -> Result<(), Error>
    where
        A: Run<Marker>,
        E: Into<BoxError>,
    {
        #[cfg(feature = "handlers")]
        let checked = self.handlers.check();
        #[cfg(not(feature = "handlers"))]
        let checked = Ok(());
        let build = async {
            checked?;
            build().await.map_err(|error| Error::build("cannot build the app").with_source(error))
        };
        if let Err(error) = self.settings.apply_env() {
            return Err(reported(&self.settings, error).await);
        }
        let settings = self.settings;
        match settings.host() {
            #[cfg(feature = "server")]
            Host::Server | Host::WebFunctions | Host::AzureFunctions if has_feature(settings.host()) => {
                use crate::adapter::own_server::Server;
                let app = build.await?;
                let server = match self.listener.filter(|_| settings.host() == Host::Server) {
                    Some(listener) => Server::from_listener(listener, &settings)?,
                    None => Server::bind(&settings).await?,
                };
                #[cfg(feature = "vercel")]
                let server = lodger_core::vercel::trust_standalone_proxy(server, &settings);
                let server = lodger_core::web_functions::trust_lambda(server, &settings);
                #[cfg(feature = "azure-functions")]
                let server = lodger_core::azure_functions::trust_functions_host(server, &settings)?;
                app.run_on(Runner::on_socket(with_builder_settings(server, self.shutdown, self.on_listening))).await
            }
            #[cfg(feature = "lambda")]
            Host::Lambda => {
                let runtime = crate::adapter::LambdaRuntime::new(settings, self.shutdown)?;
                let mut runtime = runtime.around_snapshot(self.hooks);
                #[cfg(feature = "handlers")]
                if !self.handlers.is_empty() {
                    runtime = runtime.with_event_handler(std::sync::Arc::new(self.handlers));
                }
                let app = runtime.build(build).await?;
                app.run_on(Runner::on_events(runtime)).await
            }
            #[cfg(feature = "vercel")]
            Host::Vercel => {
                let vercel = lodger_core::vercel::Vercel::connect(settings).await?;
                let serve = async |server| {
                    let app = vercel.build(build).await?;
                    app.run_on(Runner::on_socket(with_builder_settings(server, self.shutdown, self.on_listening))).await
                };
                // Boxed, because it is three times as large as the futures of the other hosts, which would take its memory.
                Box::pin(vercel.run(serve)).await
            }
            #[allow(unreachable_patterns, reason = "the remaining hosts depend on the features")]
            host => {
                let feature = if host == Host::WebFunctions { Host::Server } else { host };
                Err(Error::new(format!(
                    "cannot run on the host `{host}`: Lodger was built without the feature `{feature}`; turn this feature of \
                     `lodger` on, or choose another host with LODGER_HOST"
                )))
            }
        }
    }
}

/// Whether Lodger can serve on this host, which sends requests to a socket.
#[cfg(feature = "server")]
fn has_feature(host: Host) -> bool {
    host != Host::AzureFunctions || cfg!(feature = "azure-functions")
}

/// Passes the shutdown and the callback of the user to the server.
#[cfg(feature = "server")]
fn with_builder_settings(
    server: crate::adapter::own_server::Server,
    shutdown: Shutdown,
    on_listening: Option<OnListening>,
) -> crate::adapter::own_server::Server {
    let server = server.with_shutdown(shutdown);
    match on_listening {
        Some(callback) => server.on_listening(callback),
        None => server,
    }
}

/// Reports an error of a setting to the host, and returns the error.
async fn reported(settings: &Settings, error: Error) -> Error {
    match settings.host {
        #[cfg(feature = "vercel")]
        Some(Host::Vercel) => lodger_core::vercel::report_init_error(settings, &error).await,
        // LODGER_HOST may be the invalid variable. On Vercel the process also has a Runtime API, which belongs to the platform.
        #[cfg(feature = "vercel")]
        None if settings.vercel_ipc_path.is_some() => lodger_core::vercel::report_init_error(settings, &error).await,
        #[cfg(feature = "lambda")]
        None | Some(Host::Lambda) => lodger_core::lambda::report_init_error(settings, &error).await,
        _ => {}
    }
    error
}

impl fmt::Debug for Lodger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lodger")
            .field("settings", &self.settings)
            .field("listener", &self.listener)
            .field("shutdown", &self.shutdown)
            .field("hooks", &self.hooks)
            .finish_non_exhaustive()
    }
}
