#[cfg(feature = "lambda")]
use lodger_core::lambda::Runtime as LambdaRuntime;
#[cfg(feature = "server")]
use lodger_core::server::Server;
use lodger_core::{App, Error, Host};

use super::local::LocalApp;

/// Runs an app on the host that started the process.
///
/// A host sends requests over a socket, or as events that Lodger polls for. [`run`](Self::run) and
/// [`run_local`](Self::run_local) do the same on both.
#[derive(Debug)]
pub struct Runner(pub(crate) Source);

/// Where the requests come from.
#[derive(Debug)]
pub(crate) enum Source {
    #[cfg(feature = "server")]
    Socket(Box<Server>),
    #[cfg(feature = "lambda")]
    Events(Box<LambdaRuntime>),
}

/// The app of a function without one. No request reaches it, because the handler takes every event.
#[cfg(feature = "handlers")]
async fn no_app(_: lodger_core::Request) -> http::Response<lodger_core::Body> {
    let mut response = http::Response::default();
    *response.status_mut() = http::StatusCode::NOT_FOUND;
    response
}

impl Runner {
    #[cfg(feature = "server")]
    pub(crate) fn on_socket(server: Server) -> Self {
        Self(Source::Socket(Box::new(server)))
    }

    #[cfg(feature = "lambda")]
    pub(crate) fn on_events(runtime: LambdaRuntime) -> Self {
        Self(Source::Events(Box::new(runtime)))
    }

    /// The host that started the process.
    // Without a host, Lodger does not compile; this keeps that one error.
    #[cfg(any(feature = "server", feature = "lambda"))]
    pub fn host(&self) -> Host {
        match &self.0 {
            #[cfg(feature = "server")]
            Source::Socket(server) => server.host(),
            #[cfg(feature = "lambda")]
            Source::Events(_) => Host::Lambda,
        }
    }

    /// Runs `app` on all threads of the Tokio runtime until the host ends.
    ///
    /// On a server this is when SIGTERM or Ctrl-C arrives and the requests in flight are done, or the grace period is
    /// over.
    ///
    /// # Errors
    /// The host has gone, or the process cannot listen for signals.
    ///
    /// # Panics
    /// Outside a Tokio runtime that has I/O and time enabled.
    pub async fn run<A>(self, app: A) -> Result<(), Error>
    where
        A: App<Future: Send, Body: Send> + Clone + Send,
    {
        match self.0 {
            #[cfg(feature = "server")]
            Source::Socket(server) => server.serve(app).await,
            #[cfg(feature = "lambda")]
            Source::Events(runtime) => runtime.run(app).await,
        }
    }

    /// Runs an app until the host ends. The futures of the app need not be `Send`.
    ///
    /// `build` runs on each of several new threads, and each thread keeps the app that it builds. Every thread has a
    /// Tokio runtime and a [`LocalSet`](tokio::task::LocalSet), so that the app may call `tokio::task::spawn_local`.
    /// There are as many threads as processors, but not more than requests that the host sends at the same time.
    ///
    /// A request whose handler panics gets a response with the status 500. If the client goes away, the app's future is
    /// dropped.
    ///
    /// If handlers block every thread and 4096 requests wait for each one, further requests get a response with the
    /// status 503.
    ///
    /// # Errors
    /// `build` returned an error or panicked, which is reported to Lambda or Vercel; or as [`run`](Self::run).
    ///
    /// # Panics
    /// As [`run`](Self::run).
    ///
    /// # Example
    ///
    /// ```
    /// use lodger::{Body, Error, Request, adapter::{App, Run, Runner}};
    /// use std::{cell::Cell, future::Future, pin::Pin, rc::Rc};
    ///
    /// /// Counts the requests of its thread.
    /// struct Counter(Rc<Cell<u64>>);
    ///
    /// impl App for Counter {
    ///     type Body = Body;
    ///     type Future = Pin<Box<dyn Future<Output = http::Response<Body>>>>;
    ///
    ///     fn call(&self, _: Request) -> Self::Future {
    ///         let count = self.0.clone();
    ///         Box::pin(async move {
    ///             count.set(count.get() + 1);
    ///             http::Response::new(count.get().to_string().into())
    ///         })
    ///     }
    /// }
    ///
    /// struct Counters;
    ///
    /// impl Run<Counters> for Counters {
    ///     async fn run_on(self, runner: Runner) -> Result<(), Error> {
    ///         runner.run_local(async || Ok(Counter(Rc::default()))).await
    ///     }
    /// }
    ///
    /// let run = lodger::run(Counters);
    /// ```
    pub async fn run_local<A: App>(
        self,
        build: impl AsyncFn() -> Result<A, Error> + Clone + Send + 'static,
    ) -> Result<(), Error> {
        match self.0 {
            #[cfg(feature = "server")]
            Source::Socket(server) => server.serve(LocalApp::start(build, usize::MAX).await?).await,
            #[cfg(feature = "lambda")]
            Source::Events(mut runtime) => {
                let app = LocalApp::start(build, runtime.slots());
                let app = runtime.build(app).await?;
                runtime.run(app).await
            }
        }
    }

    /// Runs a function that handles events and is no web app.
    ///
    /// # Errors
    /// The host sends requests over a socket; or as [`run`](Self::run).
    #[cfg(feature = "handlers")]
    pub(crate) async fn run_function(
        self,
        handler: std::sync::Arc<dyn lodger_core::lambda::EventHandler>,
    ) -> Result<(), Error> {
        match self.0 {
            #[cfg(feature = "server")]
            Source::Socket(server) => Err(Error::new(format!(
                "cannot serve HTTP on the host `{}`: the function handles only events of Lambda; to invoke it on this machine, \
                 run `cargo lodger invoke event.json`, or `cargo lambda watch` and `cargo lambda invoke`",
                server.host()
            ))),
            Source::Events(runtime) => runtime.with_event_handler(handler).run(crate::app(no_app)).await,
        }
    }

    /// Returns the socket if the host sends requests over one, for a framework that brings a
    /// [server of its own](crate::adapter::own_server).
    ///
    /// # Errors
    /// Returns the runner if the host sends events. Call [`run`](Self::run) then.
    #[cfg(feature = "server")]
    pub fn into_server(self) -> Result<Server, Self> {
        match self.0 {
            Source::Socket(server) => Ok(*server),
            #[cfg(feature = "lambda")]
            events @ Source::Events(_) => Err(Self(events)),
        }
    }

    /// Returns the poll loop of Lambda if the host sends events, for a framework with threads of its own.
    ///
    /// # Errors
    /// Returns the runner if the host sends requests over a socket.
    #[cfg(feature = "lambda")]
    pub fn into_lambda_runtime(self) -> Result<LambdaRuntime, Self> {
        match self.0 {
            #[cfg(feature = "server")]
            socket @ Source::Socket(_) => Err(Self(socket)),
            Source::Events(runtime) => Ok(*runtime),
        }
    }
}
