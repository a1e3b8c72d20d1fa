//! Apps of [axum](https://docs.rs/axum) 0.8: a `Router`, unchanged.
//!
//! Handlers extract the client's address as `ConnectInfo<SocketAddr>`, the same way as under axum's own server. Other
//! facts about the host and the request are [extractors](crate#extractors) too:
//!
//! ```no_run
//! use axum::{Router, extract::ConnectInfo, routing::get};
//! use lodger::lambda;
//! use std::net::SocketAddr;
//!
//! async fn client(ConnectInfo(addr): ConnectInfo<SocketAddr>, context: Option<lambda::Context>) -> String {
//!     match context {
//!         Some(context) => format!("{addr}, request {}", context.request_id()),
//!         None => addr.to_string(),
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     lodger::run(Router::new().route("/", get(client))).await
//! }
//! ```
//!
//! A layer finds the same values as extensions of the request. For a `ConnectInfo` of another type, add a layer that
//! inserts it, made from the extension [`ClientAddr`](crate::ClientAddr).
//!
//! A router without its state is not an app: call `with_state` first. `axum::serve` requires this too.

crate::axum_any::adapter!(axum);

/// Makes an app from a tower service over `axum::body::Body`, such as a router in a layer that has to run before
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
