//! Apps of [tower](https://docs.rs/tower) 0.5: services over `Request<lodger::Body>`, or services that are generic over the body.
//!
//! Each request gets a clone of the service. The clone that reports that it is ready is the one that is called. An
//! error of the service is logged and becomes a response with the status 500. Facts about the host and the request are
//! [extensions of the request](crate::Request).
//!
//! ```no_run
//! use http::{Request, Response};
//! use lodger::{Body, Error};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let service = tower::service_fn(async |request: Request<Body>| {
//!         let text = format!("path {}", request.uri().path());
//!         Ok::<_, Error>(Response::new(Body::from(text)))
//!     });
//!     lodger::run(service).await
//! }
//! ```

use std::{
    any::{TypeId, type_name},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::Response;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    Error, Request,
    adapter::{App, BoxError, FallibleBody, FallibleResponse, Run, Runner},
};

/// The marker of tower services.
#[derive(Debug)]
pub enum TowerMarker {}

impl<S, B> Run<TowerMarker> for S
where
    S: Service<Request, Response = Response<B>, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        warn_of_a_router_without_its_feature::<S>();
        #[cfg(feature = "axum")]
        let service = crate::axum::with_routes(self);
        #[cfg(not(feature = "axum"))]
        let service = self;
        #[cfg(feature = "axum-07")]
        let service = crate::axum_07::with_routes(service);
        runner.run(TowerApp(service)).await
    }
}

/// Warns if `S` is a `Router` of a version of axum whose feature is off. The router runs, but its handlers get no
/// `ConnectInfo`.
fn warn_of_a_router_without_its_feature<S: 'static>() {
    if is_router_without_its_feature(type_name::<S>(), TypeId::of::<S>()) {
        lodger_core::log(
            tracing::Level::WARN,
            format_args!(
                "cannot insert `ConnectInfo` into requests for this axum `Router`: the feature for its version of axum is off; \
                 turn on `axum` for axum 0.8, or `axum-07` for axum 0.7"
            ),
        );
    }
}

fn is_router_without_its_feature(name: &str, _id: TypeId) -> bool {
    #[cfg(feature = "axum")]
    if _id == TypeId::of::<::axum::Router>() {
        return false;
    }
    #[cfg(feature = "axum-07")]
    if _id == TypeId::of::<::axum_07::Router>() {
        return false;
    }
    name.starts_with("axum::routing::Router")
}

/// A tower service as an [`App`].
#[derive(Clone)]
pub(crate) struct TowerApp<S>(pub(crate) S);

impl<S, B> App for TowerApp<S>
where
    S: Service<Request, Response = Response<B>, Error: Into<BoxError>> + Clone + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + 'static,
{
    type Body = FallibleBody<B>;
    type Future = FallibleResponse<Oneshot<S>>;

    #[allow(unused_mut, reason = "each version of axum is a feature")]
    fn call(&self, mut request: Request) -> Self::Future {
        #[cfg(feature = "axum")]
        crate::axum::insert_connect_info(&mut request);
        #[cfg(feature = "axum-07")]
        crate::axum_07::insert_connect_info(&mut request);
        FallibleResponse::new(Oneshot::Waiting { service: self.0.clone(), request: Some(request) })
    }
}

pin_project! {
    /// One call of a service: waits until the service is ready, then calls it.
    #[project = OneshotProjection]
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
                OneshotProjection::Called { response } => return response.poll(cx),
                OneshotProjection::Waiting { service, request } => {
                    ready!(service.poll_ready(cx))?;
                    // `None` cannot happen: the next state is `Called`.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn is_warned_of<S: 'static>() -> bool {
        is_router_without_its_feature(type_name::<S>(), TypeId::of::<S>())
    }

    #[test]
    fn warns_only_of_routers_of_versions_whose_feature_is_off() {
        assert_eq!(is_warned_of::<::axum::Router>(), cfg!(not(feature = "axum")));
        assert_eq!(is_warned_of::<::axum_07::Router>(), cfg!(not(feature = "axum-07")));
        assert!(is_router_without_its_feature(type_name::<::axum::Router>(), TypeId::of::<u8>()));
        assert!(!is_warned_of::<u8>());
    }
}
