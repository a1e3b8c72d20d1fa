use super::*;
use crate::telemetry::ReportMetrics;

fn event(json: &str) -> TelemetryEvent {
    serde_json::from_str::<Record>(json).unwrap().event().unwrap()
}

/// Matches an event, and returns a part of it.
macro_rules! part {
    ($json:expr, $pattern:pat => $part:expr) => {
        match event($json) {
            $pattern => $part,
            other => panic!("{other:?}"),
        }
    };
}

#[test]
fn parses_log_lines_of_both_formats() {
    let line = part!(r#"{"type":"function","record":"a \"b\"\n"}"#, TelemetryEvent::Function(line) => line);
    assert_eq!(line.text(), Some("a \"b\"\n"));
    let line = part!(r#"{"type":"extension","record":{"level":"INFO"}}"#, TelemetryEvent::Extension(line) => line);
    assert!(line.text().is_none() && matches!(line, LogLine::Json(json) if json.get() == r#"{"level":"INFO"}"#));
    // A lone surrogate.
    let line = part!(r#"{"type":"function","record":"\ud800"}"#, TelemetryEvent::Function(line) => line);
    assert!(matches!(line, LogLine::Json(json) if json.get() == r#""\ud800""#));
}

#[test]
fn parses_a_report_of_a_function_and_of_a_managed_instance() {
    let json = r#"{"type":"platform.report","record":{"requestId":"r-1","status":"timeout","metrics":{
        "durationMs":12.5,"billedDurationMs":13,"maxMemoryUsedMB":40,"memorySizeMB":128,"initDurationMs":90.25},
        "tracing":{"spanId":"ab","type":"X-Amzn-Trace-Id","value":"Root=1"}}}"#;
    let report = part!(json, TelemetryEvent::Report(report) => report);
    assert_eq!((report.request_id.as_str(), report.status), ("r-1", Status::Timeout));
    let ReportMetrics { duration_ms, billed_duration_ms, max_memory_used_mb, memory_size_mb, init_duration_ms, .. } =
        report.metrics;
    let durations = (duration_ms, billed_duration_ms, init_duration_ms);
    assert!(durations == (12.5, Some(13.0), Some(90.25)), "{durations:?}");
    assert_eq!((max_memory_used_mb, memory_size_mb), (Some(40), Some(128)));
    assert_eq!(report.tracing.unwrap().span_id.unwrap(), "ab");

    let json =
        r#"{"type":"platform.report","record":{"requestId":"r-2","status":"success","metrics":{"durationMs":1}}}"#;
    let report = part!(json, TelemetryEvent::Report(report) => report);
    assert!(report.metrics.billed_duration_ms.is_none() && report.metrics.max_memory_used_mb.is_none());
}

#[test]
fn parses_the_records_of_every_phase() {
    let json = r#"{"type":"platform.initStart","record":{"initializationType":"lambda-managed-instances","phase":"init",
        "instanceMaxMemory":2048}}"#;
    let start = part!(json, TelemetryEvent::InitStart(start) => start);
    assert_eq!(start.initialization_type, InitializationType::ManagedInstances);
    assert_eq!((start.phase, start.instance_max_memory), (InitPhase::Init, Some(2048)));

    let json = r#"{"type":"platform.initRuntimeDone","record":{"initializationType":"on-demand","status":"error",
        "errorType":"Runtime.ExitError","spans":[{"name":"s","start":"t","durationMs":2}]}}"#;
    let done = part!(json, TelemetryEvent::InitRuntimeDone(done) => done);
    assert_eq!((done.status, done.error_type.as_deref()), (Status::Error, Some("Runtime.ExitError")));
    assert_eq!(done.spans[0].name, "s");

    let json = r#"{"type":"platform.runtimeDone","record":{"requestId":"r","status":"asleep",
        "metrics":{"durationMs":1.5,"producedBytes":16}}}"#;
    let done = part!(json, TelemetryEvent::RuntimeDone(done) => done);
    assert_eq!((done.status.as_str(), done.metrics.unwrap().produced_bytes), ("asleep", Some(16)));

    let json = r#"{"type":"platform.restoreStart","record":{"functionName":"f","instanceMaxMemory":"256"}}"#;
    let start = part!(json, TelemetryEvent::RestoreStart(start) => start);
    assert_eq!((start.function_name.as_str(), start.instance_max_memory), ("f", Some(256)));

    let json = r#"{"type":"platform.logsDropped","record":{"droppedBytes":12,"droppedRecords":3,"reason":"slow"}}"#;
    let dropped = part!(json, TelemetryEvent::LogsDropped(dropped) => dropped);
    assert_eq!((dropped.dropped_bytes, dropped.dropped_records, dropped.reason.as_str()), (12, 3, "slow"));

    for kind in ["telemetrySubscription", "logsSubscription"] {
        let json = format!(r#"{{"type":"platform.{kind}","record":{{"name":"e","types":["platform"]}}}}"#);
        let subscription = part!(&json, TelemetryEvent::Subscription(subscription) => subscription);
        assert_eq!(subscription.types, ["platform"]);
    }
    let json = r#"{"type":"platform.extension","record":{"name":"e","state":"Ready","events":["INVOKE"]}}"#;
    assert_eq!(part!(json, TelemetryEvent::ExtensionState(extension) => extension.events), ["INVOKE"]);
}

#[test]
fn every_documented_kind_has_a_type_and_needs_no_member() {
    for kind in [
        "initStart",
        "initRuntimeDone",
        "initReport",
        "start",
        "runtimeDone",
        "end",
        "report",
        "restoreStart",
        "restoreRuntimeDone",
        "restoreReport",
        "extension",
        "telemetrySubscription",
        "logsSubscription",
        "logsDropped",
    ] {
        let event = event(&format!(r#"{{"type":"platform.{kind}","record":{{}}}}"#));
        assert!(!matches!(event, TelemetryEvent::Unknown), "{kind}");
    }
    let fault = part!(r#"{"type":"platform.fault","record":"RequestId: r"}"#, TelemetryEvent::Fault(text) => text);
    assert_eq!(fault, "RequestId: r");
    assert!(matches!(event(r#"{"type":"platform.moon"}"#), TelemetryEvent::Unknown));
}
