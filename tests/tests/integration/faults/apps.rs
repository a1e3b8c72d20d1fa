//! Events that an app cannot receive, and apps that fail: the invocation fails, and the next one does not.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lodger::{Lodger, ResponseMode};
use lodger_gateway::Front;
use lodger_tests::{
    client::ClientRequest,
    probe,
    raw_api::{self, ACCEPTED, RawRuntimeApi, Socket},
    test_host::{TestApp, TestHost},
    wait::wait_until,
};
use serde_json::{Value, json};

use super::{KINDS, Kind, idle_slots};
use crate::streams::StreamedReply;

/// A function with the probe as its app.
struct Probe {
    api: TestApp<RawRuntimeApi>,
    /// The slots that poll during the whole test.
    _idle: Vec<Socket>,
}

impl Probe {
    async fn start(kind: Kind, mode: ResponseMode) -> Self {
        let (host, slots) = (TestHost::raw_lambda(), kind.slots.try_into().unwrap());
        let set_up = move |lodger: Lodger| lodger.max_concurrency(slots).response_mode(mode);
        let api = if kind.is_actix_web {
            host.on_own_thread().start(move |lodger| set_up(lodger).run(probe::actix_web::app)).await
        } else {
            host.start(|lodger| set_up(lodger).run(probe::app())).await
        };
        let idle = idle_slots(&api, kind).await;
        Self { api, _idle: idle }
    }

    /// Accepts a connection, and waits for the poll on it.
    async fn poll(&self) -> Socket {
        let mut socket = self.api.accept().await;
        socket.poll().await;
        socket
    }
}

fn event(target: &str) -> Value {
    let event = Front::function_url().event(&ClientRequest::get(target).request()).unwrap();
    serde_json::from_slice(&event).unwrap()
}

fn invocation(target: &str) -> Vec<u8> {
    raw_api::invocation("one", event(target).to_string().as_bytes(), "")
}

/// An invocation with two seconds to its deadline.
fn short_invocation(target: &str) -> Vec<u8> {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(2);
    let header = format!("Lambda-Runtime-Deadline-Ms: {}\r\n", deadline.as_millis());
    raw_api::invocation("one", event(target).to_string().as_bytes(), &header)
}

/// Accepts the last result, and checks that the same slot handles a request.
async fn invokes_again(socket: &mut Socket, mode: ResponseMode) {
    socket.write(ACCEPTED).await;
    socket.poll().await;
    socket.write(invocation("/reply/text")).await;
    if mode == ResponseMode::Buffered {
        assert!(socket.response("one").await.contains("\"statusCode\":200"));
    } else {
        assert_eq!(StreamedReply::read(socket).await.prelude["statusCode"], 200);
    }
    socket.write(ACCEPTED).await;
    socket.poll().await;
}

#[tokio::test]
async fn rejects_invalid_events() {
    let with = |key: &str, value: Value| {
        let mut event = event("/");
        event[key] = value;
        event.to_string()
    };
    let events = [
        (event("/").to_string()[1..].to_owned(), "Runtime.MalformedEvent"),
        (String::new(), "Runtime.MalformedEvent"),
        (json!({"Records": [{"eventSource": "aws:sqs"}]}).to_string(), "Runtime.UnsupportedEvent"),
        ("null".to_owned(), "Runtime.UnsupportedEvent"),
        (with("headers", json!({"x-split": "1\r\nx-evil: 2"})), "\"statusCode\":400"),
        (
            with("body", json!("???")).replace("\"isBase64Encoded\":false", "\"isBase64Encoded\":true"),
            "\"statusCode\":400",
        ),
    ];
    for kind in KINDS {
        let function = Probe::start(kind, ResponseMode::Buffered).await;
        let mut socket = function.poll().await;
        for (event, expected) in &events {
            socket.write(raw_api::invocation("one", event.as_bytes(), "")).await;
            let result = socket.request().await;
            let path = if expected.starts_with("Runtime") { "error" } else { "response" };
            assert!(
                result.starts_with(&format!("POST /2018-06-01/runtime/invocation/one/{path} ")),
                "{kind:?} {result}"
            );
            assert!(result.contains(expected), "{kind:?} {event}: {result}");
            invokes_again(&mut socket, ResponseMode::Buffered).await;
        }
    }
}

#[tokio::test]
async fn responds_with_500_to_a_panic_and_to_a_response_over_6_mb() {
    for kind in KINDS {
        let function = Probe::start(kind, ResponseMode::Buffered).await;
        let mut socket = function.poll().await;
        for target in ["/panic", "/panic/body", "/size/7000000"] {
            socket.write(invocation(target)).await;
            let reply = socket.response("one").await;
            assert!(reply.contains("\"statusCode\":500"), "{kind:?} {target}: {reply:.300}");
            invokes_again(&mut socket, ResponseMode::Buffered).await;
        }
    }
}

#[tokio::test]
async fn cancels_a_handler_and_a_body_at_the_deadline() {
    for (index, kind) in KINDS.into_iter().enumerate() {
        let function = Probe::start(kind, ResponseMode::Buffered).await;
        let mut socket = function.poll().await;
        for suffix in ["", "/body"] {
            let name = format!("deadline-{index}{}", suffix.len());
            socket.write(short_invocation(&format!("/endless/{name}{suffix}"))).await;
            let reply = socket.response("one").await;
            assert!(reply.contains("\"statusCode\":504"), "{kind:?} {suffix}: {reply}");
            wait_until("the app drops it", || probe::is_gone(&name)).await;
            invokes_again(&mut socket, ResponseMode::Buffered).await;
        }
    }
}

#[tokio::test]
async fn ends_a_failed_stream_in_trailers() {
    for (index, kind) in KINDS.into_iter().enumerate() {
        let function = Probe::start(kind, ResponseMode::Stream).await;
        let mut socket = function.poll().await;
        let endless = format!("/endless/stream-{index}/body");
        for (target, error_type) in [
            ("/feed/2/1/fails", "Function.StreamFailed"),
            ("/panic/body", "Function.Panicked"),
            (&*endless, "Function.Timeout"),
        ] {
            socket.write(short_invocation(target)).await;
            let reply = StreamedReply::read(&mut socket).await;
            assert_eq!(reply.failure().0, error_type, "{kind:?} {target}");
            invokes_again(&mut socket, ResponseMode::Stream).await;
        }
        wait_until("the body is dropped", || probe::is_gone(&format!("stream-{index}"))).await;
    }
}

#[tokio::test]
async fn drops_a_body_when_lambda_resets_the_connection() {
    for (index, kind) in KINDS.into_iter().enumerate() {
        let function = Probe::start(kind, ResponseMode::Stream).await;
        let mut socket = function.poll().await;
        let name = format!("reset-{index}");
        socket.write(invocation(&format!("/endless/{name}/body"))).await;
        let mut read = Vec::new();
        while !read.ends_with(b"begun\r\n") {
            read.extend(socket.read().await.unwrap());
        }
        assert!(!probe::is_gone(&name), "{kind:?}");
        socket.reset();
        wait_until("the body is dropped", || probe::is_gone(&name)).await;
        let mut socket = function.poll().await;
        socket.write(invocation("/reply/text")).await;
        assert_eq!(StreamedReply::read(&mut socket).await.prelude["statusCode"], 200);
    }
}
