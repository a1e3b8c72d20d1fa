//! **Lodger runs an unmodified web app on the host that starts it: a server, AWS Lambda, Vercel or Azure Functions.**
//!
//! One line in `main` replaces the server of the framework. The same binary is a server on a laptop or in a container,
//! and a function on AWS Lambda, on Vercel and on Azure Functions.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//!
//! fn app() -> Router {
//!     Router::new().route("/", get(|| async { "Hello from every host" }))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     lodger::run(app()).await
//! }
//! ```
//!
//! ```toml
//! [dependencies]
//! axum = "0.8"
//! lodger = { version = "0.1", features = ["axum"] }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! `cargo run` starts a server on <http://127.0.0.1:3000>. This page is the reference. The book, in the folder `docs` of the
//! repository, has guides: how to start with each framework, port an app, deploy the app, and run the binary behind Lambda or
//! Vercel on your own machine.
//!
//! # Frameworks
//!
//! An *app* is a value of a web framework. Turn on the feature of yours; all are off by default.
//!
//! | framework | feature | app |
//! |---|---|---|
//! | [axum 0.8](mod@axum) | `axum` | a `Router`, with its state, layers and nested routers |
//! | [axum 0.7](mod@axum_07) | `axum-07` | a `Router` |
//! | [actix-web 4](mod@actix_web) | `actix-web` | a closure that returns an `App`, such as `HttpServer::new` takes |
//! | [warp 0.4](mod@warp) | `warp` | a `Filter`, such as `warp::serve` takes |
//! | [tower 0.5](mod@tower) | `tower` | a service over `Request<lodger::Body>`, or generic over the body |
//! | [hyper 1](mod@hyper) | `hyper` | a service over `Request<lodger::Body>`, or generic over the body |
//! | none | | a function, with [`app()`] |
//! | any other | | see [`adapter`] |
//!
//! # Hosts
//!
//! A *host* is the platform that starts the process. Lodger detects the host from the environment: the first row of this
//! table that applies decides. [`host`] returns the result. The features `server`, `lambda`, `vercel` and
//! `azure-functions` are on by default,
//! and at least one of them is required.
//!
//! | in the environment | host |
//! |---|---|
//! | `LODGER_HOST=server`, `lambda`, `vercel`, `web-functions` or `azure-functions` | the named one |
//! | `PORT`, in a program called `user-server` | [`Host::Server`]: a proxy on Vercel starts the binary by this name, and sends it plain HTTP (*standalone mode*) |
//! | `VERCEL_IPC_PATH` | [`Host::Vercel`]: a function of the runtime `executable`, as Vercel's builder for Rust makes one |
//! | `AWS_LAMBDA_HTTP_ENDPOINT` | [`Host::WebFunctions`]: Lambda sends HTTP requests to the process |
//! | `AWS_LAMBDA_RUNTIME_API` | [`Host::Lambda`]: AWS Lambda, an emulator, or a function on Vercel with the older runtime `provided.al2023` |
//! | `FUNCTIONS_CUSTOMHANDLER_PORT` | [`Host::AzureFunctions`]: a custom handler |
//! | none of these | [`Host::Server`] |
//!
//! A server listens on `LODGER_ADDR`, else on a socket of systemd, else on `127.0.0.1:$VERCEL_DEV_PORT`, else on `0.0.0.0:$PORT`,
//! else on `127.0.0.1:3000`. A container that clients reach from outside sets `PORT` or `LODGER_ADDR`. [`Lodger`] lists all
//! settings.
//!
//! On Lambda, a *front* is the service that turns requests into events: a REST API, an HTTP API (payload format 1.0 or
//! 2.0), a Function URL, an Application Load Balancer, VPC Lattice, a WebSocket API, or Vercel with the runtime
//! `provided.al2023`. One binary works behind all of them.
//!
//! # Extractors
//!
//! Facts about the host and the request are values that Lodger adds to each request. In axum and actix-web, handlers take
//! them as arguments. This handler works in both:
//!
//! ```
//! use lodger::{AfterResponse, ClientAddr, lambda};
//!
//! async fn hello(
//!     ClientAddr(client): ClientAddr,
//!     context: Option<lambda::Context>,
//!     after: AfterResponse,
//! ) -> String {
//!     after.run(async { /* the client does not wait for this */ });
//!     match context {
//!         Some(context) => format!("{client}, request {}", context.request_id()),
//!         None => format!("{client}, not on Lambda"),
//!     }
//! }
//!
//! let axum_app: axum::Router = axum::Router::new().route("/", axum::routing::get(hello));
//! let actix_app = || actix_web::App::new().route("/", actix_web::web::get().to(hello));
//! # let _ = (axum_app, actix_app());
//! ```
//!
//! | extractor | requests that have it | filter in warp |
//! |---|---|---|
//! | [`ClientAddr`] | all | [`client_addr`](warp::client_addr) |
//! | [`AfterResponse`] | all | [`after_response`](warp::after_response) |
//! | [`PathPrefix`] | those whose path was shortened | [`path_prefix`](warp::path_prefix) |
//! | [`lambda::Context`] | all on Lambda | [`lambda_context`](warp::lambda_context) |
//! | [`lambda::RequestContext`] | those on Lambda whose front sends one | [`request_context`](warp::request_context) |
//! | [`lambda::Event`] | all on Lambda | [`event`](warp::event) |
//! | [`lambda::SyntheticRequest`] | those that Lodger made from an [event that is not HTTP](#events-that-are-not-http) | [`synthetic_request`](warp::synthetic_request) |
//! | [`vercel::Context`] | all on [`Host::Vercel`] | [`vercel_context`](warp::vercel_context) |
//! | [`azure_functions::Context`] | all on [`Host::AzureFunctions`] | [`azure_functions_context`](warp::azure_functions_context) |
//! | [`web_functions::Context`] | all on [`Host::WebFunctions`] | [`web_functions_context`](warp::web_functions_context) |
//!
//! If a request does not have the value, an extractor responds with 500. `Option<..>` extracts `None` instead, and so do the
//! filters of warp. On a server, warp's own server runs a filter: requests then have none of these values, and only the filter
//! `client_addr` works. Middleware and services of tower and hyper find the values in the [extensions](http::Extensions)
//! of the [`Request`].
//!
//! # What is different on Lambda
//!
//! Responses are buffered by default and limited to 6 MB, an invocation has a deadline, and the process is frozen
//! between requests. Each front changes some parts of a request and of a response. The book, in the folder `docs`
//! of the repository, lists every change (`docs/src/hosts/fronts.md`) and has the details (`docs/src/hosts/lambda.md`).
//!
//! # What is different on Vercel
//!
//! The process may be frozen after a response, and a request body has at most 4.5 MB. The book has the
//! details (`docs/src/hosts/vercel.md`).
//!
//! # Redirects and the removed prefix
//!
//! Lodger removes the stage of an API and the [base path](Lodger::base_path) from the path of a request, and adds them
//! to the `Location` of the response. Links in a body need the [`PathPrefix`]. The book has
//! examples and limits (`docs/src/hosts/redirects.md`).
//!
//! # Work after the response
//!
//! Hand work that the client should not wait for to the request's [`AfterResponse`]. A server runs it in the
//! background. Lambda and Vercel wait for the work before they freeze the process. Under warp's own server there is no
//! such handle.
//!
//! ```
//! use axum::{Router, routing::post};
//! use lodger::AfterResponse;
//!
//! async fn order(after: AfterResponse) -> &'static str {
//!     after.run(async { /* notify the kitchen */ });
//!     "your order is on its way"
//! }
//! # let _: Router = Router::new().route("/orders", post(order));
//! ```
//!
//! # The log
//!
//! Lodger opens a span of `tracing` for each request. With the feature `logs`, `lodger::logs::init()?` installs a
//! subscriber that writes the log format of the host. The book has the fields, the levels and
//! OpenTelemetry (`docs/src/guides/logging.md`).
//!
//! # SnapStart
//!
//! [`Lodger::before_snapshot`] closes connections before Lambda takes a snapshot, and [`Lodger::after_restore`] opens
//! new ones in every restored instance. The book has an example (`docs/src/hosts/snap_start.md`).
//!
//! # Events that are not HTTP
//!
//! [`Lodger::on`] and similar methods add handlers for messages of a queue, schedules and other events of Lambda.
//! [`Lodger::events_path`] and [`Lodger::websocket_path`] send events to routes of the app instead. The book has examples
//! (`docs/src/guides/events.md`).
//!
//! # Other features
//!
//! `serde` adds [`lambda::RequestContext::parse`] and [`lambda::Event::parse`], which read the request context and the
//! event as a type of yours.
//! `http2` is on by default, and adds HTTP/2 cleartext to the server of axum, tower and hyper apps. An app that only receives
//! HTTP/1.1, which is the case on Vercel, Azure Functions and behind most proxies, is a seventh smaller without it.
//! `actix-web-http2` adds HTTP/2 cleartext to actix's own server.

