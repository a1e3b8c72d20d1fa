//! Batches, retries and dropped records.

use std::time::{Duration, Instant};

use lodger_gateway::RuntimeApi;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
};

use crate::support::{Listener, RawExtension, header, soon, subscribe, subscribe_to};

#[tokio::test]
async fn sends_an_array_of_records_by_post() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let listener = Listener::start().await;
    subscribe_to(&api, &extension, &listener, &["function", "extension"]).await;
    api.function_log("INFO hello\n");
    api.extension_log("sent\n");
    let record = listener.record("extension").await;
    assert_eq!(record["record"], "sent");
    let batch = listener.batches().remove(0);
    assert!(batch.head.starts_with("post /records?x=1 http/1.1\r\n"), "{}", batch.head);
    assert_eq!(header(&batch.head, "host").unwrap(), format!("sandbox.localdomain:{}", listener.port));
    assert_eq!(header(&batch.head, "content-type"), Some("application/json"));
    let function = &batch.records[0];
    assert_eq!((&function["type"], &function["record"]), (&json!("function"), &json!("INFO hello")));
    let time = function["time"].as_str().unwrap();
    assert!(time.len() == 24 && time.starts_with("20") && time.ends_with('Z'), "{time}");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_batch_waits_for_its_timeout_or_its_size() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let (patient, quick) = (Listener::start().await, Listener::start().await);
    for (listener, timeout) in [(&patient, 30_000), (&quick, 400)] {
        let body = json!({
            "schemaVersion": "2022-07-01",
            "types": ["function"],
            "destination": listener.destination(),
            "buffering": {"timeoutMs": timeout, "maxItems": 1000},
        });
        subscribe(&api, &extension, "/2022-07-01/telemetry", &body).await;
    }
    let start = Instant::now();
    api.function_log("0");
    quick.record("function").await;
    assert!(start.elapsed() >= Duration::from_millis(400), "{:?}", start.elapsed());
    assert_eq!(patient.batches().len(), 0);
    for number in 1..1000 {
        api.function_log(&number.to_string());
    }
    patient.record_where(|record| record["record"] == "999").await;
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
    assert_eq!(patient.batches()[0].records.len(), 1000);
}

#[tokio::test]
async fn sends_a_batch_again_after_an_error() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let listener = Listener::start_with([500, 503, 404]).await;
    subscribe_to(&api, &extension, &listener, &["function"]).await;
    api.function_log("kept");
    assert_eq!(listener.record("function").await["record"], "kept");
    assert_eq!(listener.batches().len(), 1);
}

#[tokio::test]
async fn reports_a_batch_that_the_listener_never_takes() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let listener = Listener::start_with([200, 500, 500, 500, 500, 500]).await;
    subscribe_to(&api, &extension, &listener, &["platform", "function"]).await;
    // The first batch has the records of the platform.
    listener.record("platform.telemetrySubscription").await;
    api.function_log("lost");
    // All attempts together take less than a second.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    api.function_log("next");
    let dropped = listener.record("platform.logsDropped").await;
    assert_eq!(dropped["record"]["droppedRecords"], 1, "{dropped}");
    assert!(dropped["record"]["droppedBytes"].as_u64().unwrap() > 4, "{dropped}");
    assert!(dropped["record"]["reason"].is_string(), "{dropped}");
    let last = &listener.batches()[1];
    assert_eq!((&last.records[0]["type"], &last.records[1]["record"]), (&dropped["type"], &json!("next")));
}

#[tokio::test]
async fn waits_for_a_listener_that_starts_late() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = reserved.local_addr().unwrap().port();
    drop(reserved);
    let body = json!({
        "types": ["function"],
        "destination": {"protocol": "TCP", "port": port},
        "buffering": {"timeoutMs": 25},
    });
    subscribe(&api, &extension, "/2020-08-15/logs", &body).await;
    api.function_log("first");
    api.function_log("second");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let (socket, _) = soon(listener.accept()).await.unwrap();
    let mut lines = BufReader::new(socket).lines();
    for text in ["first", "second"] {
        let line = soon(lines.next_line()).await.unwrap().unwrap();
        let record: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&record["type"], &record["record"]), (&json!("function"), &json!(text)));
    }
}

#[tokio::test]
async fn the_logs_api_can_use_put() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let listener = Listener::start().await;
    let mut destination = listener.destination();
    destination["method"] = json!("PUT");
    let body = json!({"types": ["function"], "destination": destination, "buffering": {"timeoutMs": 25}});
    subscribe(&api, &extension, "/2020-08-15/logs", &body).await;
    api.function_log("by PUT");
    listener.record("function").await;
    assert!(listener.batches()[0].head.starts_with("put /records"), "{:?}", listener.batches());
}
