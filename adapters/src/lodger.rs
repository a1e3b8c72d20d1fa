mod freeze;
mod snapshots;

use std::{fmt, net::SocketAddr, num::NonZeroUsize, time::Duration};

use lodger_core::{Settings, Shutdown, SnapshotHooks};
use tokio::net::TcpListener;

use crate::{
    Error, Host, ResponseMode, Stage,
    adapter::{BoxError, Run, RunFuture, Runner},
};

/// [`run`](crate::run), and what can be told it in code.
///
/// Each setting that has a variable beside it is overridden by that variable, so that what was deployed can be changed
/// where it runs. A variable that is empty counts as not set.
///
/// | variable | in code | value | where neither is set |
/// |---|---|---|---|
/// | `LODGER_HOST` | [`host`](Self::host) | `server`, `lambda`, `vercel` | found out |
/// | `LODGER_ADDR`, else `VERCEL_DEV_PORT`, else `PORT` | [`addr`](Self::addr) | an IP address and a port; a port | `127.0.0.1:3000`; with `VERCEL_DEV_PORT`, which `vercel dev` sets, the loopback address, with `PORT` `0.0.0.0:$PORT` |
/// | `LODGER_BASE_PATH` | [`base_path`](Self::base_path) | a path prefix, percent-encoded | none |
/// | `LODGER_REWRITE_LOCATION` | [`rewrite_location`](Self::rewrite_location) | `on`, `off` | `on` |
/// | `LODGER_STAGE` | [`stage`](Self::stage) | `strip`, `keep` | `strip` |
/// | `LODGER_EVENTS_PATH` | [`events_path`](Self::events_path) | a path of the app, percent-encoded | events that are not HTTP are an error |
/// | `LODGER_WEBSOCKET_PATH` | [`websocket_path`](Self::websocket_path) | a path of the app, percent-encoded | events of a WebSocket API are an error |
/// | `LODGER_RESPONSE_MODE` | [`response_mode`](Self::response_mode) | `buffered`, `stream`, `stream-url`, `stream-rest` | `buffered` |
/// | `LODGER_DEADLINE_MARGIN` | [`deadline_margin`](Self::deadline_margin) | milliseconds | 500 |
/// | `LODGER_GRACE` | [`grace`](Self::grace) | seconds, such as 10 or 0.5 | 10; 0.4 on Lambda |
/// | `LODGER_SIGTERM` | [`sigterm`](Self::sigterm) | `on`, `off` | `off` |
/// | `LODGER_HEADER_TIMEOUT` | [`header_timeout`](Self::header_timeout) | seconds; 0: as long as it takes | 10 |
/// | `AWS_LAMBDA_RUNTIME_API` | [`runtime_api`](Self::runtime_api) | a host and a port, or a URL | set by Lambda |
/// | `AWS_LAMBDA_MAX_CONCURRENCY` | [`max_concurrency`](Self::max_concurrency) | how many invocations there may be at once | 1; set by Lambda on Managed Instances |
/// | `AWS_LAMBDA_INITIALIZATION_TYPE` | [`snap_start`](Self::snap_start) | `snap-start` | no snapshot is taken; set by Lambda |
/// | `VERCEL_IPC_PATH` | [`ipc_path`](Self::ipc_path) | the path of a Unix socket | set by Vercel |
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
#[must_use = "it does nothing until an app is run"]
#[derive(Default)]
pub struct Lodger {
    settings: Settings,
    listener: Option<TcpListener>,
    shutdown: Shutdown,
    on_listening: Option<OnListening>,
    hooks: SnapshotHooks,
}

type OnListening = Box<dyn FnOnce(SocketAddr) + Send>;

impl Lodger {
    /// Nothing told yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs on `host`, rather than on the one that is found out.
    pub fn host(mut self, host: Host) -> Self {
        self.settings.host = Some(host);
        self
    }

    /// The address to listen on, such as `([127, 0, 0, 1], 3000)`, as a server; on Vercel it is a port of the loopback
    /// address that is free. Port 0 takes any that is free; [`on_listening`](Self::on_listening) tells which.
    /// `LODGER_ADDR` or `PORT` takes its place: where the latter is set, as by whoever starts a container, the app is to
    /// be reached from outside.
    ///
    /// `VERCEL_DEV_PORT`, the port that `vercel dev` assigns, comes before `PORT`. Behind Vercel's standalone proxy the
    /// address is always `127.0.0.1:$PORT`, because the proxy connects to no other.
    pub fn addr(mut self, addr: impl Into<SocketAddr>) -> Self {
        self.settings.addr = Some(addr.into());
        self
    }

    /// A socket to listen on, as a server, in place of any address.
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Is called once the server listens, with the address that it listens on.
    pub fn on_listening(mut self, tell: impl FnOnce(SocketAddr) + Send + 'static) -> Self {
        self.on_listening = Some(Box::new(tell));
        self
    }

