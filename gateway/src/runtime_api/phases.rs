//! The phases of the execution environment: initialization and invocations, and their records of telemetry.
//!
//! Source: [Execution environment](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{
    state::State,
    telemetry::{Record, millis, span},
};

/// The phases so far.
#[derive(Debug, Default)]
pub(crate) struct Phases {
    init_started: Option<Instant>,
    is_runtime_initialized: bool,
    is_initialized: bool,
    /// The duration of the initialization. `None` after the first report.
    init_duration: Option<Duration>,
    invocations: Vec<InvokePhase>,
}

/// An invocation, until the function and its extensions have polled again.
#[derive(Debug)]
struct InvokePhase {
    id: String,
    trace_id: Option<String>,
    started: Instant,
    started_at: SystemTime,
    response_started: Option<Instant>,
    /// The end of the response.
    response: Option<(Instant, Outcome)>,
    is_runtime_done: bool,
}

/// The result of a phase.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    status: &'static str,
    error_type: Option<String>,
    produced_bytes: usize,
}

impl Outcome {
    pub(super) fn success(produced_bytes: usize) -> Self {
        Self { status: "success", error_type: None, produced_bytes }
    }

    /// An error that the function or an extension has reported.
    pub(super) fn error(error_type: impl Into<String>) -> Self {
        Self { status: "error", error_type: Some(error_type.into()), produced_bytes: 0 }
    }

    /// A failure that nothing has reported, such as the end of the process.
    pub(super) fn failure(error_type: impl Into<String>) -> Self {
        Self { status: "failure", ..Self::error(error_type) }
    }

    fn timeout() -> Self {
        Self { status: "timeout", error_type: None, produced_bytes: 0 }
    }

    fn insert_into(&self, record: &mut Map<String, Value>) {
        record.insert("status".to_owned(), self.status.into());
        if let Some(error_type) = &self.error_type {
            record.insert("errorType".to_owned(), error_type.as_str().into());
        }
    }
}

impl State {
    /// Begins the initialization, unless it has begun.
    pub(super) fn begin_init(&mut self) {
        if self.phases.init_started.is_some() {
            return;
        }
        self.phases.init_started = Some(Instant::now());
        let mut record = self.init_record();
        record.insert("functionName".to_owned(), self.function.name.as_str().into());
        record.insert("functionVersion".to_owned(), self.function.version.as_str().into());
        self.telemetry.send(Record::new("platform.initStart", record.into()));
    }

    /// The common members of records about the initialization.
    fn init_record(&self) -> Map<String, Value> {
        let mut record = Map::new();
        record.insert("initializationType".to_owned(), self.initialization_type().into());
        record.insert("phase".to_owned(), "init".into());
        record
    }

