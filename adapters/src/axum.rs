//! Apps of [axum](https://docs.rs/axum) 0.8: a `Router`, as it is.
//!
//! Handlers find what the host knows where axum's own server would have put it, or among the extensions:
//!
//! ```no_run
//! use axum::{Extension, Router, extract::ConnectInfo, routing::get};
//! use lodger::lambda;
//! use std::net::SocketAddr;
//!
//! async fn who(
//!     ConnectInfo(client): ConnectInfo<SocketAddr>,
//!     context: Option<Extension<lambda::Context>>,
//! ) -> String {
//!     match context {
//!         Some(Extension(context)) => format!("{client}, in the request {}", context.request_id()),
//!         None => client.to_string(),
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     lodger::run(Router::new().route("/", get(who))).await
//! }
//! ```
//!
//! A `ConnectInfo` of another type than `SocketAddr` is made by a layer of yours, from the extension
//! [`ClientAddr`].
//!
//! A router that still misses its state is no app yet, as it is none for `axum::serve`: give it with `with_state`.

use std::task::{Context, Poll};

use ::axum::{body::Body, extract::ConnectInfo};
use tower_service::Service as TowerService;

use crate::{ClientAddr, Request};

/// Makes an app of a tower service over `axum::body::Body`, such as a router inside a layer that has to come before
/// routing.
///
/// # Example
///
/// ```
/// use axum::{Router, extract::Request, middleware::map_request, routing::get};
/// use tower::Layer;
///
/// async fn rewrite(mut request: Request) -> Request {
///     if request.uri().path() == "/old" {
///         *request.uri_mut() = "/new".parse().unwrap();
///     }
///     request
/// }
///
/// let router = Router::new().route("/new", get(|| async { "here" }));
/// let app = lodger::axum::service(map_request(rewrite).layer(router));
/// let run = lodger::run(app);
/// ```
pub fn service<S>(service: S) -> Service<S>
where
    S: TowerService<::axum::extract::Request>,
{
    Service(service)
}

/// A service over `axum::body::Body` that takes any request; made by [`service()`].
#[derive(Debug, Clone)]
pub struct Service<S>(S);

impl<S> TowerService<Request> for Service<S>
where
    S: TowerService<::axum::extract::Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        self.0.call(request.map(Body::new))
    }
}

/// Tells handlers who the client is, as `into_make_service_with_connect_info` does.
pub(crate) fn with_connect_info(mut request: Request) -> Request {
    if let Some(&ClientAddr(client)) = request.extensions().get() {
        request.extensions_mut().insert(ConnectInfo(client));
    }
    request
}
