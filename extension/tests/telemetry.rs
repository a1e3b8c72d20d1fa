//! Records, against a server.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic")]

mod support;

use std::time::Duration;

use lodger_extension::{
    Extension,
    telemetry::{Buffering, Record, Stream, Subscription},
};
use serde_json::json;
use support::{
    Platform, SOON, post,
    running::{Running, records},
};
use tokio::{io::AsyncWriteExt as _, net::TcpListener, sync::mpsc, time::timeout};

#[tokio::test]
async fn subscribes_before_the_first_poll_and_receives_records_of_any_kind() {
    let mut running = Running::start(Duration::ZERO, |extension| extension).await;
    assert_eq!(running.platform.deliver(&records(&["function", "platform.moon"])).await, 200);
    assert_eq!(running.batch().await, ["function", "platform.moon"]);
    assert_eq!(running.platform.deliver(&json!([{ "type": "platform.report" }, 7, { "type": [] }])).await, 200);
    assert_eq!(running.batch().await, ["platform.report", "", ""]);
    let expected =
        ["POST /2020-01-01/extension/register", "PUT /2022-07-01/telemetry", "GET /2020-01-01/extension/event/next"];
    assert_eq!(running.platform.targets(), expected);
    let subscription = running.platform.wait_for("/telemetry", 1).await.body;
    assert_eq!(subscription["schemaVersion"], "2025-01-29");
    assert_eq!(subscription["types"], json!(["platform", "function"]));
    assert!(subscription["destination"]["URI"].as_str().unwrap().starts_with("http://sandbox.localdomain:"));
    assert_eq!((running.stats.batches(), running.stats.records(), running.stats.handled_records()), (2, 5, 5));
    running.end().await.unwrap();
}

