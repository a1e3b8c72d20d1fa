//! Warnings and errors in the log: limits of a front, and work after the response.

use std::{process::Stdio, time::Duration};

use lodger_gateway::{Front, Invocation, RuntimeApi, WebSocketApi};
use lodger_tests::{
    client::{ClientRequest, send},
    program::Exit,
    raw_api::{RawRuntimeApi, invocation},
};
use serde_json::json;
use tokio::net::TcpListener;

use super::{request_for_response, start};

#[tokio::test]
async fn warns_about_responses_that_a_front_does_not_forward() {
    let api = RuntimeApi::start().await.unwrap();
    let vars = [("AWS_LAMBDA_RUNTIME_API", &*api.address()), ("LODGER_WEBSOCKET_PATH", "/size")];
    let process = start(&vars);
    let request = |size: usize, cookies: usize| {
        let mut headers = vec![json!(["x-large", "y".repeat(size)])];
        headers.resize(1 + cookies, json!(["set-cookie", "a=1"]));
        request_for_response("/respond", 200, headers).request()
    };
    // Rule 87: a REST API accepts 10 KB of headers, a load balancer 32 KB. The limit of a Function URL is unknown.
    for (front, size) in [(Front::rest_api(), 9_800), (Front::alb(), 32_000), (Front::function_url(), 60_000)] {
        let _ = api.send(&front, &request(size, 0)).await;
    }
    assert_eq!(api.send(&Front::rest_api(), &request(9_600, 0)).await.status(), 200);
    // Rule 81.
    assert_eq!(api.send(&Front::lattice_v1(), &request(1, 3)).await.status(), 200);
    // Rules 42 and 66: one warning for all requests.
    for _ in 0..2 {
        let lossy = ClientRequest::get("/").method("POST").body(b"\x89PNG\r\n\x1a\n").request();
        api.send(&Front::rest_api().binary_media_types(["image/png"]), &lossy).await;
        api.send(&Front::alb(), &lossy).await;
    }
    // Rule 70.
    for size in ["131072", "131073"] {
        api.invoke(WebSocketApi::new().message(size, "")).await.unwrap().unwrap();
    }
    process.signal("KILL");
    let log = process.wait().stderr;
    let lines: Vec<&str> = log.lines().collect();
    let expected = [
        "the response headers take 98",
        "this load balancer sends only the last value of repeated headers",
        "the response headers take 320",
        "dropped 2 cookies of the response",
        "a request body contains U+FFFD",
        "the response to the message takes 131073 bytes, and the WebSocket API sends at most 131072",
    ];
    assert_eq!(lines.len(), expected.len(), "{log}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.contains(expected), "{line}");
    }
}

#[tokio::test]
async fn warns_about_a_prelude_close_to_the_limit_of_its_front() {
    let api = RuntimeApi::start().await.unwrap();
    let vars = [("AWS_LAMBDA_RUNTIME_API", &*api.address()), ("LODGER_RESPONSE_MODE", "stream")];
    let process = start(&vars);
    // A quote takes two bytes of JSON: 7,900 quotes are close to the limit of 16 KB, and less than 10 KB of headers.
    for (front, quotes) in [
        (Front::function_url(), 7_000),
        (Front::function_url(), 7_900),
        (Front::rest_api(), 7_000),
        (Front::rest_api(), 7_900),
    ] {
        let request = request_for_response("/respond", 200, json!([["x-large", "\"".repeat(quotes)]]));
        let response = api.stream(&front.streaming(), &request.request()).await;
        assert_eq!(response.headers()["x-large"].len(), quotes);
        drop(response.collect().await);
    }
    process.signal("KILL");
    let log = process.wait().stderr;
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    for line in lines {
        assert!(line.contains("the headers take 158") && line.contains("accepts at most 16384"), "{line}");
    }
}

#[tokio::test]
async fn logs_a_rejected_response_unless_it_came_after_the_timeout() {
    let api = RawRuntimeApi { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() };
    let process = start(&[("AWS_LAMBDA_RUNTIME_API", &*api.listener.local_addr().unwrap().to_string())]);
    let mut socket = api.accept().await;
    let event = Front::function_url().event(&ClientRequest::get("/").request()).unwrap();
    for status in [410, 400] {
        socket.poll().await;
        socket.write(invocation("one", &event, "")).await;
        socket.response("one").await;
        socket.write(format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n")).await;
    }
    socket.poll().await;
    process.signal("KILL");
    let log = process.wait().stderr;
    assert!(log.lines().count() == 1 && log.contains("status 400"), "{log}");
}

#[tokio::test]
async fn goes_on_when_standard_error_is_closed() {
    let api = RuntimeApi::start().await.unwrap();
    let mut process = tokio::process::Command::new(env!("CARGO_BIN_EXE_probe"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.address())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    drop(process.stderr.take());
    let status =
        async |target| api.send(&Front::function_url(), &ClientRequest::get(target).request()).await.status().as_u16();
    assert_eq!((status("/panic").await, status("/panic").await, status("/").await), (500, 500, 200));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn on_lambda_logs_failures_of_work_after_the_response_with_the_request_id() {
    let api = RuntimeApi::start().await.unwrap();
    let process = start(&[("AWS_LAMBDA_RUNTIME_API", &*api.address())]);
    for (target, seconds) in [("/after/panic/0", 30), ("/after/said/0", 30), ("/after/long/held", 3), ("/", 30)] {
        let event = Front::function_url().event(&ClientRequest::get(target).request()).unwrap();
        let result = api.invoke(Invocation::new(event).timeout(Duration::from_secs(seconds))).await.unwrap();
        assert_eq!(Front::function_url().response(&result).status(), 200, "{target}");
    }
    process.signal("KILL");
    let log = process.wait().stderr;
    // The panic itself has lines of the standard library.
    let is_expected = |line: &&str| line.starts_with("lodger:") || line.starts_with("probe:");
    let lines: Vec<&str> = log.lines().filter(is_expected).collect();
    let request = |number| format!("request 8476a536-e9f4-11e8-9739-00000000000{number}: the work after the response");
    let expected = [
        format!("lodger: error: {} panicked: asked to panic after the response", request(1)),
        "probe: said after the response".to_owned(),
        format!("lodger: warning: {} was cancelled at the deadline (LODGER_DEADLINE_MARGIN)", request(3)),
    ];
    assert_eq!(lines, expected, "{log}");
}

#[tokio::test]
async fn on_a_server_logs_failures_of_work_after_the_response() {
    let mut process = start(&[("LODGER_ADDR", "127.0.0.1:0"), ("LODGER_GRACE", "0.2")]);
    let addr = process.listening_addr();
    assert_eq!(send(addr, &ClientRequest::get("/after/panic/0")).await.status(), 200);
    let mut log = String::new();
    while !log.contains("a request: the work after the response panicked: asked to panic") {
        let line = process.read_line();
        assert!(!line.is_empty(), "{log}");
        log += &line;
    }
    assert_eq!(send(addr, &ClientRequest::get("/after/long/held")).await.status(), 200);
    process.signal("TERM");
    let Exit { status, stderr: log, .. } = process.wait();
    assert!(status.success(), "{log}");
    assert!(log.contains("cut off requests in flight 200ms after the shutdown began"), "{log}");
}
