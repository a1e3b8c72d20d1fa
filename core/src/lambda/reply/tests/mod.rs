//! Replies to responses: statuses, HEAD, and replies that are not an envelope.

mod bodies;
mod headers;

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use http_body::Frame;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::lambda::reply::*;

const V2: ReplyFormat = ReplyFormat::envelope(Envelope::ApiGateway, HeaderFormat::Joined, HeaderFormat::CookiesArray);
const LISTS: ReplyFormat = ReplyFormat::envelope(Envelope::ApiGateway, HeaderFormat::List, HeaderFormat::List);
const GET: ReplyShape = ReplyShape { format: &V2, without_body: false };
const HEAD: ReplyShape = ReplyShape { format: &V2, without_body: true };

/// The shape of a reply with headers as strings.
fn with_cookies(cookies: HeaderFormat) -> ReplyShape {
    let format = ReplyFormat::envelope(Envelope::ApiGateway, HeaderFormat::Joined, cookies);
    ReplyShape { format: Box::leak(Box::new(format)), without_body: false }
}

fn json(reply: Reply) -> Value {
    let Reply::Payload(payload) = reply else { panic!("{reply:?}") };
    let mut out = vec![];
    let mut pieces = payload.pieces();
    while pieces.push_next(&mut out) {}
    assert_eq!(out.len(), payload.len());
    serde_json::from_slice(&out).unwrap()
}

async fn reply(shape: ReplyShape, response: Response<&'static [u8]>) -> Value {
    json(write(shape, response.map(Full::from), "id").await.ok().unwrap().0)
}

fn response(status: u16, headers: &[(&'static str, &[u8])], body: &'static [u8]) -> Response<&'static [u8]> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
    }
    response
}

/// A body of these frames.
struct FrameList(VecDeque<Result<Frame<Bytes>, &'static str>>);

impl Body for FrameList {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        Poll::Ready(self.0.pop_front())
    }
}

fn frames(frames: impl IntoIterator<Item = Result<Frame<Bytes>, &'static str>>) -> Response<FrameList> {
    Response::new(FrameList(frames.into_iter().collect()))
}