#[tokio::test]
async fn serves_several_connections_with_one_listener() {
    let mut running = Running::start(Duration::ZERO, |extension| extension).await;
    let mut first = running.platform.connect().await;
    let mut second = running.platform.connect().await;
    for socket in [&mut first, &mut second] {
        for _ in 0..3 {
            assert_eq!(post(socket, b"[{\"type\":\"function\"}]").await, 200);
            assert_eq!(running.batch().await, ["function"]);
        }
    }
    // A client that leaves in the middle of a batch.
    first.write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\n[").await.unwrap();
    drop(first);
    assert_eq!(post(&mut second, b"[{\"type\":\"extension\"}]").await, 200);
    assert_eq!(running.batch().await, ["extension"]);
    running.end().await.unwrap();
}

#[tokio::test]
async fn keeps_the_good_part_of_a_damaged_batch() {
    let mut running = Running::start(Duration::ZERO, |extension| extension).await;
    let mut socket = running.platform.connect().await;
    assert_eq!(post(&mut socket, b"[{\"type\":\"a\"},{\"type\":").await, 200);
    assert_eq!(running.batch().await, ["a"]);
    assert_eq!(post(&mut socket, b"[{\"type\":\"b\"}]").await, 200);
    assert_eq!(running.batch().await, ["b"]);
    assert_eq!((running.stats.damaged_batches(), running.stats.rejected_requests()), (1, 0));
    running.end().await.unwrap();
}

#[tokio::test]
async fn rejects_requests_without_a_batch_and_batches_that_are_too_large() {
    let running = Running::start(Duration::ZERO, |extension| extension).await;
    let mut socket = running.platform.connect().await;
    socket.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    assert_eq!(support::status(&mut socket).await, 405);
    // Twice the default size of the records, and 256 bytes for each of 10,000 records.
    let limit = 2 * 256 * 1024 + 256 * 10_000;
    socket
        .write_all(format!("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: {}\r\n\r\n", limit + 1).as_bytes())
        .await
        .unwrap();
    assert_eq!(support::status(&mut socket).await, 413);
    assert_eq!(running.stats.rejected_requests(), 2);
    let stats = running.stats.clone();
    let mut body = vec![b' '; limit - 2];
    body.extend(b"[]");
    assert_eq!(post(&mut running.platform.connect().await, &body).await, 200);
    assert_eq!((stats.rejected_requests(), stats.batches()), (2, 1));
    running.end().await.unwrap();
}

#[tokio::test]
async fn falls_back_to_older_schemas() {
    for (rejected, accepted) in [(vec![], "2025-01-29"), (vec!["2025-01-29"], "2022-12-13")] {
        let platform = Platform::start().await;
        for version in rejected {
            platform.respond_with(version, 400);
        }
        let extension = Extension::new().name("e").address(&platform.address).on_telemetry(async |_: Vec<Record>| {});
        assert_eq!(extension.register().await.unwrap().schema_version(), Some(accepted));
    }
}

#[tokio::test]
async fn reports_a_rejected_subscription_and_a_port_that_is_in_use() {
    let platform = Platform::start().await;
    platform.respond_with("/telemetry", 400);
    let extension = Extension::new().name("e").address(&platform.address).on_telemetry(async |_: Vec<Record>| {});
    assert_eq!(extension.run().await.unwrap_err().status(), Some(400));
    let report = platform.wait_for("/init/error", 1).await;
    assert_eq!(report.error_type, "Extension.StartFailed");
    // All versions, and no poll.
    assert_eq!(platform.targets().iter().filter(|target| target.starts_with("PUT")).count(), 3);
    assert!(!platform.targets().iter().any(|target| target.ends_with("next")));

    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = taken.local_addr().unwrap();
    let platform = Platform::start().await;
    let extension = Extension::new().name("e").address(&platform.address).on_telemetry(async |_: Vec<Record>| {});
    let error = extension.subscription(Subscription::new().listen(addr)).run().await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {addr} for telemetry"));
    let report = platform.wait_for("/init/error", 1).await;
    assert!(report.body["errorMessage"].as_str().unwrap().starts_with(&error.to_string()));
}

#[tokio::test]
async fn subscribes_to_the_logs_api_with_settings() {
    let platform = Platform::start().await;
    let (sender, mut logs) = mpsc::unbounded_channel();
    let buffering = Buffering { max_items: 1_000, max_bytes: 300_000, timeout: Duration::from_millis(25) };
    let subscription = Subscription::new()
        .streams([Stream::Function, Stream::Extension])
        .buffering(buffering)
        .listen(([127, 0, 0, 1], 0))
        .host("127.0.0.1");
    let extension = Extension::new().name("e").address(&platform.address).subscription(subscription);
    let extension = extension.on_logs(move |records: Vec<Record>| {
        let _ = sender.send(records[0].parse::<String>());
        async {}
    });
    let running = tokio::spawn(extension.run());
    assert_eq!(platform.deliver(&json!([{ "time": "t", "type": "function", "record": "line\n" }])).await, 200);
    assert_eq!(timeout(SOON, logs.recv()).await.unwrap().unwrap().unwrap(), "line\n");
    let body = platform.wait_for("PUT /2020-08-15/logs", 1).await.body;
    assert_eq!((&body["schemaVersion"], &body["types"]), (&"2021-03-18".into(), &json!(["function", "extension"])));
    assert_eq!(body["buffering"], json!({ "maxItems": 1_000, "maxBytes": 300_000, "timeoutMs": 25 }));
    assert!(body["destination"]["URI"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    running.abort();
}

#[tokio::test]
async fn a_panic_loses_one_batch() {
    let platform = Platform::start().await;
    let (sender, mut kinds) = mpsc::unbounded_channel();
    let extension = Extension::new().name("e").address(&platform.address);
    let extension = extension.on_telemetry(move |records: Vec<Record>| {
        let sender = sender.clone();
        async move {
            assert_ne!(records[0].kind(), "bad");
            let _ = sender.send(records[0].kind().to_owned());
        }
    });
    let stats = extension.stats();
    let running = tokio::spawn(extension.run());
    for kind in ["good", "bad", "better"] {
        assert_eq!(platform.deliver(&records(&[kind])).await, 200);
    }
    for kind in ["good", "better"] {
        assert_eq!(timeout(SOON, kinds.recv()).await.unwrap().unwrap(), kind);
    }
    assert_eq!((stats.failed_calls(), stats.handled_records()), (1, 3));
    running.abort();
}