#![cfg_attr(docsrs, feature(doc_cfg))]

// `vercel` and `azure-functions` turn on `server`.
#[cfg(not(any(feature = "server", feature = "lambda")))]
compile_error!(
    "Lodger has no host to run an app on: turn on a feature of `lodger`, `server`, `lambda`, `vercel` or `azure-functions`, or leave out `default-features = false`"
);

pub mod adapter;
#[cfg(feature = "lambda")]
pub mod lambda;
mod lodger;

#[cfg(feature = "actix-web")]
pub mod actix_web;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "axum-07")]
pub mod axum_07;
#[cfg(any(feature = "axum", feature = "axum-07"))]
mod axum_any;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "warp")]
pub mod warp;

pub use adapter::app;
pub use lodger::Lodger;
#[cfg(any(feature = "server", feature = "lambda"))]
#[doc(inline)]
pub use lodger_core::AfterResponse;
#[cfg(feature = "logs")]
#[doc(inline)]
pub use lodger_core::logs;
#[doc(inline)]
pub use lodger_core::{
    Body, BodyDataStream, ClientAddr, Error, Host, PathPrefix, Proxies, Request, ResponseMode, Stage,
};

/// Extensions of requests on Azure Functions.
#[cfg(feature = "azure-functions")]
pub mod azure_functions {
    #[doc(inline)]
    pub use lodger_core::azure_functions::Context;
}

