//! Apps of [tower](https://docs.rs/tower): services over `Request<lodger::Body>`, or over requests with any body.
//!
//! A service is cloned for each request. The clone that said that it is ready is the one that is called, and an error
//! becomes a response with the status 500 and a line in the log.
//!
//! ```no_run
//! use http::{Request, Response};
//! use lodger::{Body, Error};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let service = tower::service_fn(async |request: Request<Body>| {
//!         let words = format!("you asked for {}", request.uri().path());
//!         Ok::<_, Error>(Response::new(Body::from(words)))
//!     });
//!     lodger::run(service).await
//! }
//! ```

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::Response;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    App, BoxError, Error, Request, Run,
    response::{Body, OrServerError},
};

/// Marks what is an app by being a tower service.
#[derive(Debug)]
pub enum Marker {}

#[diagnostic::do_not_recommend]
impl<S, B> Run<Marker> for S
where
    S: Service<Request, Response = Response<B>, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    #[cfg(feature = "server")]
    async fn serve(self, listening: crate::server::Listening) -> Result<(), Error> {
        listening.serve(Tower(self)).await
    }

    #[cfg(feature = "lambda")]
    async fn poll(self, polling: crate::lambda::Polling) -> Result<(), Error> {
        polling.answer_on_any_thread(Tower(self)).await
    }
}

#[derive(Clone)]
pub(crate) struct Tower<S>(pub(crate) S);

impl<S, B> App for Tower<S>
where
    S: Service<Request, Response = Response<B>, Error: Into<BoxError>> + Clone + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + 'static,
{
    type Body = Body<B>;
    type Future = OrServerError<Oneshot<S>>;

    fn call(&self, request: Request) -> Self::Future {
        #[cfg(feature = "axum")]
        let request = crate::axum::with_connect_info(request);
        OrServerError { future: Oneshot::Waiting { service: self.0.clone(), request: Some(request) } }
    }
}

pin_project! {
    /// One call of a service: waits until it is ready, then calls it.
    #[project = Step]
    pub(crate) enum Oneshot<S: Service<Request>> {
        Waiting { service: S, request: Option<Request> },
        Called { #[pin] response: S::Future },
    }
}

impl<S: Service<Request>> Future for Oneshot<S> {
    type Output = Result<S::Response, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let response = match self.as_mut().project() {
                Step::Called { response } => return response.poll(cx),
                Step::Waiting { service, request } => {
                    ready!(service.poll_ready(cx))?;
                    // It is taken once: what follows is `Called`.
                    let Some(request) = request.take() else {
                        return Poll::Pending;
                    };
                    service.call(request)
                }
            };
            self.set(Self::Called { response });
        }
    }
}
