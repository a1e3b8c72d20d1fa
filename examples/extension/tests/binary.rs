//! The binary, between a server that is Lambda and a destination.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

#[path = "../../../extension/tests/support/mod.rs"]
mod support;

use std::{
    convert::Infallible,
    path::PathBuf,
    process::{Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use support::{Platform, SOON};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::mpsc,
    time::timeout,
};

fn start(platform: &Platform, variables: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_example-extension"))
        .env_remove("LOG_SHIPPER_FILE")
        .env_remove("LOG_SHIPPER_URL")
        .env("AWS_LAMBDA_RUNTIME_API", &platform.address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "orders")
        .envs(variables.iter().copied())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Ends the extension as Lambda does.
async fn end(platform: &Platform, extension: Child) -> Output {
    platform.shut_down("SPINDOWN", Duration::from_secs(2));
    timeout(SOON, extension.wait_with_output()).await.unwrap().unwrap()
}

fn record(kind: &str, record: &Value) -> Value {
    json!({ "time": "2026-05-01T12:00:00.000Z", "type": kind, "record": record })
}

/// The lines that the extension writes, as kinds and records.
fn parse(lines: &str) -> Vec<(String, Value)> {
    let parse = |line: &str| -> (String, Value) {
        let mut line: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["function"], &line["time"]), (&"orders".into(), &"2026-05-01T12:00:00.000Z".into()));
        (line["type"].as_str().unwrap().to_owned(), line["record"].take())
    };
    lines.lines().map(parse).collect()
}

/// A path of a file that does not exist, for one test.
fn file(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

#[tokio::test]
async fn appends_log_lines_and_reports_to_a_file() {
    let platform = Platform::start().await;
    let path = file("lines");
    let extension = start(&platform, &[("LOG_SHIPPER_FILE", path.to_str().unwrap())]);
    let report = json!({ "requestId": "r-1", "status": "success", "metrics": { "durationMs": 1.5 } });
    let batch = json!([
        record("platform.start", &json!({ "requestId": "r-1" })),
        record("function", &json!("order 17 is paid\n")),
        record("platform.moon", &json!({})),
        7,
        { "type": "function" },
        record("platform.report", &report),
    ]);
    assert_eq!(platform.deliver(&batch).await, 200);
    assert_eq!(platform.deliver(&json!([record("function", &json!({ "level": "INFO" }))])).await, 200);
    assert!(end(&platform, extension).await.status.success());
    let expected = [
        ("function".to_owned(), json!("order 17 is paid\n")),
        ("platform.report".to_owned(), report),
        ("function".to_owned(), json!({ "level": "INFO" })),
    ];
    assert_eq!(parse(&std::fs::read_to_string(&path).unwrap()), expected);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(platform.wait_for("/register", 1).await.name, "example-extension");
}

/// Starts a collector that rejects the first `failures` requests. Returns its URL, and the bodies that it accepts.
async fn collector(failures: usize) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/logs?tenant=1", listener.local_addr().unwrap());
    let (sender, bodies) = mpsc::unbounded_channel();
    let left = Arc::new(AtomicUsize::new(failures));
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let (sender, left) = (sender.clone(), Arc::clone(&left));
            let service = service_fn(move |request: Request<Incoming>| {
                let (sender, left) = (sender.clone(), Arc::clone(&left));
                async move {
                    assert_eq!(request.uri(), "/logs?tenant=1");
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let fails = left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
                    if !fails {
                        sender.send(String::from_utf8(body.to_vec()).unwrap()).unwrap();
                    }
                    let status = if fails { 503 } else { 204 };
                    let response = Response::builder().status(status).body(Full::<Bytes>::default()).unwrap();
                    Ok::<_, Infallible>(response)
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
        }
    });
    (url, bodies)
}

#[tokio::test]
async fn posts_lines_to_a_collector_and_repeats_those_that_it_rejected() {
    let platform = Platform::start().await;
    let (url, mut bodies) = collector(1).await;
    let extension = start(&platform, &[("LOG_SHIPPER_URL", &url)]);
    for line in ["one", "two", "three"] {
        assert_eq!(platform.deliver(&json!([record("function", &json!(line))])).await, 200);
    }
    let output = end(&platform, extension).await;
    assert!(output.status.success());
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("the handler on_telemetry failed: ") && log.contains("503"), "{log}");
    let mut lines = vec![];
    while let Ok(body) = bodies.try_recv() {
        lines.extend(parse(&body).into_iter().map(|(_, record)| record));
    }
    assert_eq!(lines, ["one", "two", "three"]);
}

#[tokio::test]
async fn reports_settings_that_are_missing_or_invalid() {
    let long = "x".repeat(5000);
    for (variables, message) in [
        (vec![], "set either LOG_SHIPPER_FILE or LOG_SHIPPER_URL"),
        (vec![("LOG_SHIPPER_FILE", "a"), ("LOG_SHIPPER_URL", "http://b")], "set either"),
        (vec![("LOG_SHIPPER_URL", "https://b")], "invalid LOG_SHIPPER_URL \"https://b\""),
        (vec![("LOG_SHIPPER_FILE", long.as_str())], "cannot open LOG_SHIPPER_FILE"),
    ] {
        let platform = Platform::start().await;
        let output = timeout(SOON, start(&platform, &variables).wait_with_output()).await.unwrap().unwrap();
        assert!(!output.status.success());
        let report = platform.wait_for("/init/error", 1).await;
        assert_eq!(report.error_type, "Extension.InvalidSetting");
        let reported = report.body["errorMessage"].as_str().unwrap();
        assert!(reported.starts_with(message), "{reported}");
    }
}
