//! Apps of [hyper](https://docs.rs/hyper) 1: services over `Request<lodger::Body>`, or over requests with any body.
//!
//! A service that was written over hyper's own `Incoming` changes that one type: nothing but a hyper connection can make
//! an `Incoming`, and not every host has one. An error becomes a response with the status 500 and a line in the log.
//!
//! ```no_run
//! use hyper::service::service_fn;
//! use http::{Request, Response};
//! use lodger::{Body, Error};
//!
//! async fn hello(request: Request<Body>) -> Result<Response<Body>, Error> {
//!     Ok(Response::new(format!("you asked for {}", request.uri().path()).into()))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     lodger::run(service_fn(hello)).await
//! }
//! ```

use ::hyper::service::Service;
use bytes::Bytes;
use http::Response;

use crate::{
    App, BoxError, Error, Request, Run,
    response::{Body, OrServerError},
};

/// Marks what is an app by being a hyper service.
#[derive(Debug)]
pub enum Marker {}

impl<S, B> Run<Marker> for S
where
    S: Service<Request, Response = Response<B>, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    #[cfg(feature = "server")]
    async fn serve(self, listening: crate::server::Server) -> Result<(), Error> {
        listening.serve(Hyper(self)).await
    }

    #[cfg(feature = "lambda")]
    async fn poll(self, polling: crate::lambda::Runtime) -> Result<(), Error> {
        polling.answer_on_any_thread(Hyper(self)).await
    }
}

#[derive(Clone)]
struct Hyper<S>(S);

impl<S, B> App for Hyper<S>
where
    S: Service<Request, Response = Response<B>, Error: Into<BoxError>> + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + 'static,
{
    type Body = Body<B>;
    type Future = OrServerError<S::Future>;

    fn call(&self, request: Request) -> Self::Future {
        OrServerError { future: self.0.call(request) }
    }
}
