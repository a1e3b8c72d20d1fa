//! Apps of [hyper](https://docs.rs/hyper) 1: services over `Request<lodger::Body>`, or services that are generic over the body.
//!
//! In a service that was written over `hyper::body::Incoming`, replace that type with [`lodger::Body`](crate::Body).
//! Only a connection of hyper can make an `Incoming`, and not every host has such connections. Facts about the host and the
//! request are [extensions of the request](crate::Request). An error of the service
//! is logged and becomes a response with the status 500.
//!
//! ```no_run
//! use hyper::service::service_fn;
//! use http::{Request, Response};
//! use lodger::{Body, Error};
//!
//! async fn hello(request: Request<Body>) -> Result<Response<Body>, Error> {
//!     Ok(Response::new(format!("path {}", request.uri().path()).into()))
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
    Error, Request,
    adapter::{App, BoxError, FallibleBody, FallibleResponse, Run, Runner},
};

/// The marker of hyper services.
#[derive(Debug)]
pub enum HyperMarker {}

impl<S, B> Run<HyperMarker> for S
where
    S: Service<Request, Response = Response<B>, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        runner.run(HyperApp(self)).await
    }
}

/// A hyper service as an [`App`].
#[derive(Clone)]
struct HyperApp<S>(S);

impl<S, B> App for HyperApp<S>
where
    S: Service<Request, Response = Response<B>, Error: Into<BoxError>> + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + 'static,
{
    type Body = FallibleBody<B>;
    type Future = FallibleResponse<S::Future>;

    fn call(&self, request: Request) -> Self::Future {
        FallibleResponse::new(self.0.call(request))
    }
}
