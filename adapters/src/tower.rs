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
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http::{Response, Version};
use http_body_util::Either;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    Error, Request,
    adapter::{App, BoxError, FallibleBody, Run, Runner, into_response, server_error},
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
    type Future = ServiceCall<S>;

    #[allow(unused_mut, reason = "each version of axum is a feature")]
    fn call(&self, mut request: Request) -> Self::Future {
        #[cfg(feature = "axum")]
        crate::axum::insert_connect_info(&mut request);
        #[cfg(feature = "axum-07")]
        crate::axum_07::insert_connect_info(&mut request);
        ServiceCall::new(self.0.clone(), request)
    }
}

pin_project! {
    /// One call of a service: waits until the service is ready, then calls it.
    #[project = ServiceCallProjection]
    pub(crate) enum ServiceCall<S: Service<Request>> {
        Waiting { service: S, request: Option<Request> },
        Called { #[pin] response: S::Future },
        Failed { error: Option<BoxError> },
    }
}

impl<S: Service<Request, Error: Into<BoxError>>> ServiceCall<S> {
    /// Calls a service that is ready at once, such as a router. Otherwise the future waits until the service is ready.
    ///
    /// Waiting moves the request twice more: 60 of 15,700 instructions.
    ///
    /// Not for HTTP/2, where this is the task of the connection: a service that panics or blocks would affect all of its requests.
    fn new(mut service: S, request: Request) -> Self {
        if request.version() == Version::HTTP_2 {
            return Self::Waiting { service, request: Some(request) };
        }
        match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Self::Called { response: service.call(request) },
            Poll::Ready(Err(error)) => Self::Failed { error: Some(error.into()) },
            // The future polls again, with its own waker.
            Poll::Pending => Self::Waiting { service, request: Some(request) },
        }
    }
}

impl<S, B> Future for ServiceCall<S>
where
    S: Service<Request, Response = Response<B>, Error: Into<BoxError>>,
{
    type Output = Response<FallibleBody<B>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let response = match self.as_mut().project() {
                ServiceCallProjection::Called { response } => return response.poll(cx).map(into_response),
                ServiceCallProjection::Waiting { service, request } => {
                    match (ready!(service.poll_ready(cx)), request.take()) {
                        (Ok(()), Some(request)) => service.call(request),
                        (Err(error), _) => return Poll::Ready(server_error(error).map(Either::Right)),
                        // Cannot happen: the next state is `Called`.
                        (Ok(()), None) => return Poll::Pending,
                    }
                }
                // Like every future, this one returns its value once.
                ServiceCallProjection::Failed { error } => match error.take() {
                    Some(error) => return Poll::Ready(server_error(error).map(Either::Right)),
                    None => return Poll::Pending,
                },
            };
            self.set(Self::Called { response });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, ready};

    use http_body_util::Full;

    use super::*;

    /// A service that is ready at the given poll, or fails there.
    #[derive(Clone)]
    struct Slow {
        polls_left: u32,
        fails: bool,
    }

    impl Service<Request> for Slow {
        type Response = Response<Full<Bytes>>;
        type Error = &'static str;
        type Future = Ready<Result<Self::Response, Self::Error>>;

        fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            if let Some(left) = self.polls_left.checked_sub(1) {
                self.polls_left = left;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(if self.fails { Err("not ready") } else { Ok(()) })
        }

        fn call(&mut self, _: Request) -> Self::Future {
            assert_eq!(self.polls_left, 0, "called before it is ready");
            ready(Ok(Response::new(Full::from("called"))))
        }
    }

    #[tokio::test]
    async fn waits_until_the_service_is_ready() {
        for polls_left in 0..3 {
            for (fails, status) in [(false, 200), (true, 500)] {
                let response = TowerApp(Slow { polls_left, fails }).call(Request::default()).await;
                assert_eq!(response.status(), status, "{polls_left} polls");
            }
        }
    }

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