/// Extensions of requests on Lambda Web Functions.
#[cfg(feature = "server")]
pub mod web_functions {
    #[doc(inline)]
    pub use lodger_core::web_functions::Context;
}

/// Extensions of requests on Vercel.
#[cfg(feature = "vercel")]
pub mod vercel {
    #[doc(inline)]
    pub use lodger_core::vercel::Context;
}

use adapter::{Run, RunFuture};

/// Runs `app` on the host that started the process, until the host ends it.
///
/// A server ends at SIGTERM or Ctrl-C, after it has responded to the requests in flight. Lambda kills
/// the process without a signal: there `run` returns only after an error, with [`Lodger::sigterm`], or when the future of
/// [`Lodger::shutdown`] or [`Lodger::shutdown_or_signal`] completes. The code after `run` in `main` runs when `run` has returned.
///
/// This is [`Lodger::new().run(app)`](Lodger::run). Use [`Lodger`] to change settings.
///
/// Once `run` has returned or its future was dropped, SIGTERM and Ctrl-C end the process immediately. A program
/// that listens for signals itself passes a future of its own to [`Lodger::shutdown`].
///
/// Do not call `run` while another `run` of the process is active: on Lambda and on Vercel, the host cannot distinguish
/// two apps, so that the second `run` returns an error. Merge the routers instead. The book, in the
/// folder `docs` of the repository, has an example (`docs/src/guides/several_tasks.md`).
///
/// A `main` that has other errors too returns `Result<(), Box<dyn std::error::Error>>`.
///
/// # Errors
///
/// | cause | method of [`Error`] |
/// |---|---|
/// | a setting is invalid or missing | [`is_invalid_setting`](Error::is_invalid_setting) |
/// | the server cannot listen, such as on an address that is in use | [`is_listen`](Error::is_listen) |
/// | the app cannot be built, with [`Lodger::run_with`] | [`is_build`](Error::is_build) |
/// | another `run` of the process has not returned yet, on Lambda and on Vercel; logged too | [`is_second_run`](Error::is_second_run) |
/// | Lambda or Vercel cannot be reached, or has ended the process | [`is_platform_lost`](Error::is_platform_lost) |
/// | another cause: a hook of SnapStart failed, the feature of the host is off, the process cannot listen for signals | none |
///
/// A single request never causes an error here.
///
/// # Panics
/// Outside a Tokio runtime with I/O and time enabled. `#[tokio::main]` enables both.
///
/// # Example
///
/// ```no_run
/// use axum::{Router, routing::get};
///
/// #[tokio::main]
/// async fn main() -> Result<(), lodger::Error> {
///     let app = Router::new().route("/", get(|| async { "hello" }));
///     lodger::run(app).await?;
///     println!("all requests are done; goodbye");
///     Ok(())
/// }
/// ```
pub fn run<'a, A, Marker>(app: A) -> RunFuture<'a>
where
    A: Run<Marker> + 'a,
    Marker: 'a,
{
    Lodger::new().run(app)
}

/// Returns the host that started the process.
///
/// # Errors
/// The value of `LODGER_HOST` is not the name of a host.
///
/// # Example
///
/// ```
/// if lodger::host()? == lodger::Host::Server {
///     println!("background tasks run all the time");
/// }
/// # Ok::<_, lodger::Error>(())
/// ```
pub fn host() -> Result<Host, Error> {
    Host::current()
}
