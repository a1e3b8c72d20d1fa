//! Streams that fail, and failures before the stream.

use std::io;

use axum::{body::Body, routing::any};
use futures_util::{StreamExt as _, stream};
use lodger_gateway::Front;
use lodger_tests::{client::ClientRequest, probe, raw_api::invocation};
use serde_json::{Value, json};

use super::{StreamedReply, frame, invoke, start, stream_app};

#[tokio::test]
async fn a_failed_stream_ends_in_trailers_and_the_next_stream_does_not() {
    let fails = || frame("begun").chain(stream::once(async { Err(io::Error::other("password=hunter2")) }));
    let app = stream_app(fails).route(
        "/panics",
        any(async || Body::from_stream(frame("begun").chain(stream::once(async { panic!("password=hunter2") })))),
    );
    let (_function, mut socket) = start(app).await;
    for (target, error_type, message) in [
        ("/stream", "Function.StreamFailed", "the body of the response failed"),
        ("/panics", "Function.Panicked", "the app panicked while it streamed"),
        // Panics before the first frame.
        ("/panic/body", "Function.Panicked", "the app panicked while it streamed"),
    ] {
        let reply = invoke(&mut socket, &ClientRequest::get(target)).await;
        assert_eq!(reply.failure(), (error_type.to_owned(), message.to_owned()));
        assert!(reply.body == b"begun" || target == "/panic/body" && reply.body.is_empty(), "{reply:?}");
        let next = invoke(&mut socket, &ClientRequest::get("/reply/text")).await;
        assert_eq!(next.trailers, "\r\n");
    }
}

/// A value that panics when it is dropped.
struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("asked to panic on drop");
    }
}

#[tokio::test]
async fn a_stream_that_panics_when_it_is_dropped_does_not_affect_the_next_one() {
    let app = stream_app(|| {
        let held = PanicsOnDrop;
        frame("whole").inspect(move |_| {
            let _ = &held;
        })
    });
    let (_function, mut socket) = start(app).await;
    let reply = invoke(&mut socket, &ClientRequest::get("/stream")).await;
    assert_eq!((&reply.body[..], &*reply.trailers), (&b"whole"[..], "\r\n"));
    let next = invoke(&mut socket, &ClientRequest::get("/reply/text")).await;
    assert_eq!(next.trailers, "\r\n");
}

#[tokio::test]
async fn a_panic_before_the_head_is_a_500() {
    let (_function, mut socket) = start(probe::app()).await;
    let reply = invoke(&mut socket, &ClientRequest::get("/panic")).await;
    assert_eq!((&reply.prelude["statusCode"], &reply.body[..]), (&json!(500), &b"internal server error"[..]));
}

#[tokio::test]
async fn a_request_body_that_is_not_base64_is_a_400() {
    let (_function, mut socket) = start(probe::app()).await;
    let event = Front::function_url().event(&ClientRequest::get("/").method("POST").body("x").request()).unwrap();
    let mut event: Value = serde_json::from_slice(&event).unwrap();
    event["body"] = json!("???");
    event["isBase64Encoded"] = json!(true);
    socket.write(invocation("id", event.to_string().as_bytes(), "")).await;
    let reply = StreamedReply::read(&mut socket).await;
    assert_eq!(reply.prelude["statusCode"], 400);
    assert!(String::from_utf8_lossy(&reply.body).contains("not base64"), "{reply:?}");
}