    /// A prefix to take off each request's path, on every host: whole segments, once. What a mapping of a custom domain
    /// or a proxy put there. The app finds it as a [`PathPrefix`](crate::PathPrefix). A path without it is served as it is.
    pub fn base_path(mut self, prefix: impl Into<String>) -> Self {
        self.settings.base_path = Some(prefix.into());
        self
    }

    /// Whether a removed path prefix is added to the `Location` of responses. It is by default, on every host.
    ///
    /// A prefix is the stage of an API, the [`base_path`](Self::base_path) or the prefix of a service on Vercel. An app
    /// does not see it and responds with `Location: /items`, which leads a client out of the prefix. Lodger sends
    /// `/prod/items`, as nginx does with `proxy_redirect default`.
    ///
    /// Only an absolute path without the prefix changes. `/prod/items`, `//host/items`, `https://host/items` and
    /// `items` stay as they are, and so does every other header. [The crate's documentation](crate#redirects-and-the-removed-prefix) has
    /// the limits.
    ///
    /// Turn it off if clients do not see the prefix either, such as behind a CloudFront distribution whose origin path
    /// is the stage.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::Router;
    /// use lodger::Lodger;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), lodger::Error> {
    /// # let app = Router::new();
    /// // CloudFront adds the stage to the path of each request.
    /// Lodger::new().rewrite_location(false).run(app).await
    /// # }
    /// ```
    pub fn rewrite_location(mut self, is_on: bool) -> Self {
        self.settings.rewrite_location = Some(is_on);
        self
    }

    /// Whether the stage of an API Gateway API stays in the path.
    pub fn stage(mut self, stage: Stage) -> Self {
        self.settings.stage = stage;
        self
    }

    /// How Lambda is answered behind a Function URL or a REST API that was set up to stream: the event does not tell.
    /// Where this and the front disagree, clients get the envelope of the reply as it is, with status 200.
    pub fn response_mode(mut self, mode: ResponseMode) -> Self {
        self.settings.response_mode = mode;
        self
    }

    /// How long before the end of an invocation's time a request that is still running is cancelled, and answered with 504:
    /// half a second by default, and never more than half of the time that there is. On Lambda alone; no time is known where
    /// [`Context::deadline`](crate::lambda::Context::deadline) is `None`.
    pub fn deadline_margin(mut self, margin: Duration) -> Self {
        self.settings.deadline_margin = Some(margin);
        self
    }

