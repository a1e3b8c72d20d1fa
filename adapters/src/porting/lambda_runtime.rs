//! From lambda_runtime and lambda-extension to Lodger, side by side.
//!
//! A handler of lambda_runtime moves over by its imports. Remove `lambda_runtime` from `Cargo.toml`, and add
//! `lodger = { version = "0.1", features = ["events"] }`. Before:
//!
//! ```text
//! use aws_lambda_events::sqs::SqsEvent;
//! use lambda_runtime::{Error, LambdaEvent, service_fn};
//!
//! async fn handler(event: LambdaEvent<SqsEvent>) -> Result<usize, Error> {
//!     println!("request {}", event.context.request_id);
//!     Ok(event.payload.records.len())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     lambda_runtime::run(service_fn(handler)).await
//! }
//! ```
//!
//! And after:
//!
//! ```no_run
//! use lodger::lambda::{Error, LambdaEvent, events::sqs::SqsEvent, service_fn};
//!
//! async fn handler(event: LambdaEvent<SqsEvent>) -> Result<usize, Error> {
//!     println!("request {}", event.context.request_id());
//!     Ok(event.payload.records.len())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     Ok(lodger::run(service_fn(handler)).await?)
//! }
//! ```
//!
//! A function that handles events *and* HTTP requests passes its router to `run`, and its handlers to [`Lodger::on`].
//!
//! # lambda_runtime 1.5
//!
//! Every public item:
//!
//! | lambda_runtime | Lodger |
//! |---|---|
//! | `run(service)` | [`lodger::run(service)`](crate::run). The service is `Clone + Send`, and its future `Send`; `main` returns `Ok(run(..).await?)`, because the error has another type |
//! | `run_concurrent(service)`, feature `concurrency-tokio` | the same: Lambda sets the concurrency with `AWS_LAMBDA_MAX_CONCURRENCY` |
//! | `service_fn(handler)`, `tower::service_fn` | [`lambda::service_fn`], or `tower::service_fn` |
//! | `handler_fn(handler)`, deprecated | [`lambda::service_fn`] |
//! | `Service`, `tower` | the crate `tower` as a dependency of yours |
//! | `LambdaEvent<T>`: `payload`, `context`, `new`, `into_parts` | [`lambda::LambdaEvent`], with the same members |
//! | `Error` | [`lambda::Error`] |
//! | `Context` | [`lambda::Context`], [below](#context) |
//! | `Config` | variables of the environment, such as `AWS_LAMBDA_FUNCTION_NAME` |
//! | `Diagnostic { error_type, error_message }` | [`lambda::Diagnostic::new`]; it is an error, with a source |
//! | `diagnostic` (`From` of `anyhow`, `eyre`, `miette` with features) | none needed: any error that converts into `Box<dyn Error + Send + Sync>` |
//! | an error with `From<MyError> for Diagnostic` | the same with `?`, or [`lambda::IntoErrorReport`] for the error |
//! | `IntoFunctionResponse`, `FunctionResponse` | [`lambda::IntoResult`]: any `Serialize` value, or a stream |
//! | `StreamResponse`, `streaming::Response` | [`lambda::StreamResponse`] |
//! | `streaming::{channel, Body, Sender}` | [`Body::from_stream`](crate::Body::from_stream), with the channel of your choice |
//! | `MetadataPrelude` | an app: Lodger writes the status, headers and cookies of its responses into the prelude |
//! | `Runtime::new(service).layer(layer).run()` | `tower::ServiceBuilder`, and [`lodger::run`](crate::run) |
//! | `Runtime::run_concurrent` | [`lodger::run`](crate::run) |
//! | `Runtime::is_snapstart`, `Runtime::register_snapstart_resource` | [`Lodger::before_snapshot`], [`Lodger::after_restore`] |
//! | `SnapStartResource`, `snapstart`, `BoxFuture` | the closures of these methods |
//! | `LambdaInvocation` | [`lambda::Event`] and [`lambda::Context`], the arguments of [`lambda::FromEvent`] |
//! | `layers::TracingLayer`, `layers::trace::{TracingService, request_span}` | none needed: Lodger opens a span for each invocation, [fields](crate::docs::logging) |
//! | `layers::{OpenTelemetryLayer, OpenTelemetryFaasTrigger}`, feature `opentelemetry` | [`Lodger::before_freeze`], which flushes the exporter; `examples/opentelemetry` |
//! | `tracing::init_default_subscriber()` | `lodger::logs::init()?`, with the feature `logs` |
//! | `tracing::init_default_subscriber_with_writer(writer)`, `tracing::subscriber` | the crates `tracing` and `tracing-subscriber` |
//! | `spawn_graceful_shutdown_handler(..)`, feature `graceful-shutdown` | [`Lodger::sigterm`], and code after `run` |
//! | `AWS_LAMBDA_LOG_LEVEL`, `AWS_LAMBDA_LOG_FORMAT` | the same variables |
//!
//! # `Context`
//!
//! | lambda_runtime | Lodger |
//! |---|---|
//! | `request_id`, `invoked_function_arn`, `tenant_id` | `request_id()`, `invoked_function_arn()`, `tenant_id()` |
//! | `deadline` in milliseconds, `deadline()` | `deadline()`, a `SystemTime`, or `None` if unknown; `remaining_time()` |
//! | `xray_trace_id` | `trace_id()`. Lodger does not set the variable `_X_AMZN_TRACE_ID` |
//! | `client_context`, `identity`; the types `ClientContext`, `CognitoIdentity` | `client_context()`, `cognito_identity()`: JSON, for `serde_json::from_str` |
//! | `env_config` | variables of the environment |
//! | `Context::new(..)`, `Context::default()` in a test | [`lambda::Context::from_headers`], `Context::default()` |
//!
//! # Differences in behavior
//!
//! | | lambda_runtime 1.5 | Lodger |
//! |---|---|---|
//! | `errorType` of an error | the path of the type, such as `my_app::OrderError` | its short name, such as `OrderError`; the header is `Function.OrderError` |
//! | `stackTrace` | none | the causes of the error |
//! | an event that does not fit the type | an error with the value that does not fit | an error with the field, without its value |
//! | the deadline | Lambda ends the process | the handler is cancelled before, and the next invocation has a warm process: `LODGER_DEADLINE_MARGIN` |
//! | a failed poll | the process ends, or polls again at once | polls again with pauses for a minute |
//!
//! # lambda-extension 1.1
//!
//! The crate `lodger-extension` takes its place. Its page `lodger_extension::migration` has the table of every public item.
//!
//! [`Lodger::after_restore`]: crate::Lodger::after_restore
//! [`Lodger::before_freeze`]: crate::Lodger::before_freeze
//! [`Lodger::before_snapshot`]: crate::Lodger::before_snapshot
//! [`Lodger::on`]: crate::Lodger::on
//! [`Lodger::sigterm`]: crate::Lodger::sigterm
//! [`lambda::Context`]: crate::lambda::Context
//! [`lambda::Context::from_headers`]: crate::lambda::Context::from_headers
//! [`lambda::Diagnostic::new`]: crate::lambda::Diagnostic::new
//! [`lambda::Error`]: crate::lambda::Error
//! [`lambda::Event`]: crate::lambda::Event
//! [`lambda::FromEvent`]: crate::lambda::FromEvent
//! [`lambda::IntoErrorReport`]: crate::lambda::IntoErrorReport
//! [`lambda::IntoResult`]: crate::lambda::IntoResult
//! [`lambda::LambdaEvent`]: crate::lambda::LambdaEvent
//! [`lambda::StreamResponse`]: crate::lambda::StreamResponse
//! [`lambda::service_fn`]: crate::lambda::service_fn
