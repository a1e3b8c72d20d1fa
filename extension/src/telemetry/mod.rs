//! Records of the Telemetry API and the Logs API.
//!
//! [`Extension::on_telemetry`](crate::Extension::on_telemetry) receives batches of [`Record`]s. [`Record::event`] parses one of
//! them into a [`TelemetryEvent`]. A [`Subscription`] selects the streams and the sizes of batches.

mod buffering;
mod listener;
mod platform;
mod queue;
mod record;
mod subscription;
mod typed;

pub use buffering::Buffering;
pub use platform::{
    InitMetrics, PlatformEnd, PlatformExtension, PlatformInitReport, PlatformInitRuntimeDone, PlatformInitStart,
    PlatformLogsDropped, PlatformReport, PlatformRestoreReport, PlatformRestoreRuntimeDone, PlatformRestoreStart,
    PlatformRuntimeDone, PlatformStart, PlatformSubscription, ReportMetrics, RuntimeDoneMetrics, Span,
};
pub use record::Record;
pub use subscription::{Stream, Subscription};
pub use typed::{InitPhase, InitializationType, LogLine, Status, TelemetryEvent};

pub(crate) use listener::Listener;
pub(crate) use queue::{Batches, Queue};
pub(crate) use subscription::Api;

/// Parses a batch, like the listener. For the fuzz target, because the listener is reachable for Lambda only.
#[cfg(fuzzing)]
#[doc(hidden)]
pub fn parse_batch(json: &[u8], limit: usize) -> (Vec<Record>, serde_json::Result<()>) {
    record::parse_batch(json, limit)
}
