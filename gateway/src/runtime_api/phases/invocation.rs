//! An invocation, and its records of telemetry.

use std::time::SystemTime;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::runtime_api::telemetry::{Record, millis, span};

/// An invocation, until the function and its extensions have polled again.
#[derive(Debug)]
pub(super) struct InvokePhase {
    pub(super) id: String,
    pub(super) trace_id: Option<String>,
    pub(super) started: Instant,
    pub(super) started_at: SystemTime,
    pub(super) deadline: Instant,
    pub(super) response_started: Option<Instant>,
    /// The end of the response.
    pub(super) response: Option<(Instant, Outcome)>,
    pub(super) is_runtime_done: bool,
}

/// The result of a phase.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(super) status: &'static str,
    pub(super) error_type: Option<String>,
    pub(super) produced_bytes: usize,
}

impl Outcome {
    pub(crate) fn success(produced_bytes: usize) -> Self {
        Self { status: "success", error_type: None, produced_bytes }
    }

    /// An error that the function or an extension has reported.
    pub(crate) fn error(error_type: impl Into<String>) -> Self {
        Self { status: "error", error_type: Some(error_type.into()), produced_bytes: 0 }
    }

    /// A failure that nothing has reported, such as the end of the process.
    pub(crate) fn failure(error_type: impl Into<String>) -> Self {
        Self { status: "failure", ..Self::error(error_type) }
    }

    pub(super) fn timeout() -> Self {
        Self { status: "timeout", error_type: None, produced_bytes: 0 }
    }

    pub(super) fn insert_into(&self, record: &mut Map<String, Value>) {
        record.insert("status".to_owned(), self.status.into());
        if let Some(error_type) = &self.error_type {
            record.insert("errorType".to_owned(), error_type.as_str().into());
        }
    }
}

impl InvokePhase {
    /// The common members of records about this invocation.
    pub(super) fn record(&self) -> Map<String, Value> {
        let mut record = Map::new();
        record.insert("requestId".to_owned(), self.id.as_str().into());
        if let Some(trace_id) = &self.trace_id {
            record.insert("tracing".to_owned(), json!({"type": "X-Amzn-Trace-Id", "value": trace_id}));
        }
        record
    }

    /// Makes the record about the end of the function's part.
    pub(super) fn runtime_done(&self, ended: Instant, outcome: &Outcome) -> Record {
        let mut record = self.record();
        outcome.insert_into(&mut record);
        record.insert("spans".to_owned(), self.spans(ended).into());
        let metrics = json!({
            "durationMs": millis(self.started.elapsed()),
            "producedBytes": outcome.produced_bytes,
        });
        record.insert("metrics".to_owned(), metrics);
        Record::new("platform.runtimeDone", record.into())
    }

    /// The time until the response began, the response, and the time until the next poll.
    fn spans(&self, ended: Instant) -> Vec<Value> {
        let mut spans = self.response_spans(ended);
        if !spans.is_empty() {
            spans.push(span("runtimeOverhead", self.time(ended), ended.elapsed()));
        }
        spans
    }

    /// The time until the response began, and the response.
    pub(super) fn response_spans(&self, ended: Instant) -> Vec<Value> {
        let Some(response_started) = self.response_started else { return Vec::new() };
        vec![
            span("responseLatency", self.started_at, response_started - self.started),
            span("responseDuration", self.time(response_started), ended - response_started),
        ]
    }

    /// Converts an instant during the invocation.
    fn time(&self, instant: Instant) -> SystemTime {
        self.started_at + (instant - self.started)
    }
}
