//! **Lodger runs an unmodified web app on whatever host it finds itself in.**
//!
//! One line in `main` is a server on a laptop and in a container, and a function on AWS Lambda: one binary, no `if`.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//!
//! fn app() -> Router {
//!     Router::new().route("/", get(|| async { "Hello from wherever this is" }))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     lodger::run(app()).await
//! }
//! ```
//!
//! # What is an app
//!
//! | framework | feature | what [`run`] takes |
//! |---|---|---|
//! | axum 0.8 | `axum` | a `Router`, with all its state, layers and nested routers; see [`axum`](mod@axum) |
//! | tower 0.5 | `tower` | a service over `Request<lodger::Body>`, or over requests with any body; see [`tower`] |
//! | hyper 1 | `hyper` | likewise; see [`hyper`] |
//!
//! No framework is on by default.
//!
//! # Porting an app
//!
//! What `axum::serve` was told moves or goes; the router stays.
//!
//! | before | now |
//! |---|---|
//! | `TcpListener::bind(..)` | nothing, or [`Lodger::addr`], [`Lodger::listener`] |
//! | `axum::serve(listener, router)` | `lodger::run(router)` |
//! | `router.into_make_service_with_connect_info::<SocketAddr>()` | `router`: `ConnectInfo<SocketAddr>` is there |
//! | `.with_graceful_shutdown(signal())` | nothing: SIGTERM and Ctrl-C are heard; or [`Lodger::shutdown`] |
//! | `io::Result<()>` of `main` | `Result<(), lodger::Error>`, or any that takes every error, as `anyhow::Result` |
//!
//! # Which host it is
//!
//! The environment tells; [`host`] says what it told. The features `server` and `lambda` are on by default.
//!
//! | sign | host |
//! |---|---|
//! | `LODGER_HOST=server` or `lambda` | that one |
//! | `AWS_LAMBDA_RUNTIME_API` | Lambda, behind an HTTP API (payload format version 2.0) or a Function URL |
//! | none of these | a server, on `LODGER_ADDR`, else `0.0.0.0:$PORT`, else `127.0.0.1:3000` |
//!
//! A container that is to be reached from outside sets `PORT` or `LODGER_ADDR`. What else can be set is in [`Lodger`].
//!
//! An app cannot tell one host from another, except by asking: what the platform knows of a request is in its extensions,
//! such as [`ClientAddr`] and [`lambda::Context`].
//!
//! # What is different on Lambda
//!
//! - **Answers are sent as a whole.** A stream, such as server-sent events, arrives when it has ended, and one that does
//!   not end gets no answer. What is larger than 6 MB is a 500 that says so.
//! - **There are no upgrades**, and so no WebSockets: the app's answer is that of a request that asks for none.
//! - **Between two requests the process is frozen.** A task that was spawned and not waited for goes on with the next
//!   request, or never.
//! - **A panic of a handler** is a 500 and a line in the log. On a server the connection ends, as under `axum::serve`.
//! - **The stage of an API, and a base path, are not in the path that the app sees.** An app that writes absolute paths
//!   (`Redirect::to("/login")`) puts before them what was taken off: the [`PathPrefix`], where there is one.
//!
//! ```
//! use axum::{Extension, response::Redirect};
//! use lodger::PathPrefix;
//!
//! async fn login(prefix: Option<Extension<PathPrefix>>) -> Redirect {
//!     let prefix = prefix.as_ref().map_or("", |prefix| prefix.as_str());
//!     Redirect::to(&format!("{prefix}/login"))
//! }
//! ```
//!
//! # What a front keeps to itself
//!
//! A server sees the request as it was sent. Between a client and a Lambda function stands a front, and some of what it
//! does cannot be undone. The numbers are those of `tests/README.md` in the repository, which has the evidence.
//!
//! | | HTTP API, payload 2.0 | Function URL |
//! |---|---|---|
//! | path | decoded by the front: `%2F` arrives as `/`, and what follows `%3F` does not arrive (11) | as sent |
//! | an empty query | not there: `/?` is `/` (31) | likewise |
//! | repeated headers | joined by a comma, without a space (46) | likewise |
//! | order among different headers | the front's own | likewise |
//! | `connection`, `te`, `upgrade`, `expect` and the like | not there (62) | likewise |
//! | answers: trailers, interim responses | dropped (72, 102) | likewise |
//! | answers: repeated headers but `set-cookie` | joined by `", "` (75) | likewise |
//! | answers: a body without a type | `application/octet-stream`, because the front would claim more (88) | likewise |
//! | answers: size | 6 MB as a reply; larger ones become a 500 that says so (99) | likewise |

// Without a host there is nothing to run an app on.
#![cfg_attr(not(any(feature = "server", feature = "lambda")), allow(dead_code, unused))]

mod lodger;
mod response;
mod run;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "tower")]
pub mod tower;

pub use lodger::Lodger;
#[doc(inline)]
pub use lodger_core::{App, Body, BoxError, ClientAddr, Error, Host, PathPrefix, Request, Stage};
pub use run::Run;

/// What Lambda tells about a request, as extensions of it; and, for those who implement [`Run`], the API to poll.
#[cfg(feature = "lambda")]
pub mod lambda {
    #[doc(inline)]
    pub use lodger_core::lambda::{Context, Event, FromEvent, Polling, RequestContext};
}

/// A socket that an app is served on; for those who implement [`Run`].
#[cfg(feature = "server")]
pub mod server {
    #[doc(inline)]
    pub use lodger_core::server::Listening;
}

/// Runs `app` on the host that the process finds itself in, until that ends: for ever on Lambda, until SIGTERM or Ctrl-C
/// on a server. What stands after it in `main` is run then, once requests in flight are answered.
///
/// It is [`Lodger::new().run(app)`](Lodger::run), which can be told more.
///
/// # Errors
/// The process cannot start (a setting is wrong, the address in use), or its host has gone. What becomes of a single
/// request is never an error here.
///
/// # Panics
/// Outside a Tokio runtime that has I/O and time enabled, as `#[tokio::main]` has.
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
///     println!("all requests are answered; goodbye");
///     Ok(())
/// }
/// ```
pub async fn run<A, Marker>(app: A) -> Result<(), Error>
where
    A: Run<Marker>,
{
    Lodger::new().run(app).await
}

/// The host that the process finds itself in.
///
/// # Errors
/// `LODGER_HOST` names none, or the process is where this version of Lodger cannot run.
///
/// # Example
///
/// ```
/// if lodger::host()? == lodger::Host::Server {
///     println!("no freezing here: background tasks run on");
/// }
/// # Ok::<_, lodger::Error>(())
/// ```
pub fn host() -> Result<Host, Error> {
    Host::current()
}
