//! Apps of [warp](https://docs.rs/warp) 0.4: a `Filter`, as `warp::serve` takes one.
//!
//! On a server, warp's own server runs the filter, with the address and the shutdown signal of Lodger's settings. On
//! all other hosts, Lodger calls the filter in process. Warp responds to rejections that no filter has handled.
//!
//! ```no_run
//! use std::net::SocketAddr;
//! use warp::Filter;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     let hello = warp::path!("hello" / String)
//!         .and(warp::addr::remote())
//!         .map(|name, client: Option<SocketAddr>| format!("hello {name} at {client:?}"));
//!     lodger::run(hello).await
//! }
//! ```
//!
//! # Extensions
//!
//! There is a filter for each extension that a host adds to requests, such as [`client_addr`] and [`lambda_context`]. A
//! filter extracts `None` on a host without that extension:
//!
//! ```
//! use lodger::{ClientAddr, lambda};
//! use warp::Filter;
//!
//! let hello = lodger::warp::client_addr().and(lodger::warp::lambda_context()).map(
//!     |client: Option<ClientAddr>, context: Option<lambda::Context>| match context {
//!         Some(context) => format!("{client:?}, request {}", context.request_id()),
//!         None => format!("{client:?}"),
//!     },
//! );
//! let run = lodger::run(hello);
//! ```
//!
//! # Limits
//!
//! Only warp's own server and its builder of test requests can set the address that `warp::addr::remote()` extracts.
//! The builder needs whole bodies. So that `warp::addr::remote()` works on a server and on Lambda, these limits apply:
//!
//! - On a server, no code of Lodger runs before the filter:
//!   - With a [base path](crate::Lodger::base_path), path filters begin after the base path, but `warp::path::full()`
//!     and warp's log include it.
//!   - [`PathPrefix`], [`AfterResponse`] and the extension [`ClientAddr`] are missing; `client_addr` works.
//!   - There is no span of `tracing`.
//!   - [`Lodger::header_timeout`](crate::Lodger::header_timeout) has no effect.
//! - On a server, requests in flight at the end of the [grace period](crate::Lodger::grace) stop when the process or
//!   the Tokio runtime ends.
//! - On Lambda, the filter sees HTTP/1.1 for every request. Headers with the same name are joined by a comma (RFC 9110,
//!   section 5.3), cookies by a semicolon. The body of a request is copied once.
//! - On Vercel, on Lambda Web Functions and on Azure Functions, bodies are streams and `warp::addr::remote()` extracts
//!   `None`. Use [`client_addr`].
//! - On a server behind [proxies](crate::Lodger::proxies), Lodger's server runs the filter, like on Vercel: the limits of warp's own
//!   server do not apply, and `warp::addr::remote()` extracts `None`. Use [`client_addr`].
//!
//! A `warp::service(filter)` is a tower service and runs as one, with the feature `tower`. It has none of these limits,
//! except that `warp::addr::remote()` extracts `None` on every host.
//!
//! [`AfterResponse`]: crate::AfterResponse
//! [`ClientAddr`]: crate::ClientAddr
//! [`PathPrefix`]: crate::PathPrefix

mod extensions;
#[cfg(feature = "lambda")]
mod in_process;
#[cfg(feature = "lambda")]
mod request;
#[cfg(feature = "server")]
mod server;

use ::warp::{Filter, Rejection, Reply};

#[cfg(any(feature = "server", feature = "lambda"))]
pub use extensions::after_response;
#[cfg(feature = "azure-functions")]
pub use extensions::azure_functions_context;
#[cfg(feature = "vercel")]
pub use extensions::vercel_context;
#[cfg(feature = "server")]
pub use extensions::web_functions_context;
pub use extensions::{client_addr, path_prefix};
#[cfg(feature = "lambda")]
pub use extensions::{event, lambda_context, request_context, synthetic_request};

use crate::{
    Error,
    adapter::{Run, Runner, runner::Source},
};

/// The marker of warp filters.
#[derive(Debug)]
pub enum WarpMarker {}

impl<F, R> Run<WarpMarker> for F
where
    F: Filter<Extract = (R,), Error: Into<Rejection>> + Clone + Send + Sync + 'static,
    R: Reply + 'static,
{
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        match runner.0 {
            // Behind proxies, warp's own server would report the proxy as the client.
            #[cfg(feature = "server")]
            Source::Socket(socket) if socket.peers_are_clients() => server::serve(self, *socket).await,
            #[cfg(feature = "server")]
            Source::Socket(socket) => socket.serve(crate::tower::TowerApp(::warp::service(self))).await,
            #[cfg(feature = "lambda")]
            Source::Events(runtime) => runtime.run(in_process::FilterApp::new(self)).await,
        }
    }
}
