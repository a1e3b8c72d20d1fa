//! From lambda_http and lambda-web to Lodger, side by side.
//!
//! The app becomes the router or the service itself, and the choice between a function and a server goes away. Remove
//! `lambda_http` from `Cargo.toml`.
//!
//! A `main` that passes a `Router` to `lambda_http::run` changes in one line. A handler for `service_fn` becomes a handler of
//! the framework: extractors replace the argument `lambda_http::Request`, and a response of the framework replaces the
//! `lambda_http::Error`. Before:
//!
//! ```text
//! use lambda_http::{Error, IntoResponse, Request, RequestExt, service_fn};
//!
//! async fn hello(request: Request) -> Result<impl IntoResponse, Error> {
//!     let query = request.query_string_parameters();
//!     let name = query.first("name").unwrap_or("stranger");
//!     Ok(format!("hello {name}"))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     lambda_http::run(service_fn(hello)).await
//! }
//! ```
//!
//! And after:
//!
//! ```no_run
//! use axum::{Router, extract::Query, routing::get};
//! use std::collections::HashMap;
//!
//! async fn hello(Query(query): Query<HashMap<String, String>>) -> String {
//!     let name = query.get("name").map_or("stranger", |name| name.as_str());
//!     format!("hello {name}")
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     lodger::run(Router::new().route("/", get(hello))).await
//! }
//! ```
//!
//! A handler that reads the method and the path itself becomes the fallback of a router: `Router::new().fallback(handler)`,
//! with `axum::extract::Request` as its argument.
//!
//! # Functions and types
//!
//! | lambda_http | Lodger |
//! |---|---|
//! | `run(router)` | [`lodger::run(router)`](crate::run) |
//! | `run_concurrent(router)` | the same: Lambda sets the concurrency with `AWS_LAMBDA_MAX_CONCURRENCY` |
//! | `run_with_streaming_response(router)`, `run_with_streaming_response_concurrent(router)` | the same, with [`Lodger::response_mode`] or `LODGER_RESPONSE_MODE=stream` |
//! | `service_fn(handler)` | a route of the framework. With the feature `tower`, `tower::service_fn(handler)` over [`lodger::Request`](crate::Request) is an app |
//! | `Runtime` with tower layers | the layers of the framework, such as `Router::layer` |
//! | `Request` | the request of the framework, or [`lodger::Request`](crate::Request) |
//! | `Body` (`Empty`, `Text`, `Binary`) | the body of the framework, or [`lodger::Body`](crate::Body). Lodger chooses text or base64 for the reply |
//! | `Response`, `IntoResponse` | the responses of the framework: `IntoResponse` in axum, `Responder` in actix-web, `Reply` in warp |
//! | `Error` | the errors of the framework; `run` returns [`lodger::Error`](crate::Error) |
//! | `http`, `tower`, `aws_lambda_events` | the same crates as dependencies of the app |
//! | `tracing::init_default_subscriber()` | `lodger::logs::init()?`, with the feature `logs` |
//! | `spawn_graceful_shutdown_handler(..)` | [`Lodger::sigterm`], and code after `run` |
//! | `request::from_str(..)` in a test | the crate `lodger-gateway`: a `Front` makes the event of a request |
//! | routes that begin with the stage, `AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH` | routes without the stage: Lodger removes it ([`Lodger::stage`]) |
//!
//! # `RequestExt` and `RequestPayloadExt`
//!
//! | method | Lodger |
//! |---|---|
//! | `request_context()`, `request_context_ref()` | [`lambda::RequestContext`] as an [extractor](crate#extractors) or an extension |
//! | `lambda_context()`, `lambda_context_ref()` | [`lambda::Context`] as an [extractor](crate#extractors) or an extension |
//! | `path_parameters()`, `path_parameters_ref()` | the path extractor of the framework, such as `Path` in axum; for the route of an API `RequestContext::path_parameter` |
//! | `query_string_parameters()`, `query_string_parameters_ref()` | the query extractor of the framework, such as `Query` in axum |
//! | `stage_variables()`, `stage_variables_ref()` | `RequestContext::stage_variable` |
//! | `raw_http_path()` | the path of the request's URI, after the removed stage, which is the [`PathPrefix`]. With [`Stage::Keep`](crate::Stage::Keep), the path as the event has it |
//! | `payload()`, `json()`, `form_url_encoded()` | the body extractors of the framework, such as `Json` and `Form` in axum |
//! | `with_request_context(..)` and the other `with_` methods, for tests | a request with the extension inserted, or an event from `lodger-gateway` |
//!
//! A handler takes the contexts as arguments: `async fn handler(context: lambda::Context)` in axum and actix-web. They are not on
//! every host, and a request without the context gets the response 500. `Option<lambda::Context>` works on every host.
//!
//! # `RequestContext`
//!
//! lambda_http has one variant for each front. [`lambda::RequestContext`] has accessors that work for all fronts, without serde:
//!
//! | lambda_http, for an HTTP API | Lodger |
//! |---|---|
//! | `context.apiid`, `context.stage`, `context.account_id`, `context.domain_name` | `context.api_id()`, `context.stage()`, `context.account_id()`, `context.domain_name()` |
//! | `context.route_key` | `context.route()` |
//! | claims and scopes of a JWT in `context.authorizer` | `context.claim(..)`, `context.scopes()` |
//! | values of a Lambda authorizer in `context.authorizer` | `context.authorizer_value(..)` |
//! | the ARN of an IAM identity in `context.authorizer` | `context.iam_arn()` |
//! | `context.authentication.client_cert` | `context.client_certificate()` |
//! | `context.connection_id` of a WebSocket API | `context.connection_id()` |
//! | any other field | `context.get(..)`; or `context.parse::<T>()` with the feature `serde`, where `T` is your type or the type of `aws_lambda_events` |
//!
//! # `Context`
//!
//! | lambda_http | Lodger |
//! |---|---|
//! | `request_id`, `invoked_function_arn`, `client_context` | `request_id()`, `invoked_function_arn()`, `client_context()`; the last is JSON |
//! | `deadline` in milliseconds | `deadline()`, a `SystemTime`; `remaining_time()` |
//! | `xray_trace_id` | `trace_id()`, and the header `x-amzn-trace-id` of the request |
//! | `identity` | `cognito_identity()`, JSON |
//! | `env_config` | variables of the environment, such as `AWS_LAMBDA_FUNCTION_NAME` |
//!
//! # lambda-web
//!
//! | lambda-web | Lodger |
//! |---|---|
//! | `if is_running_on_lambda() { run_actix_on_lambda(factory).await } else { HttpServer::new(factory).. }` | [`lodger::run(factory)`](crate::run) |
//! | `run_hyper_on_lambda(service)` | [`lodger::run(service)`](crate::run), with the feature `hyper` or `tower` |
//! | the feature `br`, on by default | the compression of the framework: `Compress` in actix-web, `CompressionLayer` of tower-http |
//!
//! [`Lodger::response_mode`]: crate::Lodger::response_mode
//! [`Lodger::sigterm`]: crate::Lodger::sigterm
//! [`Lodger::stage`]: crate::Lodger::stage
//! [`PathPrefix`]: crate::PathPrefix
//! [`lambda::Context`]: crate::lambda::Context
//! [`lambda::RequestContext`]: crate::lambda::RequestContext
