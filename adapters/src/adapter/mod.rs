//! Adapters for frameworks that Lodger does not know, step by step.
//!
//! An adapter turns the app of a framework into an [`App`]: a value that responds to one [`Request`](crate::Request) at
//! a time and never fails. Adapters do not depend on hosts. The traits and types for an adapter are in this module; users
//! of the adapter only call [`lodger::run`](crate::run).
//!
//! # An adapter in thirty lines
//!
//! The crate of an adapter depends on `lodger` without a host, on `http` for requests and responses, and for bodies on
//! `http-body-util` and, in most cases, `bytes`:
//!
//! ```toml
//! [dependencies]
//! bytes = "1"
//! http = "1"
//! http-body-util = "0.1"
//! lodger = { version = "0.1", default-features = false }
//!
//! [dev-dependencies]
//! lodger = { version = "0.1", features = ["server", "lambda"] }
//! ```
//!
//! The user's choice of hosts does not change any trait or method of this page. A build of the adapter alone, such as for
//! its tests, needs a host, which the dev-dependency turns on.
//!
//! This page writes an adapter for *pebble*, a small framework that does not exist. Pebble has a router and types of
//! its own for requests and responses:
//!
//! ```
//! mod pebble {
//!     # use bytes::Bytes;
//!     # use std::{net::SocketAddr, sync::Arc};
//!     pub struct Request { pub method: String, pub path: String, pub client: Option<SocketAddr>, pub body: Bytes }
//!     pub struct Response { pub status: u16, pub body: String }
//!     pub struct Router { /* .. */ }
//!
//!     impl Router {
//!         # pub fn new() -> Self { Self {} }
//!         pub async fn respond(&self, request: Request) -> Result<Response, std::io::Error> {
//!             # let Request { method, path, client, body } = request;
//!             # let body = format!("{method} {path} {client:?} {}", body.len());
//!             # Ok(Response { status: 200, body })
//!             /* .. */
//!         }
//!     }
//! }
//!
//! // The adapter begins here.
//! use http_body_util::{BodyExt, Full};
//! use lodger::{ClientAddr, Error, Request, adapter::{self, App, Run, Runner}};
//! use std::sync::Arc;
//!
//! /// Makes an app of a router.
//! fn pebble_app(router: pebble::Router) -> impl App<Future: Send, Body: Send> + Clone + Send {
//!     let router = Arc::new(router);
//!     lodger::app(move |request: Request| {
//!         let router = router.clone();
//!         adapter::FallibleResponse::new(async move {
//!             let (head, body) = request.into_parts();
//!             let response = router.respond(pebble::Request {
//!                 method: head.method.to_string(),
//!                 path: head.uri.path().to_owned(),
//!                 client: head.extensions.get().map(|&ClientAddr(client)| client),
//!                 body: body.collect().await?.to_bytes(),
//!             });
//!             let response = response.await?;
//!             Ok::<_, adapter::BoxError>(http::Response::builder().status(response.status).body(Full::from(response.body))?)
//!         })
//!     })
//! }
//!
//! /// Allows `lodger::run(router)`.
//! enum Pebble {}
//!
//! impl Run<Pebble> for pebble::Router {
//!     async fn run_on(self, runner: Runner) -> Result<(), Error> {
//!         runner.run(pebble_app(self)).await
//!     }
//! }
//!
//! // A user's `main`.
//! let run = lodger::run(pebble::Router::new());
//! # async fn test(run: lodger::adapter::RunFuture<'_>) {
//! run.await.unwrap();
//! # }
//! ```
//!
//! The parts of it:
//!
//! 1. **The app.** [`lodger::app`](crate::app) makes an [`App`] from a function. This allocates nothing for a request.
//! 2. **The request.** [`lodger::Request`](crate::Request) is an [`http::Request`]. Its URI consists of a path and a
//!    query. Facts about the client and the host are in its [extensions](http::Extensions): insert
//!    [`ClientAddr`](crate::ClientAddr) where the framework keeps the address of the peer. If the framework does not
//!    keep [`http::Extensions`], use [`copy_extensions`].
//! 3. **The response.** Any [`http_body::Body`] of [`Bytes`](bytes::Bytes) can be its body. Pass bodies on as streams,
//!    because hosts send a frame as soon as it exists. The example collects the body of the request because pebble
//!    needs the whole body.
//! 4. **Errors.** [`FallibleResponse`] logs an error and responds with 500.
//! 5. **`Run`.** [`Run`] with a marker type of your own crate lets users pass the framework's type to `lodger::run`.
//!    Otherwise they write `lodger::run(pebble_app(router))`.
//!
//! # Apps that are not `Send`
//!
//! If a framework keeps a request on one thread, use [`Runner::run_local`], which builds an app on each of several
//! threads.
//!
//! # Frameworks with a server of their own
//!
//! An app behaves best under the server that its framework brings. The module [`own_server`] has the types for such an
//! adapter, with the feature `server`. The adapters of actix-web and warp use them.
//!
//! # Testing an adapter
//!
//! `lodger-gateway` sends requests to an app as Lambda does, and [`Lodger::listener`](crate::Lodger::listener) sets a
//! socket for a test of the app as a server. `tests/adapters` in the repository has two adapters with such tests, for
//! poem and for salvo.

mod extensions;
mod function;
mod local;
#[cfg(feature = "server")]
pub mod own_server;
mod response;
mod run;
pub(crate) mod runner;

#[doc(inline)]
pub use lodger_core::{App, BoxError};

#[cfg(feature = "lambda")]
#[doc(inline)]
pub use lodger_core::lambda::Runtime as LambdaRuntime;

pub use extensions::{ExtensionStore, copy_extensions};
pub use function::{FunctionApp, app};
#[cfg(feature = "tower")]
pub(crate) use response::into_response;
pub use response::{FallibleBody, FallibleResponse, server_error};
pub use run::{AppMarker, Run, RunFuture};
pub use runner::Runner;
