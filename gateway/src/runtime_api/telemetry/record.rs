//! Records of telemetry, and their JSON in each schema.
//!
//! Sources: [Telemetry API schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html),
//! [Logs API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html#runtimes-logs-api-msg).

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{
    subscription::{Api, Schema, Stream},
    time::timestamp,
};

/// A record of telemetry, with the members of all schemas.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    time: SystemTime,
    kind: &'static str,
    content: Value,
}

impl Record {
    /// A line that the function has written.
    pub(crate) fn function(line: &str) -> Self {
        Self::new("function", line.into())
    }

    /// A line that an extension has written.
    pub(crate) fn extension(line: &str) -> Self {
        Self::new("extension", line.into())
    }

    /// A record of the platform, such as `platform.start`.
    pub(crate) fn new(kind: &'static str, content: Value) -> Self {
        Self { time: SystemTime::now(), kind, content }
    }

    /// Records that were dropped because the destination did not take them in time.
    pub(super) fn logs_dropped(records: usize, bytes: usize) -> Self {
        let reason = "the destination has not acknowledged the records in time";
        let content = json!({"reason": reason, "droppedRecords": records, "droppedBytes": bytes});
        Self::new("platform.logsDropped", content)
    }

    pub(super) fn stream(&self) -> Stream {
        match self.kind {
            "function" => Stream::Function,
            "extension" => Stream::Extension,
            _ => Stream::Platform,
        }
    }

    /// Returns the JSON of the record, or `None` if the schema does not have such records.
    pub(super) fn to_json(&self, schema: Schema) -> Option<String> {
        if !self.is_in(schema) {
            return None;
        }
        let content = match &self.content {
            Value::Object(members) => {
                let members = members.iter().filter(|(name, _)| self.has_member(name, schema));
                Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
            }
            Value::String(line) if schema.api() == Api::Telemetry => line.trim_end_matches(['\r', '\n']).into(),
            content => content.clone(),
        };
        Some(json!({"time": timestamp(self.time), "type": self.kind, "record": content}).to_string())
    }

    fn is_in(&self, schema: Schema) -> bool {
        let is_logs_api = schema.api() == Api::Logs;
        match self.kind {
            "platform.end" | "platform.fault" => is_logs_api,
            "platform.initStart" | "platform.initRuntimeDone" | "platform.initReport" => !is_logs_api,
            "platform.runtimeDone" => schema != Schema::Logs2020_08_15,
            _ => true,
        }
    }

    fn has_member(&self, name: &str, schema: Schema) -> bool {
        match (self.kind, schema) {
            ("platform.start", Schema::Logs2020_08_15 | Schema::Logs2021_03_18) => {
                ["requestId", "version"].contains(&name)
            }
            ("platform.report", Schema::Logs2020_08_15 | Schema::Logs2021_03_18) => {
                ["requestId", "metrics"].contains(&name)
            }
            ("platform.runtimeDone", Schema::Logs2021_03_18) => ["requestId", "status"].contains(&name),
            ("platform.initStart", Schema::Telemetry2022_07_01) => ["initializationType", "phase"].contains(&name),
            _ => true,
        }
    }
}

/// Returns a duration in milliseconds with three digits after the point.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

/// Returns the JSON of a part of an invocation.
pub(crate) fn span(name: &str, start: SystemTime, duration: Duration) -> Value {
    json!({"name": name, "start": timestamp(start), "durationMs": millis(duration)})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(kind: &'static str, schema: Schema) -> Option<Vec<String>> {
        let content =
            json!({"requestId": "1", "version": "2", "status": "success", "metrics": {}, "functionName": "test"});
        let record: Value = serde_json::from_str(&Record::new(kind, content).to_json(schema)?).unwrap();
        Some(record["record"].as_object().unwrap().keys().cloned().collect())
    }

    #[test]
    fn the_logs_api_has_fewer_records_and_members() {
        let schema = Schema::Logs2020_08_15;
        assert_eq!(members("platform.start", schema).unwrap(), ["requestId", "version"]);
        assert_eq!(members("platform.report", schema).unwrap(), ["requestId", "metrics"]);
        for kind in ["platform.runtimeDone", "platform.initStart", "platform.initRuntimeDone", "platform.initReport"] {
            assert_eq!(members(kind, schema), None, "{kind}");
        }
        assert_eq!(members("platform.runtimeDone", Schema::Logs2021_03_18).unwrap(), ["requestId", "status"]);
    }

    #[test]
    fn the_telemetry_api_has_no_end_and_no_fault() {
        for schema in [Schema::Telemetry2022_07_01, Schema::Telemetry2022_12_13, Schema::Telemetry2025_01_29] {
            assert_eq!((members("platform.end", schema), members("platform.fault", schema)), (None, None));
            assert_eq!(members("platform.report", schema).unwrap().len(), 5);
            let has_name = members("platform.initStart", schema).unwrap().contains(&"functionName".to_owned());
            assert_eq!(has_name, schema != Schema::Telemetry2022_07_01);
        }
    }

    #[test]
    fn lines_of_the_logs_api_keep_their_line_break() {
        let record = Record::function("a line\n");
        for (schema, line) in [(Schema::Logs2020_08_15, "a line\n"), (Schema::Telemetry2025_01_29, "a line")] {
            let json: Value = serde_json::from_str(&record.to_json(schema).unwrap()).unwrap();
            assert_eq!((&json["type"], &json["record"]), (&json!("function"), &json!(line)));
        }
    }

    #[test]
    fn rounds_durations_to_microseconds() {
        assert_eq!(millis(Duration::from_nanos(1_234_567)), 1.235);
    }
}
