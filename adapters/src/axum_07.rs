//! Apps of [axum](https://docs.rs/axum/0.7) 0.7: a `Router`, unchanged.
//!
//! The documentation of [`axum`](mod@crate::axum) applies to axum 0.7 too, with the feature `axum-07` and the items of
//! this module. Both features may be on at the same time, such as while a workspace moves from one version to the
//! other.
//!
//! With `axum = "0.7"` in your `Cargo.toml`, the crate is called `axum` in your code. The examples here call it
//! `axum_07`.
//!
//! ```no_run
//! use axum_07::{Router, extract::ConnectInfo, routing::get};
//! use std::net::SocketAddr;
//!
//! async fn client(ConnectInfo(client): ConnectInfo<SocketAddr>) -> String {
//!     client.to_string()
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     lodger::run(Router::new().route("/", get(client))).await
//! }
//! ```

crate::axum_any::adapter!(axum_07);

/// Makes an app from a tower service over the `axum::body::Body` of axum 0.7, such as a router in a layer that has to
/// run before routing.
///
/// # Example
///
/// ```
/// use axum_07::{Router, extract::Request, middleware::map_request, routing::get};
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
/// let app = lodger::axum_07::service(map_request(rewrite).layer(router));
/// let run = lodger::run(app);
/// ```
pub fn service<S>(service: S) -> Service<S>
where
    S: TowerService<Request>,
{
    Service(service)
}