    /// Where events go that are not HTTP: each is POSTed to this path of the app, as JSON. The body of the answer is what
    /// Lambda gets: as it is if it is JSON, else as a string. A status that is not of success fails the invocation.
    ///
    /// No HTTP request reaches the path, or one below it, on any host: it is answered with 404, and so is one that is escaped
    /// four times over, or that has `..` in it and may lead there. An app that rewrites paths itself should look for
    /// [`lambda::FromEvent`](crate::lambda::FromEvent) as well, which says whom to trust.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::{Json, Router, routing::post};
    /// use lodger::Lodger;
    /// use serde_json::{Value, json};
    ///
    /// /// Messages of an SQS queue, of which those that fail are to come again.
    /// async fn messages(Json(event): Json<Value>) -> Json<Value> {
    ///     let records = event["Records"].as_array().into_iter().flatten();
    ///     let failed = records.filter(|record| record["body"] == "");
    ///     let ids = failed.map(|record| json!({"itemIdentifier": record["messageId"]}));
    ///     Json(json!({"batchItemFailures": ids.collect::<Vec<_>>()}))
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), lodger::Error> {
    ///     let app = Router::new().route("/events", post(messages));
    ///     Lodger::new().events_path("/events").run(app).await
    /// }
    /// ```
    pub fn events_path(mut self, path: impl Into<String>) -> Self {
        self.settings.events_path = Some(path.into());
        self
    }

    /// Where events of a WebSocket API go: each is POSTed to its route key behind this path, such as `/ws/$connect` or
    /// `/ws/$default`, with the message as the body. As little as the [`events_path`](Self::events_path) does an HTTP request
    /// reach it.
    ///
    /// The status of the answer to `$connect` lets the client in, or not. Of the others one that is not of success fails the
    /// invocation, and the body of one that is goes to the client if the route has a route response. Without one, and at any
    /// other time, the app sends by a POST to `https://{domainName}/{stage}/@connections/{connectionId}`, signed as requests to
    /// AWS are. The three are in the [`RequestContext`](crate::lambda::RequestContext); behind a custom domain the host is
    /// `{apiId}.execute-api.{region}.amazonaws.com` all the same.
    ///
    /// A server has no such connections: to try the routes, put `lodger-gateway` before the app, with its feature
    /// `websocket` and `--front websocket-api`.
    ///
    /// A message has no headers. It comes as `application/json`, by which a WebSocket API tells routes apart, or as
    /// `application/octet-stream` where it is binary.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::{Extension, Json, Router, http::StatusCode, routing::post};
    /// use lodger::{Lodger, lambda::RequestContext};
    /// use serde_json::{Value, json};
    ///
    /// /// A message `{"action": "say", ..}`, and the answer to it, which the client gets if the route has a route response.
    /// async fn say(Extension(context): Extension<RequestContext>, Json(message): Json<Value>) -> Json<Value> {
    ///     let context: Value = serde_json::from_slice(context.as_bytes()).unwrap_or_default();
    ///     Json(json!({"from": context["connectionId"], "text": message["text"]}))
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), lodger::Error> {
    ///     let app = Router::new()
    ///         .route("/ws/$connect", post(async || StatusCode::OK))
    ///         .route("/ws/say", post(say))
    ///         .route("/ws/{other}", post(async || StatusCode::OK));
    ///     Lodger::new().websocket_path("/ws").run(app).await
    /// }
    /// ```
    pub fn websocket_path(mut self, path: impl Into<String>) -> Self {
        self.settings.websocket_path = Some(path.into());
        self
    }

    /// How long requests in flight may take once the process is told to end; on Lambda where it is [told](Self::sigterm).
    /// Another signal, a second or more after the first, ends the process at once, as it does by default: the code that
    /// follows `run` does not run.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.settings.grace = Some(grace);
        self
    }

    /// Whether `run` is to end on Lambda as it does elsewhere, at SIGTERM: no more is polled for, what is in flight has the
    /// [`grace`](Self::grace), 0.4 seconds there, `run` returns, and what stands after it runs.
    ///
    /// A request that takes longer than the grace is answered with 504, a stream ends as one that failed, and any other event
    /// with an error, as at a [deadline](Self::deadline_margin).
    ///
    /// Without this Lambda ends a process that it needs no more without a word. It sends SIGTERM where the function has
    /// an extension, and so this registers an internal one, by the name `lodger`. That costs a request and a connection
    /// at the start, which stays open, and at the end the time that it takes, up to half a second, as the time of any
    /// extension. Lambda kills what has not ended by then. A process that is killed for other reasons, as after a
    /// timeout, hears nothing all the same. If the registration is refused there is a warning, and the function runs
    /// without it.
    ///
    /// With a [`shutdown`](Self::shutdown) of your own the signal is yours to handle; the extension is registered.
    pub fn sigterm(mut self, is_wanted: bool) -> Self {
        self.settings.sigterm = is_wanted;
        self
    }

    /// How long a client of a server may take from the start of its connection to the end of its first request's head.
    /// The connection is closed then. Zero: as long as it takes.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.settings.header_timeout = Some(timeout);
        self
    }

    /// Ends when `shutdown` does. On a server, and on Vercel, it stands in place of SIGTERM and Ctrl-C; on Lambda it
    /// takes effect between two invocations, or cuts off what is in flight after the [`grace`](Self::grace) where
    /// [SIGTERM is asked for](Self::sigterm).
    ///
    /// Lodger then leaves the signals alone: use this if your program listens for them itself.
    pub fn shutdown(mut self, shutdown: impl Future<Output = ()> + Send + 'static) -> Self {
        self.shutdown = Shutdown::when(shutdown);
        self
    }

    /// Ends at SIGTERM or Ctrl-C, as without this method, or when `shutdown` completes. For a server that ends together with
    /// another task of the program: [the porting guide](crate::porting#a-main-with-more-than-one-server-or-background-task) has
    /// an example.
    ///
    /// On Lambda, SIGTERM counts only if it is [asked for](Self::sigterm). This and [`shutdown`](Self::shutdown) replace each
    /// other: the last call wins.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use axum::Router;
    /// # use tokio::sync::oneshot;
    /// # async fn run(stopped: oneshot::Receiver<()>) -> Result<(), lodger::Error> {
    /// lodger::Lodger::new()
    ///     .shutdown_or_signal(async { drop(stopped.await) })
    ///     .run(Router::new())
    ///     .await
    /// # }
    /// ```
    pub fn shutdown_or_signal(mut self, shutdown: impl Future<Output = ()> + Send + 'static) -> Self {
        self.shutdown = Shutdown::when_or_signal(shutdown);
        self
    }

    /// Where the Lambda Runtime API is: a host and a port, with or without `http://` before and a path after them. For
    /// tests against an emulator; Lambda sets `AWS_LAMBDA_RUNTIME_API`.
    pub fn runtime_api(mut self, address: impl Into<String>) -> Self {
        self.settings.runtime_api = Some(address.into());
        self
    }

    /// How many invocations are answered at once on Lambda. For tests against an emulator; Lambda sets
    /// `AWS_LAMBDA_MAX_CONCURRENCY` on [Managed Instances][lmi], and everywhere else has one at a time, and no answer for a
    /// second poll.
    ///
    /// Each of so many slots polls, has the app answer, and responds, with a connection of its own. An app that can be moved
    /// between threads (axum, warp, tower, hyper) answers on all threads of the runtime. Of an actix-web app there is one for
    /// each processor, on a thread of its own, as under `HttpServer`: a handler that blocks its thread holds up the other
    /// invocations there.
    ///
    /// [lmi]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
    pub fn max_concurrency(mut self, invocations: NonZeroUsize) -> Self {
        self.settings.max_concurrency = Some(invocations);
        self
    }

    /// Where Vercel listens: the path of a Unix socket. For tests against an emulator; Vercel sets `VERCEL_IPC_PATH`.
    pub fn ipc_path(mut self, path: impl Into<String>) -> Self {
        self.settings.ipc_path = Some(path.into());
        self
    }

    /// Runs `app` on the host that the process finds itself in.
    ///
    /// # Errors
    /// As [`run`](crate::run). On Lambda and on Vercel a second `run` while another one of the process goes on is an error.
    ///
    /// # Panics
    /// As [`run`](crate::run).
    pub fn run<'a, A, Marker>(self, app: A) -> RunFuture<'a>
    where
        A: Run<Marker> + 'a,
        Marker: 'a,
    {
        RunFuture::new(self.build_and_run(async || Ok::<A, Error>(app)))
    }

    /// Builds an app and runs it. On Lambda and on Vercel a failure to build it, or a panic, is reported as the reason why the
    /// function does not start.
    ///
    /// # Errors
    /// As [`run`](crate::run), and the app's own.
    ///
    /// # Panics
    /// As [`run`](crate::run).
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
        // On the heap, so that `main` stays small. Without a type that erases it: it is `Send` if `build` is.
        Box::pin(self.build_and_run(build))
    }

    async fn build_and_run<A, Marker, E>(mut self, build: impl AsyncFnOnce() -> Result<A, E>) -> Result<(), Error>
    where
        A: Run<Marker>,
        E: Into<BoxError>,
    {
        let build = async { build().await.map_err(|error| Error::new("the app cannot be built").with_source(error)) };
        if let Err(error) = self.settings.read_environment() {
            return Err(reported(&self.settings, error).await);
        }
        let settings = self.settings;
        match settings.host() {
            #[cfg(feature = "server")]
            Host::Server => {
                use crate::adapter::own_server::Server;
                let app = build.await?;
                let listening = match self.listener {
                    Some(listener) => Server::on(listener, &settings)?,
                    None => Server::bind(&settings).await?,
                };
                app.run_on(Runner::on_socket(told(listening, self.shutdown, self.on_listening))).await
            }
            #[cfg(feature = "lambda")]
            Host::Lambda => {
                let polling = crate::adapter::Runtime::new(settings, self.shutdown)?;
                let mut polling = polling.around_snapshot(self.hooks);
                let app = polling.build(build).await?;
                app.run_on(Runner::on_events(polling)).await
            }
            #[cfg(feature = "vercel")]
            Host::Vercel => {
                let vercel = lodger_core::vercel::Vercel::connect(settings).await?;
                let serve = async |listening| {
                    let app = vercel.build(build).await?;
                    app.run_on(Runner::on_socket(told(listening, self.shutdown, self.on_listening))).await
                };
                vercel.run(serve).await
            }
            #[allow(unreachable_patterns, reason = "which hosts are left depends on the features")]
            host => Err(Error::new(format!(
                "this is a host of the kind `{host}`, and Lodger was built without its feature `{host}`: turn it on, or start \
                 the program where that is not the host"
            ))),
        }
    }
}

/// A socket that listens, with what the user has said about it.
#[cfg(feature = "server")]
fn told(
    listening: crate::adapter::own_server::Server,
    shutdown: Shutdown,
    on_listening: Option<OnListening>,
) -> crate::adapter::own_server::Server {
    let listening = listening.until(shutdown);
    match on_listening {
        Some(tell) => listening.on_listening(tell),
        None => listening,
    }
}

/// A setting's error, once the host knows of it where there is one.
async fn reported(settings: &Settings, error: Error) -> Error {
    match settings.host {
        #[cfg(feature = "vercel")]
        Some(Host::Vercel) => lodger_core::vercel::report_init_error(settings, &error).await,
        // What names the host may be wrong itself; and where there is such a socket, an API of Lambda's is not for this process.
        #[cfg(feature = "vercel")]
        None if settings.ipc_path.is_some() => lodger_core::vercel::report_init_error(settings, &error).await,
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
