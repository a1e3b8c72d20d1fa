//! The form of a streamed reply: its prelude, its body, and the fronts that stream.

use axum::{Router, body::Body, routing::any};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderName, HeaderValue};
use http_body::Frame;
use http_body_util::StreamBody;
use lodger::{Error, ResponseMode};
use lodger_gateway::{
    Front,
    Warning::{BufferedReply, StreamedReply as StreamedReplyWarning},
};
use lodger_tests::{client::ClientRequest, probe, test_host::TestHost};
use serde_json::json;

use super::{StreamedReply, accept, invocation_of, invoke, start, stream_app};

#[tokio::test]
async fn a_stream_without_a_body_ends_at_once() {
    let (_function, mut socket) = start(probe::app()).await;
    for (request, status) in [
        (ClientRequest::get("/status/204"), 204),
        (ClientRequest::get("/status/304"), 304),
        (ClientRequest::get("/reply/redirect"), 303),
        (ClientRequest::get("/reply/empty"), 200),
        (ClientRequest::get("/reply/text").method("HEAD"), 200),
        (ClientRequest::get("/slow/60000").method("HEAD"), 200),
    ] {
        let reply = invoke(&mut socket, &request).await;
        assert_eq!((&reply.prelude["statusCode"], reply.body.len()), (&json!(status), 0), "{reply:?}");
        assert_eq!(reply.reads.len(), 1, "{reply:?}");
        assert!(reply.prelude["headers"].get("content-length").is_none(), "{reply:?}");
    }
}

#[tokio::test]
async fn the_prelude_has_the_format_of_its_front() {
    let (_function, mut socket) = start(probe::app()).await;
    let wanted = json!({"status": 201, "body": "x", "headers": [
        ["x-a", "1"], ["x-a", "2"], ["set-cookie", "a=1"], ["set-cookie", "b=2"], ["content-length", "1"],
        ["connection", "x-gone"], ["x-gone", "1"], ["transfer-encoding", "chunked"], ["content-type", "text/plain"]]});
    let request = ClientRequest::get("/respond")
        .method("POST")
        .header("content-type", "application/json")
        .body(wanted.to_string());
    let function_url = invoke(&mut socket, &request).await;
    assert_eq!(
        function_url.prelude,
        json!({
            "statusCode": 201, "headers": {"x-a": "1, 2", "content-type": "text/plain"}, "cookies": ["a=1", "b=2"],
        })
    );
    socket.write(invocation_of(&Front::rest_api(), &request)).await;
    let rest_api = StreamedReply::read(&mut socket).await;
    assert_eq!(
        rest_api.prelude,
        json!({
            "statusCode": 201, "multiValueHeaders": {"x-a": ["1", "2"], "content-type": ["text/plain"]},
            "cookies": ["a=1", "b=2"],
        })
    );
    accept(&mut socket).await;
    // `cargo lambda watch` requires the list of cookies.
    let empty = invoke(&mut socket, &ClientRequest::get("/reply/empty")).await;
    assert_eq!(empty.prelude, json!({"statusCode": 200, "headers": {}, "cookies": []}));
}

#[tokio::test]
async fn fronts_that_cannot_stream_get_a_buffered_reply() {
    let (_function, mut socket) = start(probe::app()).await;
    for front in Front::all() {
        socket.write(invocation_of(&front, &ClientRequest::get("/slow/10"))).await;
        if ["function-url", "rest-api"].contains(&front.name()) {
            let reply = StreamedReply::read(&mut socket).await;
            assert_eq!(reply.body, b"begun ended", "{front}");
        } else {
            let reply = socket.response("id").await;
            assert!(reply.contains("\"body\":\"begun ended\"") && reply.contains("content-length: "), "{reply}");
        }
        accept(&mut socket).await;
    }
}

#[tokio::test]
async fn the_gateway_warns_once_when_the_modes_of_function_and_front_differ() {
    for (front, name) in [(Front::function_url(), "function-url"), (Front::rest_api(), "rest-api")] {
        for mode in [ResponseMode::Buffered, ResponseMode::Stream] {
            let lambda = TestHost::lambda().start(|lodger| lodger.response_mode(mode).run(probe::app())).await;
            let request = ClientRequest::get("/reply/text").request();
            for _ in 0..2 {
                lambda.send(&front, &request).await;
                lambda.send(&front.clone().streaming(), &request).await;
            }
            let expected = match mode {
                ResponseMode::Buffered => BufferedReply { front: name },
                _ => StreamedReplyWarning { front: name, can_stream: true },
            };
            assert_eq!(lambda.warnings(), [expected], "{front} {mode:?}");
        }
    }
}

#[tokio::test]
async fn drops_the_trailers_of_a_body() {
    let frames = || {
        let trailers = [(HeaderName::from_static("x-checksum"), HeaderValue::from_static("1"))].into_iter().collect();
        [Frame::data(Bytes::from_static(b"whole")), Frame::trailers(trailers)].map(Ok::<_, Error>)
    };
    let body = async move || Body::new(StreamBody::new(stream::iter(frames())));
    let (_function, mut socket) = start(Router::new().route("/", any(body))).await;
    let reply = invoke(&mut socket, &ClientRequest::get("/")).await;
    assert_eq!((&reply.body[..], &*reply.trailers), (&b"whole"[..], "\r\n"));
}

#[tokio::test]
async fn frames_of_1_mb_arrive_unchanged() {
    let frame = |seed: usize| (0..1_000_003_usize).map(|i| ((i * seed) >> 3) as u8).collect::<Vec<u8>>();
    let make = move || stream::iter([31, 7, 113].map(|seed| Ok(Bytes::from(frame(seed)))));
    let (_function, mut socket) = start(stream_app(make)).await;
    let reply = invoke(&mut socket, &ClientRequest::get("/stream")).await;
    assert!(reply.body == [frame(31), frame(7), frame(113)].concat(), "{} bytes", reply.body.len());
}

#[tokio::test]
async fn frames_of_any_length_arrive_unchanged() {
    let lengths = [0, 1, 32_767, 0, 32_768, 32_769, 2, 0];
    let frame = |length: usize| (0..length).map(|i| (i >> 3) as u8).collect::<Vec<_>>();
    let make = move || stream::iter(lengths.map(|length| Ok(Bytes::from(frame(length)))));
    let (_function, mut socket) = start(stream_app(make)).await;
    let reply = invoke(&mut socket, &ClientRequest::get("/stream")).await;
    assert!(reply.body == lengths.map(frame).concat(), "{} bytes", reply.body.len());
}
