//! The records of the platform.

use std::time::Duration;

use lodger_gateway::{Invocation, RuntimeApi};
use serde_json::{Value, json};

use crate::support::{
    Listener, RawExtension, RawFunction, report_init_error, run_function, soon, subscribe, subscribe_to,
};

fn kinds(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["type"].as_str().unwrap()).collect()
}

/// Waits for the next INVOKE events of an extension in the background.
fn keep_polling(mut extension: RawExtension) {
    tokio::spawn(async move {
        loop {
            extension.next().await;
        }
    });
}

#[tokio::test]
async fn reports_the_initialization_and_each_invocation() {
    let api = RuntimeApi::start().await.unwrap().external_extension("agent");
    api.mark_start();
    let agent = RawExtension::register(&api, "agent", r#"["INVOKE","SHUTDOWN"]"#).await;
    let listener = Listener::start().await;
    subscribe_to(&api, &agent, &listener, &["platform"]).await;
    keep_polling(agent);
    tokio::spawn(run_function(api.address(), |_| json!("0123456789")));
    api.invoke("{}").await.unwrap().unwrap();
    listener.record("platform.report").await;
    let records = listener.records();
    let expected = [
        "platform.initStart",
        "platform.telemetrySubscription",
        "platform.initRuntimeDone",
        "platform.extension",
        "platform.initReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ];
    assert_eq!(kinds(&records), expected);
    let [init_start, subscription, init_runtime_done, extension, init_report, start, runtime_done, report] =
        &records.iter().map(|record| record["record"].clone()).collect::<Vec<_>>()[..]
    else {
        panic!("{records:?}")
    };
    assert_eq!(
        init_start,
        &json!({"initializationType": "on-demand", "phase": "init", "functionName": "test", "functionVersion": "$LATEST", "instanceMaxMemory": 134_217_728})
    );
    assert_eq!(subscription, &json!({"name": "agent", "state": "Subscribed", "types": ["platform"]}));
    assert_eq!(init_runtime_done, &json!({"initializationType": "on-demand", "phase": "init", "status": "success"}));
    assert_eq!(extension, &json!({"name": "agent", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]}));
    assert_eq!((&init_report["status"], &init_report["phase"]), (&json!("success"), &json!("init")));
    let init_duration = init_report["metrics"]["durationMs"].as_f64().unwrap();
    assert!(init_duration > 0.0, "{init_report}");
    assert_eq!(start["version"], "$LATEST");
    let tracing = json!({
        "type": "X-Amzn-Trace-Id",
        "value": "Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1",
    });
    for record in [start, runtime_done, report] {
        assert_eq!((&record["requestId"], &record["tracing"]), (&start["requestId"], &tracing));
    }
    assert_eq!((&runtime_done["status"], &runtime_done["metrics"]["producedBytes"]), (&json!("success"), &json!(12)));
    let spans: Vec<_> = runtime_done["spans"].as_array().unwrap().iter().map(|span| &span["name"]).collect();
    assert_eq!(spans, ["responseLatency", "responseDuration", "runtimeOverhead"]);
    let metrics = &report["metrics"];
    assert_eq!((&report["status"], &metrics["memorySizeMB"]), (&json!("success"), &json!(128)));
    assert_eq!(metrics["initDurationMs"].as_f64().unwrap(), init_duration);
    let duration = metrics["durationMs"].as_f64().unwrap();
    assert!(duration >= runtime_done["metrics"]["durationMs"].as_f64().unwrap(), "{report} {runtime_done}");
    assert_eq!(metrics["billedDurationMs"].as_f64().unwrap(), (duration + init_duration).ceil());
    let memory = metrics["maxMemoryUsedMB"].as_u64().unwrap();
    assert_eq!(memory > 0, cfg!(target_os = "linux"), "{memory}");

    api.invoke("{}").await.unwrap().unwrap();
    let second = listener.record_where(|record| {
        record["type"] == "platform.report" && record["record"]["requestId"] != start["requestId"]
    });
    let metrics = second.await["record"]["metrics"].clone();
    assert_eq!(metrics["initDurationMs"], Value::Null);
    assert_eq!(metrics["billedDurationMs"].as_f64().unwrap(), metrics["durationMs"].as_f64().unwrap().ceil());
}

#[tokio::test]
async fn the_report_waits_for_the_extensions() {
    let api = RuntimeApi::start().await.unwrap();
    let mut busy = RawExtension::register(&api, "busy", r#"["INVOKE"]"#).await;
    let watching = RawExtension::register(&api, "watching", "[]").await;
    let listener = Listener::start().await;
    subscribe_to(&api, &watching, &listener, &["platform"]).await;
    keep_polling(watching);
    tokio::spawn(run_function(api.address(), |event| event));
    let (result, _) = soon(async { tokio::join!(api.invoke("{}"), busy.next()) }).await;
    result.unwrap().unwrap();
    let runtime_done = listener.record("platform.runtimeDone").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!kinds(&listener.records()).contains(&"platform.report"), "the extension still works");
    keep_polling(busy);
    let report = listener.record("platform.report").await;
    let duration = |record: &Value| record["record"]["metrics"]["durationMs"].as_f64().unwrap();
    assert!(duration(&report) > duration(&runtime_done) + 150.0, "{report} {runtime_done}");
}

#[tokio::test]
async fn the_timeout_includes_the_work_of_extensions() {
    let api = RuntimeApi::start().await.unwrap();
    let mut busy = RawExtension::register(&api, "busy", r#"["INVOKE"]"#).await;
    let listener = Listener::start().await;
    subscribe_to(&api, &busy, &listener, &["platform"]).await;
    tokio::spawn(run_function(api.address(), |event| event));
    let invocation = Invocation::new("{}").timeout(Duration::from_millis(300));
    let (result, _) = soon(async { tokio::join!(api.invoke(invocation), busy.next()) }).await;
    result.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    keep_polling(busy);
    assert_eq!(listener.record("platform.runtimeDone").await["record"]["status"], "success");
    assert_eq!(listener.record("platform.report").await["record"]["status"], "timeout");
}

#[tokio::test]
async fn reports_errors_and_timeouts() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let listener = Listener::start().await;
    subscribe_to(&api, &extension, &listener, &["platform"]).await;
    keep_polling(extension);
    let mut function = RawFunction::connect(&api).await;
    let failing = async {
        let id = function.poll().await;
        function.report_error(&id, "Function.NoStock", r#"{"errorMessage":"x","errorType":"y"}"#).await;
        function.poll().await
    };
    let invocations = async {
        api.invoke("{}").await.unwrap().unwrap_err();
        api.invoke(Invocation::new("{}").timeout(Duration::from_millis(50))).await.unwrap_err();
    };
    let (id, ()) = soon(async { tokio::join!(failing, invocations) }).await;
    let report =
        listener.record_where(|record| record["record"]["requestId"] == id && record["type"] == "platform.report");
    let report = report.await;
    assert_eq!(report["record"]["status"], "timeout", "{report}");
    let records = listener.records();
    let statuses: Vec<_> = records
        .iter()
        .filter(|record| ["platform.runtimeDone", "platform.report"].contains(&record["type"].as_str().unwrap()))
        .map(|record| (record["record"]["status"].as_str().unwrap(), record["record"]["errorType"].as_str()))
        .collect();
    let error = ("error", Some("Function.NoStock"));
    assert_eq!(statuses, [error, error, ("timeout", None), ("timeout", None)]);
}

#[tokio::test]
async fn reports_a_failed_initialization() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let listener = Listener::start().await;
    subscribe_to(&api, &extension, &listener, &["platform"]).await;
    report_init_error(api.address(), "no database").await;
    for kind in ["platform.initRuntimeDone", "platform.initReport"] {
        let record = listener.record(kind).await["record"].clone();
        assert_eq!((&record["status"], &record["errorType"]), (&json!("error"), &json!("Runtime.NoDatabase")));
    }
}

#[tokio::test]
async fn an_extension_that_fails_ends_the_invocation() {
    let api = RuntimeApi::start().await.unwrap();
    let mut failing = RawExtension::register(&api, "failing", r#"["INVOKE"]"#).await;
    let watching = RawExtension::register(&api, "watching", "[]").await;
    let listener = Listener::start().await;
    let body = json!({"types": ["platform"], "destination": listener.destination()});
    subscribe(&api, &watching, "/2020-08-15/logs", &body).await;
    keep_polling(watching);
    let mut function = RawFunction::connect(&api).await;
    let fail = async {
        let (id, _) = tokio::join!(function.poll(), failing.next());
        failing.report_error(&api, "exit/error", "Fatal.Lost", "lost").await;
        id
    };
    let (result, id) = soon(async { tokio::join!(api.invoke("{}"), fail) }).await;
    result.unwrap_err();
    let fault = listener.record("platform.fault").await;
    assert_eq!(fault["record"], format!("RequestId: {id} Process exited before completing request"));
}

#[tokio::test]
async fn the_logs_api_has_its_own_records() {
    for (version, has_runtime_done) in [("2020-08-15", false), ("2021-03-18", true)] {
        let api = RuntimeApi::start().await.unwrap();
        let extension = RawExtension::register(&api, "a", "[]").await;
        let listener = Listener::start().await;
        let body = json!({
            "schemaVersion": version,
            "types": ["platform"],
            "destination": listener.destination(),
            "buffering": {"timeoutMs": 25},
        });
        subscribe(&api, &extension, "/2020-08-15/logs", &body).await;
        keep_polling(extension);
        tokio::spawn(run_function(api.address(), |event| event));
        api.invoke("{}").await.unwrap().unwrap();
        let report = listener.record("platform.report").await;
        let mut expected = vec![
            "platform.logsSubscription",
            "platform.extension",
            "platform.start",
            "platform.runtimeDone",
            "platform.end",
            "platform.report",
        ];
        expected.retain(|kind| *kind != "platform.runtimeDone" || has_runtime_done);
        assert_eq!(kinds(&listener.records()), expected);
        let names: Vec<_> = report["record"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["requestId", "metrics"]);
    }
}

#[tokio::test]
async fn managed_instances_report_only_the_duration() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(2);
    let extension = RawExtension::register(&api, "a", "[]").await;
    let listener = Listener::start().await;
    subscribe_to(&api, &extension, &listener, &["platform"]).await;
    keep_polling(extension);
    let mut function = RawFunction::connect(&api).await;
    let replying = async {
        let id = function.poll().await;
        function.report_error(&id, "Function.Any", r#"{"errorMessage":"x","errorType":"y"}"#).await;
    };
    let (result, ()) = soon(async { tokio::join!(api.invoke("{}"), replying) }).await;
    result.unwrap().unwrap_err();
    let report = listener.record("platform.report").await;
    let names: Vec<_> = report["record"]["metrics"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["durationMs"]);
    let spans: Vec<_> = report["record"]["spans"].as_array().unwrap().iter().map(|span| &span["name"]).collect();
    assert_eq!(spans, ["responseLatency", "responseDuration"]);
    let start = listener.record("platform.start").await;
    assert_eq!(start["record"]["functionArn"], "arn:aws:lambda:us-east-1:123456789012:function:test");
    assert!(!kinds(&listener.records()).contains(&"platform.runtimeDone"));
}
