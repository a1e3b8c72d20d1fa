//! The initialization.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{Outcome, Phases};
use crate::runtime_api::{
    state::State,
    telemetry::{Record, millis},
};

impl State {
    /// Begins the initialization, unless it has begun.
    pub(in crate::runtime_api) fn begin_init(&mut self) {
        if self.phases.init_started.is_some() {
            return;
        }
        self.phases.init_started = Some(Instant::now());
        let mut record = self.init_record();
        record.insert("functionName".to_owned(), self.function.name.as_str().into());
        record.insert("functionVersion".to_owned(), self.function.version.as_str().into());
        record.insert("instanceMaxMemory".to_owned(), (self.function.memory_mb * 1024 * 1024).into());
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
    pub(in crate::runtime_api) fn end_runtime_init(&mut self, outcome: &Outcome) {
        self.begin_init();
        if self.phases.is_initialized || std::mem::replace(&mut self.phases.is_runtime_initialized, true) {
            return;
        }
        let mut record = self.init_record();
        outcome.insert_into(&mut record);
        self.telemetry.send(Record::new("platform.initRuntimeDone", record.into()));
    }

    /// Ends the initialization with an error. It begins again when the function starts again.
    pub(in crate::runtime_api) fn fail_init(&mut self, outcome: &Outcome) {
        if !self.phases.is_initialized {
            self.end_runtime_init(outcome);
            self.report_init(outcome);
            self.phases = Phases::default();
        }
    }

    pub(super) fn report_init(&mut self, outcome: &Outcome) {
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
}
