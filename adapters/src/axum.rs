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
//! [`ClientAddr`](crate::ClientAddr).
//!
//! A router that still misses its state is no app yet, as it is none for `axum::serve`: give it with `with_state`.

crate::axum_any::adapter!(axum);

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
    S: TowerService<Request>,
{
    Service(service)
}
