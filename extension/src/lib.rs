//! AWS Lambda extensions: lifecycle events, telemetry and logs.

mod builder;
mod error;
mod event;
mod failure;
pub mod handler;
mod lifecycle;
mod log;
mod registered;
mod start;
mod stats;
mod string_enum;
pub mod telemetry;
mod telemetry_task;

pub use builder::Extension;
pub use error::Error;
pub use event::{InvokeEvent, ShutdownEvent, ShutdownReason, Tracing};
pub use failure::{FatalError, HandlerError};
pub use registered::{Function, RegisteredExtension};
pub use stats::Stats;