    /// The value of `AWS_LAMBDA_INITIALIZATION_TYPE`.
    pub(crate) fn initialization_type(&self) -> &'static str {
        match (self.slots, self.has_snap_start) {
            (Some(_), _) => "lambda-managed-instances",
            (None, true) => "snap-start",
            (None, false) => "on-demand",
        }
    }

    /// Ends the initialization of the runtime, unless it has ended.
    pub(super) fn end_runtime_init(&mut self, outcome: &Outcome) {
        self.begin_init();
        if self.phases.is_initialized || std::mem::replace(&mut self.phases.is_runtime_initialized, true) {
            return;
        }
        let mut record = self.init_record();
        outcome.insert_into(&mut record);
        self.telemetry.send(Record::new("platform.initRuntimeDone", record.into()));
    }

    /// Ends the initialization with an error. It begins again when the function starts again.
    pub(super) fn fail_init(&mut self, outcome: &Outcome) {
        if !self.phases.is_initialized {
            self.end_runtime_init(outcome);
            self.report_init(outcome);
            self.phases = Phases::default();
        }
    }

    fn report_init(&mut self, outcome: &Outcome) {
        for extension in self.extensions.iter_registered() {
            self.telemetry.send(Record::new("platform.extension", extension.to_record()));
        }
        let duration = self.phases.init_started.map_or(Duration::ZERO, |started| started.elapsed());
        let mut record = self.init_record();
        outcome.insert_into(&mut record);
        record.insert("metrics".to_owned(), json!({"durationMs": millis(duration)}));
        self.telemetry.send(Record::new("platform.initReport", record.into()));
        self.phases.init_duration = Some(duration);
    }

    /// Records a poll of the runtime, which ends its part of the initialization or of an invocation.
    pub(super) fn runtime_polled(&mut self) {
        self.end_runtime_init(&Outcome::success(0));
        if self.slots.is_none() {
            for phase in self.phases.invocations.iter_mut().filter(|phase| !phase.is_runtime_done) {
                if let Some((ended, outcome)) = phase.response.clone() {
                    phase.is_runtime_done = true;
                    self.telemetry.send(phase.runtime_done(ended, &outcome));
                }
            }
        }
        self.end_phases();
    }

    /// Ends the initialization and the invocations for which nothing waits any more.
    pub(super) fn end_phases(&mut self) {
        if self.extensions.busy().next().is_some() {
            return;
        }
        if !self.phases.is_initialized && self.phases.is_runtime_initialized {
            self.phases.is_initialized = true;
            self.report_init(&Outcome::success(0));
            self.telemetry.close();
        }
        let is_managed = self.slots.is_some();
        let has_ended = |phase: &mut InvokePhase| phase.is_runtime_done || is_managed && phase.response.is_some();
        let ended: Vec<_> = self.phases.invocations.extract_if(.., has_ended).collect();
        for phase in ended {
            self.report(&phase);
        }
    }

    /// Whether the initialization has succeeded and all invocations have ended.
    #[cfg(feature = "process")]
    pub(super) fn are_phases_over(&self) -> bool {
        self.phases.is_initialized && self.phases.invocations.is_empty()
    }

    /// Begins an invocation.
    pub(super) fn begin_invocation(&mut self, id: &str, trace_id: Option<String>) {
        self.has_timed_out = false;
        let phase = InvokePhase {
            id: id.to_owned(),
            trace_id,
            started: Instant::now(),
            started_at: SystemTime::now(),
            response_started: None,
            response: None,
            is_runtime_done: false,
        };
        let mut record = phase.record();
        record.insert("version".to_owned(), self.function.version.as_str().into());
        self.telemetry.send(Record::new("platform.start", record.into()));
        self.phases.invocations.push(phase);
    }

    /// Marks the start of the response to an invocation.
    pub(super) fn begin_response(&mut self, id: &str) {
        if let Some(phase) = self.phases.invocations.iter_mut().find(|phase| phase.id == id) {
            phase.response_started.get_or_insert_with(Instant::now);
        }
    }

    /// Marks the end of the response to an invocation.
    pub(super) fn end_response(&mut self, id: &str, outcome: Outcome) {
        if let Some(phase) = self.phases.invocations.iter_mut().find(|phase| phase.id == id) {
            phase.response.get_or_insert_with(|| (Instant::now(), outcome));
        }
        if self.slots.is_some() {
            self.end_phases();
        }
    }

    /// Ends an invocation whose timeout has elapsed.
    pub(super) fn time_out_invocation(&mut self, id: &str) {
        self.fail_invocations(&Outcome::timeout(), |phase| phase == id);
    }

    /// Ends all invocations because the environment has failed.
    pub(crate) fn fail_environment(&mut self, error_type: &str) {
        let outcome = Outcome::failure(error_type);
        self.fail_init(&outcome);
        self.fail_invocations(&outcome, |_| true);
        self.telemetry.flush();
    }

    fn fail_invocations(&mut self, outcome: &Outcome, is_failed: impl Fn(&str) -> bool) {
        let failed: Vec<_> = self.phases.invocations.extract_if(.., |phase| is_failed(&phase.id)).collect();
        for mut phase in failed {
            if !phase.is_runtime_done && self.slots.is_none() {
                self.telemetry.send(phase.runtime_done(Instant::now(), outcome));
            }
            if outcome.status == "failure" {
                let text = format!("RequestId: {} Process exited before completing request", phase.id);
                self.telemetry.send(Record::new("platform.fault", text.into()));
            }
            phase.response = Some((Instant::now(), outcome.clone()));
            self.report(&phase);
        }
    }

    /// Sends the records about the end of an invocation.
    fn report(&mut self, phase: &InvokePhase) {
        let duration = phase.started.elapsed();
        let mut metrics = json!({"durationMs": millis(duration)});
        if let (None, Some(metrics)) = (self.slots, metrics.as_object_mut()) {
            // Lambda bills the initialization of a custom runtime as a part of the first invocation.
            let billed = millis(duration + self.phases.init_duration.unwrap_or_default()).ceil();
            metrics.insert("billedDurationMs".to_owned(), json!(billed as u64));
            metrics.insert("memorySizeMB".to_owned(), self.function.memory_mb.into());
            metrics.insert("maxMemoryUsedMB".to_owned(), self.function.max_memory_used_mb().into());
            if let Some(duration) = self.phases.init_duration.take() {
                metrics.insert("initDurationMs".to_owned(), json!(millis(duration)));
            }
        }
        let mut record = phase.record();
        if let Some((_, outcome)) = &phase.response {
            outcome.insert_into(&mut record);
        }
        record.insert("metrics".to_owned(), metrics);
        self.telemetry.send(Record::new("platform.end", json!({"requestId": phase.id})));
        self.telemetry.send(Record::new("platform.report", record.into()));
    }
}

impl InvokePhase {
    /// The common members of records about this invocation.
    fn record(&self) -> Map<String, Value> {
        let mut record = Map::new();
        record.insert("requestId".to_owned(), self.id.as_str().into());
        if let Some(trace_id) = &self.trace_id {
            record.insert("tracing".to_owned(), json!({"type": "X-Amzn-Trace-Id", "value": trace_id}));
        }
        record
    }

    /// Makes the record about the end of the function's part.
    fn runtime_done(&self, ended: Instant, outcome: &Outcome) -> Record {
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
        let Some(response_started) = self.response_started else { return Vec::new() };
        let at = |instant: Instant| self.started_at + (instant - self.started);
        vec![
            span("responseLatency", self.started_at, response_started - self.started),
            span("responseDuration", at(response_started), ended - response_started),
            span("runtimeOverhead", at(ended), ended.elapsed()),
        ]
    }
}
