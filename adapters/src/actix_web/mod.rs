//! Apps of [actix-web](https://docs.rs/actix-web) 4: a closure that returns an `App`, as `HttpServer::new` takes one.
//!
//! On a server, on Vercel, on Lambda Web Functions and on Azure Functions, actix's own `HttpServer` runs the app, with a worker for each processor. Lodger's
//! settings determine the address and the shutdown. On Lambda, Lodger builds one app on a thread of its own and calls
//! it in process. On Managed Instances, there is one app for each processor. On Azure Functions, Lodger calls such apps if
//! a function of `function.json` has more bindings than one HTTP trigger and one HTTP output.
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
//! `#[tokio::main]` works too.
//!
//! # Extractors
//!
//! Facts about the host and the request, such as [`lambda::Context`](crate::lambda::Context), are
//! [extractors](crate#extractors). Middleware finds the same values in the extensions of the request. The client's
//! address is also the peer address of the request, on every host:
//!
//! ```
//! use actix_web::{Responder, dev::PeerAddr};
//! use lodger::lambda;
//!
//! async fn client(PeerAddr(client): PeerAddr, context: Option<lambda::Context>) -> impl Responder {
//!     match context {
//!         Some(context) => format!("{client}, request {}", context.request_id()),
//!         None => client.to_string(),
//!     }
//! }
//! # let _ = actix_web::App::new().route("/", actix_web::web::get().to(client));
//! ```
//!
//! Behind [proxies](crate::Lodger::proxies), all of these contain the address from the header of the proxy.
//! `ConnectionInfo::realip_remote_addr` does not: it reads the first entry of `X-Forwarded-For`, which a client can choose.
//!
//! # Work after the response
//!
//! [Work after the response](crate::AfterResponse) has to be `Send`. On a server, such work runs where `run` is
//! awaited, and may outlive the worker. On Lambda, the thread of the app runs the work. Hooks around a snapshot and
//! before a freeze have to be `Send` too.
//!
//! `actix_web::rt::spawn` panics in such work. To run a task that is not `Send`, spawn the task in the handler and wait
//! for the result in the work. The task starts before the response is sent. On a server, the task ends with the worker:
//!
//! ```
//! use actix_web::{Responder, rt};
//! use lodger::AfterResponse;
//!
//! async fn order(after: AfterResponse) -> impl Responder {
//!     let notified = rt::spawn(async { /* notify the kitchen, with a client of actix's */ });
//!     after.run(async { drop(notified.await) });
//!     "your order is on its way"
//! }
//! # let _ = actix_web::App::new().route("/orders", actix_web::web::post().to(order));
//! ```
//!
//! # Limits
//!
//! - **On Vercel**, actix's server rejects a request with more than 96 headers, including headers of the platform.
//!   Lodger cannot read the id of such a request, so that the platform waits until the function times out. No setting
//!   changes this.
//! - **With the feature `actix-web-http2`**, the server accepts HTTP/2 cleartext too, as `HttpServer::bind_auto_h2c`
//!   does. The server then waits without limit for the first byte of a connection:
//!   [`header_timeout`](crate::Lodger::header_timeout) does not apply. Such a connection makes the shutdown take the
//!   whole [grace period](crate::Lodger::grace).

mod app_factory;
#[cfg(any(feature = "server", feature = "lambda"))]
mod extensions;
#[cfg(feature = "server")]
mod middleware;
#[cfg(any(feature = "azure-functions", feature = "lambda"))]
mod request;
#[cfg(feature = "server")]
mod request_count;
#[cfg(any(feature = "azure-functions", feature = "lambda"))]
mod response;
#[cfg(feature = "server")]
mod server;
#[cfg(any(feature = "azure-functions", feature = "lambda"))]
mod service_app;
#[cfg(feature = "lambda")]
mod thread;
#[cfg(feature = "server")]
mod tracked_body;
#[cfg(feature = "lambda")]
mod worker;

use std::{fmt, marker::PhantomData};

use actix_http::{Request, body::MessageBody};
use actix_service::IntoServiceFactory;

use self::app_factory::AppFactory;
use crate::{
    Error,
    adapter::{Run, Runner, runner::Source},
};

/// The marker of closures that return an actix-web `App`.
pub struct ActixMarker<I, S, B> {
    _app: PhantomData<fn() -> I>,
    _service: PhantomData<fn() -> S>,
    _body: PhantomData<fn() -> B>,
}

impl<I, S, B> fmt::Debug for ActixMarker<I, S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActixMarker")
    }
}

impl<F, I, S, B> Run<ActixMarker<I, S, B>> for F
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: AppFactory<B>,
    B: MessageBody + 'static,
{
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        match runner.0 {
            // Only Lodger's server decodes messages of Azure Functions.
            #[cfg(feature = "azure-functions")]
            Source::Socket(socket) if socket.sends_messages() => {
                Runner::on_socket(*socket).run_local(async move || service_app::build(self.clone()).await).await
            }
            #[cfg(feature = "server")]
            Source::Socket(socket) => server::serve(self, *socket).await,
            #[cfg(feature = "lambda")]
            Source::Events(runtime) => worker::run(self, *runtime).await,
        }
    }
}
