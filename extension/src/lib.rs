//! AWS Lambda extensions in Rust: lifecycle events, telemetry and logs.
//!
//! An extension is a program beside a Lambda function. Lambda reports to it when the function is invoked and when the
//! environment ends, and sends it log lines, metrics and traces.
//!
//! ```no_run
//! use lodger_extension::{
//!     Extension, ShutdownEvent,
//!     telemetry::{Record, TelemetryEvent},
//! };
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), lodger_extension::Error> {
//!     Extension::new()
//!         .on_telemetry(async |records: Vec<Record>| {
//!             for record in &records {
//!                 if let TelemetryEvent::Report(report) = record.event()? {
//!                     println!("{}: {} ms", report.request_id, report.metrics.duration_ms);
//!                 }
//!             }
//!             Ok::<(), serde_json::Error>(())
//!         })
//!         .on_shutdown(async |event: ShutdownEvent| println!("good bye: {}", event.reason))
//!         .run()
//!         .await
//! }
//! ```
//!
//! A handler is an async closure, a `tower::Service`, or a type of yours that implements [`Handler`](handler::Handler). The
//! package `examples/extension` of the repository is a complete extension that ships log lines and reports. To move an extension
//! from the crate `lambda-extension`, see [this table](migration).
//!
//! # External and internal extensions
//!
//! | | external: [`Extension::new`] | internal: [`Extension::internal`] |
//! |---|---|---|
//! | process | its own, started by Lambda from `/opt/extensions` | that of the function |
//! | name | the file name of the executable | any other name |
//! | [INVOKE](Extension::on_invoke) | yes | yes |
//! | [SHUTDOWN](Extension::on_shutdown) | yes | no: Lambda sends SIGTERM to the process |
//! | end of [`run`](Extension::run) | after SHUTDOWN | only with an error |
//! | telemetry | yes | yes |
//! | on Managed Instances | SHUTDOWN and telemetry, no INVOKE | telemetry, no events |
//!
//! A function has at most ten extensions. `cargo lambda build --extension` and `cargo lambda deploy --extension` build and deploy
//! a layer with an external extension.
//!
//! # Order
//!
//! [`register`](Extension::register) registers the extension, binds the listener, and subscribes to telemetry, in this order.
//! [`run`](RegisteredExtension::run) then polls for events. Lambda starts the runtime after all external extensions are
//! registered, and invokes the function after all extensions poll. A failure before the first poll is reported with
//! `init/error`, a later one with `exit/error`.
//!
//! # When records are handled
//!
//! Lambda freezes the environment after the function has responded and all extensions poll. A handler that is sending records at
//! that time goes on when Lambda thaws the environment, perhaps hours later.
//!
//! - An extension with a handler of invocations polls after the records that have arrived are handled, or after the
//!   [drain timeout](Extension::drain_timeout).
//! - Lambda sends the last records of an invocation after the response. To handle them before the freeze, let the handler of
//!   invocations wait until the handler of telemetry has received `platform.runtimeDone` with the request id. This adds time to
//!   every invocation. A short [buffering timeout](telemetry::Buffering::timeout) keeps the addition small.
//! - At SHUTDOWN the handler of telemetry receives the rest of the records first, until none has arrived for 100 ms. With a
//!   handler of SHUTDOWN, this takes at most half of the time until the deadline.
//!
//! # Loss and back-pressure
//!
//! The listener accepts a batch as soon as the batch is in the [queue](telemetry::Subscription::queue_bytes). If the queue is
//! full, the listener delays its response. Lambda then keeps records in its own buffer, and drops records once that is full: it
//! sends a record of the kind `platform.logsDropped` with their number. The extension itself drops records only if it ends before
//! they are handled. [`Stats`] counts delays, damaged batches and losses.
//!
//! Lambda sends a batch again if it receives an error, which a batch with one unknown record would cause forever. The listener
//! therefore accepts every array, keeps records of unknown kinds, and keeps the records before the damage of an array that is cut
//! off. Source: [Telemetry API](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html).
//!
//! # Errors of handlers
//!
//! An error or a panic of a handler is logged, counted, and passed to [`Extension::on_error`]. The extension goes on, and the
//! batch or the event counts as handled. A [`FatalError`] ends the extension instead, by itself or as a source of another error,
//! such as an `anyhow::Error`. Log lines contain the sources of errors. They are events of `tracing`, or go to
//! standard error if the process has no subscriber.

mod builder;
mod call;
mod error;
mod event;
mod failure;
mod fatal;
pub mod handler;
mod lifecycle;
mod log;
mod registered;
mod start;
mod stats;
mod string_enum;
pub mod telemetry;
mod telemetry_task;

#[doc = include_str!("../docs/migration.md")]
pub mod migration {}

pub use builder::Extension;
pub use error::Error;
pub use event::{InvokeEvent, ShutdownEvent, ShutdownReason, Tracing};
pub use failure::HandlerError;
pub use fatal::FatalError;
pub use registered::{Function, RegisteredExtension};
pub use stats::Stats;
