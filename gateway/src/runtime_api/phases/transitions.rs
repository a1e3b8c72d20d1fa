//! The begin and the end of each phase.

use std::time::SystemTime;

use serde_json::json;
use tokio::time::Instant;

use super::{Outcome, invocation::InvokePhase};
use crate::runtime_api::{
    state::State,
    telemetry::{Record, millis},
};

impl State {
    /// Records a poll of the runtime, which ends its part of the initialization or of an invocation.
    pub(in crate::runtime_api) fn runtime_polled(&mut self) {
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
    pub(in crate::runtime_api) fn end_phases(&mut self) {
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
        for mut phase in ended {
            // The timeout includes the work of extensions after the response.
            if Instant::now() > phase.deadline {
                phase.response = Some((Instant::now(), Outcome::timeout()));
                self.has_timed_out = true;
            }
            self.report(&phase);
        }
    }

    /// Whether the initialization has succeeded and all invocations have ended.
    #[cfg(feature = "process")]
    pub(in crate::runtime_api) fn are_phases_over(&self) -> bool {
        self.phases.is_initialized && self.phases.invocations.is_empty()
    }

    /// Begins an invocation.
    pub(in crate::runtime_api) fn begin_invocation(
        &mut self,
        id: &str,
        arn: &str,
        trace_id: Option<String>,
        deadline: Instant,
    ) {
        self.has_timed_out = false;
        let phase = InvokePhase {
            id: id.to_owned(),
            trace_id,
            started: Instant::now(),
            started_at: SystemTime::now(),
            deadline,
            response_started: None,
            response: None,
            is_runtime_done: false,
        };
        let mut record = phase.record();
        record.insert("version".to_owned(), self.function.version.as_str().into());
        if self.slots.is_some() {
            record.insert("functionArn".to_owned(), arn.into());
        }
        self.telemetry.send(Record::new("platform.start", record.into()));
        self.phases.invocations.push(phase);
    }

    /// Marks the start of the response to an invocation.
    pub(in crate::runtime_api) fn begin_response(&mut self, id: &str) {
        if let Some(phase) = self.phases.invocations.iter_mut().find(|phase| phase.id == id) {
            phase.response_started.get_or_insert_with(Instant::now);
        }
    }

    /// Marks the end of the response to an invocation.
    pub(in crate::runtime_api) fn end_response(&mut self, id: &str, outcome: Outcome) {
        if let Some(phase) = self.phases.invocations.iter_mut().find(|phase| phase.id == id) {
            phase.response.get_or_insert_with(|| (Instant::now(), outcome));
        }
        if self.slots.is_some() {
            self.end_phases();
        }
    }

    /// Ends an invocation whose timeout has elapsed.
    pub(in crate::runtime_api) fn time_out_invocation(&mut self, id: &str) {
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
        if let (Some(_), Some((ended, _))) = (self.slots, &phase.response) {
            // Managed Instances have no record about the end of the function's part.
            record.insert("spans".to_owned(), phase.response_spans(*ended).into());
        }
        self.telemetry.send(Record::new("platform.end", json!({"requestId": phase.id})));
        self.telemetry.send(Record::new("platform.report", record.into()));
    }
}
