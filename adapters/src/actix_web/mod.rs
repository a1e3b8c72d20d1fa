//! Apps of [actix-web](https://docs.rs/actix-web) 4: what `HttpServer::new` takes, a closure that makes an `App`.
//!
//! As a server they run under actix's own `HttpServer`, with a worker for each processor, and are told where to listen and
//! when to end by Lodger's settings. On Lambda one is made, on a thread of its own, and called in process: what a handler
//! spawns by `actix_web::rt::spawn` runs there as in a worker. On Managed Instances one is made for each processor.
//!
//! ```no_run
//! use actix_web::{App, HttpResponse, Responder, dev::PeerAddr, get};
//!
//! #[get("/ip")]
//! async fn ip(PeerAddr(client): PeerAddr) -> impl Responder {
//!     HttpResponse::Ok().body(client.ip().to_string())
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     lodger::run(|| App::new().service(ip)).await
//! }
//! ```
//!
//! On Vercel they run under actix's own server as well, with the client's address as the peer's. It refuses requests with
//! more than 96 headers, the platform's own included, before anybody can tell which they are: those have no end, and the
//! platform waits for it until the function's time is over. No setting changes that.
//!
//! It is the same under `#[tokio::main]`. What Lambda says of a request, such as [`Context`](crate::lambda::Context), is
//! in its extensions: `ReqData<lodger::lambda::Context>` extracts it. [Work after the response](crate::AfterResponse) has
//! to be `Send`, and runs where `run` is awaited as a server, so that it may outlive the worker, and in the thread of the
//! app on Lambda. `actix_web::rt::spawn`, which panics there, is for the handler: what has to stay on its thread is
//! spawned by it, and waited for by the work. It begins before the response has left, and as a server ends with its
//! worker. Hooks around a snapshot and before a freeze have to be `Send` likewise.
//!
//! ```
//! use actix_web::{Responder, rt, web::ReqData};
//! use lodger::AfterResponse;
//!
//! async fn order(after: ReqData<AfterResponse>) -> impl Responder {
//!     let told = rt::spawn(async { /* tell the kitchen, by a client of actix's */ });
//!     after.run(async { drop(told.await) });
//!     "it will be there at once"
//! }
//! # let _ = actix_web::App::new().route("/orders", actix_web::web::post().to(order));
//! ```
//!
//! With the feature `actix-web-http2` the server speaks HTTP/2 cleartext as well, as `HttpServer::bind_auto_h2c` does. With
//! that it waits for the first byte of a connection without an end, which the [`header_timeout`](crate::Lodger::header_timeout)
//! does not shorten, and which takes the whole [`grace`](crate::Lodger::grace) at the end.

#[cfg(feature = "server")]
mod admit;
#[cfg(feature = "server")]
mod in_flight;
#[cfg(feature = "lambda")]
mod polled;
#[cfg(feature = "lambda")]
mod request;
#[cfg(feature = "lambda")]
mod response;
#[cfg(feature = "server")]
mod served;
#[cfg(feature = "lambda")]
mod thread;

use std::{fmt, marker::PhantomData};

use actix_http::{Request, Response, body::MessageBody};
use actix_service::{IntoServiceFactory, ServiceFactory};
use actix_web::dev::AppConfig;

use crate::{Error, Run};

/// Marks what is an app by being a closure that makes an actix-web `App`.
pub struct Marker<I, S, B> {
    _app: PhantomData<fn() -> I>,
    _service: PhantomData<fn() -> S>,
    _body: PhantomData<fn() -> B>,
}

impl<I, S, B> fmt::Debug for Marker<I, S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marker")
    }
}

impl<F, I, S, B> Run<Marker<I, S, B>> for F
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig, Response: Into<Response<B>>, Error: Into<actix_web::Error>>
        + 'static,
    S::InitError: fmt::Debug,
    B: MessageBody + 'static,
{
    #[cfg(feature = "server")]
    async fn serve(self, listening: crate::server::Server) -> Result<(), Error> {
        let (listener, socket) = listening.into_external()?;
        served::serve(self, listener, socket).await
    }

    #[cfg(feature = "lambda")]
    async fn poll(self, polling: crate::lambda::Runtime) -> Result<(), Error> {
        polled::poll(self, polling).await
    }
}