fn data(bytes: &'static [u8]) -> Result<Frame<Bytes>, &'static str> {
    Ok(Frame::data(Bytes::from_static(bytes)))
}

#[tokio::test]
async fn contains_the_status_headers_and_body() {
    let reply = reply(GET, response(201, &[("content-type", b"text/plain"), ("x-a", b"1")], b"hi")).await;
    let headers = json!({"content-type": "text/plain", "x-a": "1"});
    assert_eq!(reply, json!({"statusCode": 201, "headers": headers, "cookies": [], "body": "hi"}));
}

#[tokio::test]
async fn omits_absent_members() {
    // Rule 71: no null, and no member that the front does not know.
    assert_eq!(reply(GET, response(200, &[], b"")).await, json!({"statusCode": 200, "headers": {}, "cookies": []}));
}

#[tokio::test]
async fn head_keeps_the_length_and_drops_the_body() {
    // Rule 92.
    let response = response(200, &[("content-length", b"4096"), ("content-type", b"image/png")], b"not sent");
    let reply = reply(HEAD, response).await;
    let headers = json!({"content-length": "4096", "content-type": "image/png"});
    assert_eq!(reply, json!({"statusCode": 200, "headers": headers, "cookies": []}));
}

#[tokio::test]
async fn head_has_the_length_of_the_dropped_body() {
    let reply = reply(HEAD, response(200, &[("content-type", b"text/plain")], b"hello")).await;
    assert_eq!(reply["headers"], json!({"content-type": "text/plain", "content-length": "5"}));
}

#[tokio::test]
async fn head_has_the_default_type_that_a_get_has() {
    // Rule 88.
    let octets = json!("application/octet-stream");
    assert_eq!(reply(HEAD, response(200, &[], b"hello")).await["headers"]["content-type"], octets);
    // The router has removed the body already.
    assert_eq!(reply(HEAD, response(200, &[("content-length", b"5")], b"")).await["headers"]["content-type"], octets);
    let nothing: [&[(&'static str, &[u8])]; 2] = [&[], &[("content-length", b"0")]];
    for headers in nothing {
        assert_eq!(reply(HEAD, response(200, headers, b"")).await["headers"].get("content-type"), None);
    }
    let stream = json(write(HEAD, frames([data(b"x")]), "id").await.ok().unwrap().0);
    assert_eq!(stream["headers"], json!({"content-type": octets}));
}

#[tokio::test]
async fn rejects_informational_and_invalid_statuses() {
    // Rule 72.
    let error = write(GET, response(101, &[], b"").map(Full::from), "id").await.err().unwrap();
    assert!(error.to_string().starts_with("cannot send status 101 Switching Protocols: it is not final"), "{error}");
    let error = write(GET, response(999, &[], b"").map(Full::from), "id").await.err().unwrap();
    assert!(error.to_string().starts_with("cannot send status 999:"), "{error}");
}

#[tokio::test]
async fn drops_the_body_of_204_205_and_304() {
    // Rule 91.
    let typed = json!({"content-type": "text/plain", "etag": "\"1\""});
    for (status, kept) in [(204, json!({"etag": "\"1\""})), (205, json!({"etag": "\"1\""})), (304, typed)] {
        let headers: &[(&'static str, &[u8])] =
            &[("content-length", b"3"), ("content-type", b"text/plain"), ("etag", b"\"1\"")];
        let reply = reply(GET, response(status, headers, b"abc")).await;
        assert_eq!(reply, json!({"statusCode": status, "headers": kept, "cookies": []}));
    }
}

#[tokio::test]
async fn prelude_contains_no_null() {
    for format in [&ReplyFormat::URL_PRELUDE, &ReplyFormat::REST_PRELUDE] {
        let shape = ReplyShape { format, without_body: false };
        let (reply, _) = write(shape, response(204, &[], b"").map(Full::from), "id").await.unwrap();
        let Reply::Stream(start) = reply else { panic!("{reply:?}") };
        assert!(!String::from_utf8_lossy(&start).contains("null"), "{start:?}");
    }
}

#[tokio::test]
async fn returns_the_body_of_a_stream_with_the_default_type() {
    let shape = ReplyShape { format: &ReplyFormat::URL_PRELUDE, without_body: false };
    for (body, has_type) in [(&b"x"[..], true), (b"", false)] {
        let (reply, rest) = write(shape, response(200, &[], body).map(Full::from), "id").await.unwrap();
        let Reply::Stream(start) = reply else { panic!("{reply:?}") };
        assert_eq!(String::from_utf8_lossy(&start).contains("application/octet-stream"), has_type);
        assert!(rest.is_some());
    }
}

#[tokio::test]
async fn load_balancers_get_a_description_and_always_the_encoding() {
    // Rules 71 and 80.
    let format = &ReplyFormat { kind: ReplyKind::Envelope(Envelope::LoadBalancer), ..LISTS };
    let shape = ReplyShape { format, without_body: false };
    let described = async |status| reply(shape, response(status, &[], b"")).await;
    let expected = json!({
        "statusCode": 404, "statusDescription": "404 Not Found", "multiValueHeaders": {}, "isBase64Encoded": false,
    });
    assert_eq!(described(404).await, expected);
    assert_eq!(described(599).await["statusDescription"], "599 Unknown");
    let text = reply(shape, response(200, &[], b"x")).await;
    assert_eq!((&text["body"], &text["isBase64Encoded"]), (&json!("x"), &json!(false)));
    let binary = reply(shape, response(200, &[], b"\xff")).await;
    assert_eq!(binary["isBase64Encoded"], true);
}

#[tokio::test]
async fn error_status_that_no_client_sees_fails_the_invocation() {
    // Rule 113.
    let result = ReplyShape { format: &ReplyFormat::RESULT, without_body: false };
    assert_eq!(reply(result, response(202, &[("x-a", b"1")], b"{\"a\":1}")).await, json!({"a": 1}));
    assert_eq!(reply(result, response(204, &[], b"")).await, Value::Null);
    for status in [301, 400, 404, 500] {
        let (reply, _) = write(result, response(status, &[], b"why").map(Full::from), "id").await.unwrap();
        let Reply::Error { error_type: "Function.ErrorStatus", message } = reply else { panic!("{reply:?}") };
        assert!(message.contains(&status.to_string()) && message.ends_with("why"), "{message}");
    }
    let panicked = text(result, StatusCode::INTERNAL_SERVER_ERROR, "internal server error".into(), "id");
    assert!(matches!(panicked, Reply::Error { .. }));
}
