//! From vercel_runtime to Lodger, side by side.
//!
//! The app becomes the router or the service itself. Remove `vercel_runtime` from `Cargo.toml`: Vercel's builder looks for this
//! dependency, and would treat the binary as one of its own kind.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use lodger::AfterResponse;
//!
//! async fn hello(after: AfterResponse) -> &'static str {
//!     // Before: state.wait_until(async { .. })
//!     after.run(async { /* send a message to a queue */ });
//!     "hello"
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     // Before: vercel_runtime::run(ServiceBuilder::new().layer(VercelLayer::new()).service(router)).await
//!     lodger::run(Router::new().route("/api/hello", get(hello))).await
//! }
//! ```
//!
//! | vercel_runtime | Lodger |
//! |---|---|
//! | `run(service)` | [`lodger::run(app)`](crate::run) |
//! | `service_fn(handler)` | a route of the framework. With the feature `tower`, `tower::service_fn(handler)` over [`lodger::Request`](crate::Request) is an app |
//! | `axum::VercelLayer`, `axum::StreamingLayer` | nothing: the `Router` is the app, and every response is streamed |
//! | `axum::stream_response(generator)` | a body of the framework that is a stream, such as `axum::body::Body::from_stream` |
//! | `actix::VercelLayer`, `actix::handler_fn(handler)` | `lodger::run(\|\| App::new()..)`, with the feature `actix-web` |
//! | `AppState` as an argument of a handler | [extractors](crate#extractors) |
//! | `AppState::wait_until(future)` | [`AfterResponse::run`](crate::AfterResponse::run), by an extractor. The work begins after the response |
//! | `wait_until` of work that the handler also needs | `let task = tokio::spawn(..)`, and `after.run(async { drop(task.await) })` |
//! | `AppState::log_context.info(..)`, `.warn(..)`, `.error(..)`, `.debug(..)` | the macros of `tracing`, after `lodger::logs::init()?` with the feature `logs`. `RUST_LOG=debug` turns `debug` on |
//! | `Request`, `Response`, `ResponseBody` | the types of the framework, or [`lodger::Request`](crate::Request) and [`lodger::Body`](crate::Body) |
//! | `IntoFunctionResponse`, `Html` | the responses of the framework: `IntoResponse` in axum, `Responder` in actix-web, `Reply` in warp |
//! | `Error` | the errors of the framework; `run` returns [`lodger::Error`](crate::Error) |
//! | the header `x-vercel-internal-invocation-id` | [`vercel::Context::invocation_id`](crate::vercel::Context::invocation_id) |
//! | one function for each file under `api/` | one binary with one router. The crate `lodger-routes` makes an axum router from a folder of files |
