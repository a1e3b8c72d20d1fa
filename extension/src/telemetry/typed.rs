//! The typed content of a record.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{
    Record,
    platform::{
        PlatformEnd, PlatformExtension, PlatformInitReport, PlatformInitRuntimeDone, PlatformInitStart,
        PlatformLogsDropped, PlatformReport, PlatformRestoreReport, PlatformRestoreRuntimeDone, PlatformRestoreStart,
        PlatformRuntimeDone, PlatformStart, PlatformSubscription,
    },
};
use crate::string_enum::string_enum;

/// The content of a record, by its kind.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TelemetryEvent {
    /// `function`: a log line of the function.
    Function(LogLine),
    /// `extension`: a log line of an extension.
    Extension(LogLine),
    /// `platform.initStart`: the initialization has started.
    InitStart(PlatformInitStart),
    /// `platform.initRuntimeDone`: the runtime has been initialized.
    InitRuntimeDone(PlatformInitRuntimeDone),
    /// `platform.initReport`: the initialization has ended.
    InitReport(PlatformInitReport),
    /// `platform.start`: an invocation has started.
    Start(PlatformStart),
    /// `platform.runtimeDone`: the runtime has responded to an invocation. Not sent on Managed Instances.
    RuntimeDone(PlatformRuntimeDone),
    /// `platform.end`: an invocation has ended. Only the Logs API sends this record.
    End(PlatformEnd),
    /// `platform.report`: an invocation and its extensions have ended.
    Report(PlatformReport),
    /// `platform.restoreStart`: the restore from a `SnapStart` snapshot has started.
    RestoreStart(PlatformRestoreStart),
    /// `platform.restoreRuntimeDone`: the runtime has been restored.
    RestoreRuntimeDone(PlatformRestoreRuntimeDone),
    /// `platform.restoreReport`: the restore has ended.
    RestoreReport(PlatformRestoreReport),
    /// `platform.extension`: an extension has been registered.
    ExtensionState(PlatformExtension),
    /// `platform.telemetrySubscription` or `platform.logsSubscription`: an extension has subscribed.
    Subscription(PlatformSubscription),
    /// `platform.logsDropped`: Lambda has dropped records.
    LogsDropped(PlatformLogsDropped),
    /// `platform.fault`: the runtime or the environment has failed. A text for people.
    Fault(String),
    /// A record of any other kind.
    Unknown,
}

impl TelemetryEvent {
    pub(crate) fn parse(record: &Record) -> serde_json::Result<Self> {
        Ok(match record.kind() {
            "function" => Self::Function(record.parse()?),
            "extension" => Self::Extension(record.parse()?),
            "platform.initStart" => Self::InitStart(record.parse()?),
            "platform.initRuntimeDone" => Self::InitRuntimeDone(record.parse()?),
            "platform.initReport" => Self::InitReport(record.parse()?),
            "platform.start" => Self::Start(record.parse()?),
            "platform.runtimeDone" => Self::RuntimeDone(record.parse()?),
            "platform.end" => Self::End(record.parse()?),
            "platform.report" => Self::Report(record.parse()?),
            "platform.restoreStart" => Self::RestoreStart(record.parse()?),
            "platform.restoreRuntimeDone" => Self::RestoreRuntimeDone(record.parse()?),
            "platform.restoreReport" => Self::RestoreReport(record.parse()?),
            "platform.extension" => Self::ExtensionState(record.parse()?),
            "platform.telemetrySubscription" | "platform.logsSubscription" => Self::Subscription(record.parse()?),
            "platform.logsDropped" => Self::LogsDropped(record.parse()?),
            "platform.fault" => Self::Fault(record.parse()?),
            _ => Self::Unknown,
        })
    }
}

/// A log line: a text, or a JSON object if the function logs in JSON.
///
/// Source: [log formats](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LogLine {
    /// A line of text, with its line break if there is one.
    Text(String),
    /// A JSON value that is not a string.
    Json(Box<RawValue>),
}

impl LogLine {
    /// The text, unless the line is JSON.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Json(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for LogLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        // A valid JSON string fails only for a lone surrogate, which no `String` can contain.
        Ok(serde_json::from_str(json.get()).map_or(Self::Json(json), Self::Text))
    }
}

string_enum! {
    /// The way in which Lambda initializes an environment.
    pub enum InitializationType {
        /// For an invocation that found no free environment.
        OnDemand = "on-demand",
        /// In advance, for provisioned concurrency.
        ProvisionedConcurrency = "provisioned-concurrency",
        /// For a snapshot.
        SnapStart = "snap-start",
        /// On a Managed Instance.
        ManagedInstances = "lambda-managed-instances",
    }
}

string_enum! {
    /// The phase in which the initialization runs.
    pub enum InitPhase {
        /// Before the first invocation.
        Init = "init",
        /// Again, during an invocation, after a failure.
        Invoke = "invoke",
        /// Before a snapshot.
        SnapStart = "snap-start",
    }
}

string_enum! {
    /// The result of a phase.
    pub enum Status {
        /// The phase succeeded.
        Success = "success",
        /// The runtime failed, for example with an exit of the process.
        Failure = "failure",
        /// The function reported an error.
        Error = "error",
        /// The phase timed out.
        Timeout = "timeout",
    }
}

#[cfg(test)]
mod tests;
