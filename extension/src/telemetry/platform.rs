//! Types of the records that Lambda documents.
//!
//! Source: [the schema of events](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html), version
//! 2025-01-29. Every member that Lambda might leave out has a default value, and unknown members are ignored.

use serde::{Deserialize, Deserializer};

use super::typed::{InitPhase, InitializationType, Status};
use crate::Tracing;

/// Defines structs of a record, which have defaults for all members and ignore unknown ones.
macro_rules! records {
    ($($(#[$attribute:meta])* $name:ident { $($(#[$field_attribute:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$attribute])*
            #[derive(Debug, Clone, Default, Deserialize)]
            #[serde(default, rename_all = "camelCase")]
            #[non_exhaustive]
            pub struct $name { $($(#[$field_attribute])* pub $field: $type,)* }
        )*
    };
}

records! {
    /// The record of `platform.initStart`.
    PlatformInitStart {
        /// The way in which Lambda initializes the environment.
        initialization_type: InitializationType,
        /// The phase.
        phase: InitPhase,
        /// The version of the runtime.
        runtime_version: Option<String>,
        /// The ARN of the version of the runtime.
        runtime_version_arn: Option<String>,
        /// The name of the function.
        function_name: Option<String>,
        /// The version of the function.
        function_version: Option<String>,
        /// The id of the environment.
        instance_id: Option<String>,
        /// The memory of the environment, in MB.
        #[serde(deserialize_with = "number_or_digits")]
        instance_max_memory: Option<u64>,
        /// The trace of the initialization.
        tracing: Option<Tracing>,
    }

    /// The record of `platform.initRuntimeDone`.
    PlatformInitRuntimeDone {
        /// The way in which Lambda initialized the environment.
        initialization_type: InitializationType,
        /// The phase.
        phase: InitPhase,
        /// The result.
        status: Status,
        /// The type of the error, if there is one.
        error_type: Option<String>,
        /// The parts of the phase.
        spans: Vec<Span>,
        /// The trace of the initialization.
        tracing: Option<Tracing>,
    }

    /// The record of `platform.initReport`.
    PlatformInitReport {
        /// The way in which Lambda initialized the environment.
        initialization_type: InitializationType,
        /// The phase.
        phase: InitPhase,
        /// The result. Older schemas have none.
        status: Status,
        /// The type of the error, if there is one.
        error_type: Option<String>,
        /// The duration.
        metrics: InitMetrics,
        /// The parts of the phase.
        spans: Vec<Span>,
        /// The trace of the initialization.
        tracing: Option<Tracing>,
    }

    /// The metrics of an initialization or of a restore.
    InitMetrics {
        /// The duration, in milliseconds.
        duration_ms: f64,
    }

    /// The record of `platform.start`.
    PlatformStart {
        /// The request id.
        request_id: String,
        /// The version of the function.
        version: Option<String>,
        /// The ARN of the function. Sent on Managed Instances.
        function_arn: Option<String>,
        /// The trace of the invocation.
        tracing: Option<Tracing>,
    }

    /// The record of `platform.runtimeDone`.
    PlatformRuntimeDone {
        /// The request id.
        request_id: String,
        /// The result.
        status: Status,
        /// The type of the error, if there is one.
        error_type: Option<String>,
        /// The duration and the size of the response.
        metrics: Option<RuntimeDoneMetrics>,
        /// The parts of the invocation: `responseLatency`, `responseDuration` and `runtimeOverhead`.
        spans: Vec<Span>,
        /// The trace of the invocation.
        tracing: Option<Tracing>,
    }

    /// The metrics of `platform.runtimeDone`.
    RuntimeDoneMetrics {
        /// The duration, in milliseconds.
        duration_ms: f64,
        /// The size of the response, in bytes.
        produced_bytes: Option<u64>,
    }

    /// The record of `platform.end`.
    PlatformEnd {
        /// The request id.
        request_id: String,
    }

    /// The record of `platform.report`.
    PlatformReport {
        /// The request id.
        request_id: String,
        /// The result. The Logs API sends none.
        status: Status,
        /// The type of the error, if there is one.
        error_type: Option<String>,
        /// The durations and the memory.
        metrics: ReportMetrics,
        /// The parts of the invocation.
        spans: Vec<Span>,
        /// The trace of the invocation.
        tracing: Option<Tracing>,
    }

    /// The metrics of an invocation. On Managed Instances, Lambda sends only the duration.
    ReportMetrics {
        /// The duration, in milliseconds.
        duration_ms: f64,
        /// The billed duration, in milliseconds.
        billed_duration_ms: Option<f64>,
        /// The memory that was used most, in MB.
        #[serde(rename = "maxMemoryUsedMB")]
        max_memory_used_mb: Option<u64>,
        /// The memory of the function, in MB.
        #[serde(rename = "memorySizeMB")]
        memory_size_mb: Option<u64>,
        /// The duration of the initialization, in milliseconds. Only the first invocation of an environment has one.
        init_duration_ms: Option<f64>,
        /// The duration of the restore, in milliseconds. Only the first invocation after a restore has one.
        restore_duration_ms: Option<f64>,
    }

    /// The record of `platform.restoreStart`.
    PlatformRestoreStart {
        /// The version of the runtime.
        runtime_version: Option<String>,
        /// The ARN of the version of the runtime.
        runtime_version_arn: Option<String>,
        /// The name of the function.
        function_name: String,
        /// The version of the function.
        function_version: String,
        /// The id of the environment.
        instance_id: Option<String>,
        /// The memory of the environment, in MB.
        #[serde(deserialize_with = "number_or_digits")]
        instance_max_memory: Option<u64>,
    }

    /// The record of `platform.restoreRuntimeDone`.
    PlatformRestoreRuntimeDone {
        /// The result.
        status: Status,
        /// The type of the error, if there is one.
        error_type: Option<String>,
        /// The parts of the restore.
        spans: Vec<Span>,
    }

    /// The record of `platform.restoreReport`.
    PlatformRestoreReport {
        /// The result.
        status: Status,
        /// The type of the error, if there is one.
        error_type: Option<String>,
        /// The duration.
        metrics: Option<InitMetrics>,
        /// The parts of the restore.
        spans: Vec<Span>,
    }

    /// The record of `platform.extension`.
    PlatformExtension {
        /// The name of the extension.
        name: String,
        /// The state, such as `Ready`.
        state: String,
        /// The events for which the extension is registered.
        events: Vec<String>,
        /// The type of the error, if there is one.
        error_type: Option<String>,
    }

    /// The record of `platform.telemetrySubscription` and `platform.logsSubscription`.
    PlatformSubscription {
        /// The name of the extension.
        name: String,
        /// The state, such as `Subscribed`.
        state: String,
        /// The streams of the subscription.
        types: Vec<String>,
    }

    /// The record of `platform.logsDropped`.
    PlatformLogsDropped {
        /// The size of the dropped records, in bytes.
        dropped_bytes: u64,
        /// The number of dropped records.
        dropped_records: u64,
        /// The reason, for people.
        reason: String,
    }

    /// A part of a phase.
    Span {
        /// The name, such as `responseLatency`.
        name: String,
        /// The start, in ISO 8601.
        start: String,
        /// The duration, in milliseconds.
        duration_ms: f64,
    }
}

/// Reads a number, or a string of digits: AWS documents a string and shows a number.
fn number_or_digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_u64().or_else(|| value.as_str()?.parse().ok()))
}
