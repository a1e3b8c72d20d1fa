//! Apps of [warp](https://docs.rs/warp) 0.4: a `Filter`, as `warp::serve` takes it.
//!
//! As a server it runs under warp's own, and is told where to listen and when to end by Lodger's settings. On Lambda and on
//! Vercel the filter is called in process. Rejections that nobody has handled are answered by warp.
//!
//! ```no_run
//! use std::net::SocketAddr;
//! use warp::Filter;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     let hello = warp::path!("hello" / String)
//!         .and(warp::addr::remote())
//!         .map(|name, client: Option<SocketAddr>| format!("hello {name}, who is {client:?}"));
//!     lodger::run(hello).await
//! }
//! ```
//!
//! What a host says of a request is found by `warp::ext`: `warp::ext::optional::<lodger::lambda::Context>()`.
//!
//! # What warp keeps to itself
//!
//! Who the client is can be told to warp's own server alone, and to its builder of requests, which has bodies as a whole.
//! So `warp::addr::remote()` is there on a server and on Lambda, and these are the traces that it leaves:
//!
//! - As a server nothing comes before the filter. With a base path `warp::path::full()` and the log of warp have it in
//!   them, while path filters begin after it; [`PathPrefix`](crate::PathPrefix), [`ClientAddr`](crate::ClientAddr) and
//!   [`AfterResponse`](crate::AfterResponse) are not among the extensions; there is no [span](crate#the-log); and the
//!   [`header_timeout`](crate::Lodger::header_timeout) has no effect.
//! - What is in flight when the [`grace`](crate::Lodger::grace) is over ends with the process, or with the runtime of Tokio.
//! - On Lambda the filter sees each request as one of HTTP/1.1, and headers of one name as one, joined by a comma (RFC 9110,
//!   section 5.3; cookies by a semicolon). The body of a request is copied once.
//! - On Vercel bodies stream, and `warp::addr::remote()` is `None`: the client is
//!   `warp::ext::optional::<lodger::`[`ClientAddr`](crate::ClientAddr)`>()`.
//!
//! A `warp::service(filter)` is a tower service, and runs as one, with the feature `tower`: none of this holds for it, but
//! `warp::addr::remote()` is `None` everywhere.

#[cfg(feature = "lambda")]
mod polled;
#[cfg(feature = "lambda")]
mod request;
#[cfg(feature = "server")]
mod served;

use ::warp::{Filter, Rejection, Reply};

use crate::{Error, Run};

/// Marks what is an app by being a filter of warp's.
#[derive(Debug)]
pub enum Marker {}

impl<F, R> Run<Marker> for F
where
    F: Filter<Extract = (R,), Error: Into<Rejection>> + Clone + Send + Sync + 'static,
    R: Reply + 'static,
{
    #[cfg(feature = "server")]
    async fn serve(self, listening: crate::server::Server) -> Result<(), Error> {
        // Behind a proxy its own server would take that for the client.
        if listening.peers_are_clients() {
            served::serve(self, listening).await
        } else {
            listening.serve(crate::tower::Tower(::warp::service(self))).await
        }
    }

    #[cfg(feature = "lambda")]
    async fn poll(self, polling: crate::lambda::Runtime) -> Result<(), Error> {
        polling.answer_on_any_thread(polled::app(self)).await
    }
}
