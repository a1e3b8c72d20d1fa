//! The core of [Lodger](https://docs.rs/lodger): the seam between a web app and its host, and the hosts.
//!
//! Depend on the crate `lodger`, both to run an app and to write an adapter: its module `lodger::adapter` exports [`App`] and shows
//! how to support another framework. This crate contains no framework.
//!
//! An [`App`] responds to a [`Request`] and never fails. A host provides the requests: [`server`] from a socket, [`lambda`] from
//! the Lambda Runtime API, and [`vercel`], [`web_functions`] and
//! [`azure_functions`] from a socket that only the platform's proxy connects to. Adapters do not depend on hosts, and hosts
//! do not depend on frameworks.
//!
//! # Extractors
//!
//! The extensions of a request are arguments of handlers: in axum 0.8 with the feature `axum`, in axum 0.7 with `axum-07`, and in
//! actix-web 4 with `actix-web`. The crate `lodger` turns these features on with its own of the same name. Use an `Option` for an
//! extension that does not exist on every host. Without the `Option`, a request without the extension gets the response 500.
//!
//! ```
//! # #[cfg(all(feature = "lambda", feature = "vercel", feature = "axum", feature = "actix-web"))]
//! # mod example {
//! # use lodger_core as lodger;
//! use lodger::{AfterResponse, PathPrefix, lambda, vercel};
//!
//! async fn on_lambda(context: lambda::Context) -> String {
//!     format!("request {}", context.request_id())
//! }
//!
//! async fn on_vercel(context: vercel::Context) -> String {
//!     format!("request {}", context.request_id())
//! }
//!
//! async fn anywhere(after: AfterResponse, prefix: Option<PathPrefix>, context: Option<lambda::Context>) -> &'static str {
//!     after.run(async { /* the client does not wait for this */ });
//!     "done"
//! }
//! # // Handlers take what implements these traits.
//! # fn check<T: axum_core::extract::FromRequestParts<()> + actix_web::FromRequest>() {}
//! # fn check_option<T: axum_core::extract::OptionalFromRequestParts<()> + actix_web::FromRequest>() {}
//! # fn main() {
//! #     check::<lambda::Context>();
//! #     check::<vercel::Context>();
//! #     check::<AfterResponse>();
//! #     check_option::<PathPrefix>();
//! #     check_option::<lambda::Context>();
//! # }
//! # }
//! ```

// Without a host, most of the shared code is unused.
#![cfg_attr(not(any(feature = "server", feature = "lambda")), allow(dead_code, unused_imports, unused_macros))]

mod app;
mod body;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(any(feature = "azure-functions", feature = "lambda"))]
#[cfg_attr(not(feature = "lambda"), allow(dead_code, reason = "Azure Functions need only some of it"))]
mod json;
mod lifecycle;
mod log;
mod path;
mod request;
mod settings;
mod util;

#[cfg(feature = "azure-functions")]
pub mod azure_functions;
#[cfg(feature = "lambda")]
pub mod lambda;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "vercel")]
pub mod vercel;
#[cfg(feature = "server")]
pub mod web_functions;

pub use app::{App, Request};
pub use body::{Body, BodyDataStream};
pub use error::{BoxError, Error};
pub use lifecycle::{before_freeze::BeforeFreeze, shutdown::Shutdown, snapshot_hooks::SnapshotHooks};
pub use log::log;
#[cfg(feature = "logs")]
pub use log::subscriber as logs;
pub use path::prefix::PathPrefix;
#[cfg(any(feature = "lambda", feature = "server"))]
pub use request::after_response::AfterResponse;
pub use request::{extensions::ClientAddr, head::RequestHead, proxies::Proxies};
pub use settings::{Host, ResponseMode, Settings, Stage, VARIABLES, Variable};
#[cfg(feature = "server")]
pub use settings::{HostingPlatform, PLATFORMS};
pub use util::catch_panic::{CatchPanic, Panicked};
