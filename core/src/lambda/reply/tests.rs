use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use http::HeaderValue;
use http_body::Frame;
use http_body_util::Full;
use serde_json::{Value, json};

use super::*;

const GET: Shape = Shape { without_body: false };
const HEAD: Shape = Shape { without_body: true };

fn json(payload: &Payload) -> Value {
    let mut out = vec![];
    let mut pieces = payload.pieces();
    while pieces.push_next(&mut out) {}
    assert_eq!(out.len(), payload.len());
    serde_json::from_slice(&out).unwrap()
}

async fn reply(shape: Shape, response: Response<&'static [u8]>) -> Value {
    json(&write(shape, response.map(Full::from)).await.ok().unwrap())
}

fn response(status: u16, headers: &[(&'static str, &[u8])], body: &'static [u8]) -> Response<&'static [u8]> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
    }
    response
}

#[tokio::test]
async fn a_response_is_what_it_was() {
    let reply = reply(GET, response(201, &[("content-type", b"text/plain"), ("x-a", b"1")], b"hi")).await;
    assert_eq!(reply, json!({"statusCode": 201, "headers": {"content-type": "text/plain", "x-a": "1"}, "body": "hi"}));
}

#[tokio::test]
async fn repeated_headers_are_joined_and_cookies_are_not() {
    // Rules 75 and 76.
    let headers: &[(&'static str, &[u8])] = &[
        ("x-a", b"1"),
        ("set-cookie", b"a=1; Expires=Sat, 21 Nov 2026 04:15:02 GMT"),
        ("x-b", b"only"),
        ("x-a", b"2, 3"),
        ("set-cookie", b"b=2"),
    ];
    let reply = reply(GET, response(200, headers, b"")).await;
    assert_eq!(reply["headers"], json!({"x-a": "1, 2, 3", "x-b": "only"}));
    assert_eq!(reply["cookies"], json!(["a=1; Expires=Sat, 21 Nov 2026 04:15:02 GMT", "b=2"]));
}

#[tokio::test]
async fn nothing_stands_in_a_reply_that_is_not_there() {
    // Rule 71: no nulls, and no foreign keys.
    assert_eq!(reply(GET, response(200, &[], b"")).await, json!({"statusCode": 200, "headers": {}}));
}

#[tokio::test]
async fn headers_of_a_connection_are_not_for_the_client() {
    // Rules 83 and 84.
    let headers: &[(&'static str, &[u8])] = &[
        ("connection", b"close, x-gone"),
        ("x-gone", b"here"),
        ("set-cookie", b"a=1"),
        ("connection", b"X-Gone-Too"),
        ("x-gone-too", b"here"),
        ("x-gone-too", b"and here"),
        ("transfer-encoding", b"chunked"),
        ("content-length", b"999"),
        ("keep-alive", b"timeout=5"),
        ("te", b"trailers"),
        ("trailer", b"x"),
        ("upgrade", b"h2c"),
        ("x-stays", b"1"),
    ];
    let reply = reply(GET, response(200, headers, b"")).await;
    assert_eq!((&reply["headers"], &reply["cookies"]), (&json!({"x-stays": "1"}), &json!(["a=1"])));
}

#[tokio::test]
async fn a_head_keeps_the_length_and_not_the_body() {
    // Rule 92.
    let response = response(200, &[("content-length", b"4096"), ("content-type", b"image/png")], b"not sent");
    let reply = reply(HEAD, response).await;
    assert_eq!(reply, json!({"statusCode": 200, "headers": {"content-length": "4096", "content-type": "image/png"}}));
}

#[tokio::test]
async fn a_head_tells_the_length_that_a_body_would_have() {
    let reply = reply(HEAD, response(200, &[("content-type", b"text/plain")], b"hello")).await;
    assert_eq!(reply["headers"], json!({"content-type": "text/plain", "content-length": "5"}));
}

#[tokio::test]
async fn an_interim_response_is_no_answer() {
    // Rule 72.
    let error = write(GET, response(101, &[], b"").map(Full::from)).await.err().unwrap();
    assert!(error.to_string().starts_with("101 Switching Protocols is no final status"), "{error}");
}

#[tokio::test]
async fn some_statuses_have_no_body() {
    // Rule 91.
    for status in [204, 205, 304] {
        let headers: &[(&'static str, &[u8])] =
            &[("content-length", b"3"), ("content-type", b"text/plain"), ("etag", b"\"1\"")];
        let reply = reply(GET, response(status, headers, b"abc")).await;
        assert_eq!(reply, json!({"statusCode": status, "headers": {"etag": "\"1\""}}));
    }
}

#[tokio::test]
async fn a_body_without_a_type_gets_the_one_that_claims_nothing() {
    // Rule 88.
    let reply = reply(GET, response(200, &[], b"x")).await;
    assert_eq!(reply["headers"], json!({"content-type": "application/octet-stream"}));
}

#[tokio::test]
async fn bytes_decide_about_base64_and_codings_do() {
    // Rules 94 to 96.
    let is_base64 = async |headers: &[(&'static str, &[u8])], body| {
        reply(GET, response(200, headers, body)).await["isBase64Encoded"] == true
    };
    assert!(!is_base64(&[("content-type", b"image/png")], b"text after all").await);
    assert!(is_base64(&[("content-type", b"text/plain")], b"\xff\xfe").await);
    for coding in [&b"gzip"[..], b"BR", b"identity, zstd"] {
        assert!(is_base64(&[("content-encoding", coding)], b"text").await);
    }
    assert!(!is_base64(&[("content-encoding", b"Identity")], b"text").await);
    assert!(is_base64(&[("content-encoding", b"identity"), ("content-encoding", b"gzip")], b"text").await);
    let bom = reply(GET, response(200, &[], b"\xef\xbb\xbfx")).await;
    assert_eq!(bom["body"], "\u{feff}x");
}

#[tokio::test]
async fn any_value_of_a_header_can_be_sent() {
    // Rule 86.
    let headers: &[(&'static str, &[u8])] = &[("x-utf8", "é\"\t".as_bytes()), ("x-latin1", b"\xe9")];
    let reply = reply(GET, response(200, headers, b"")).await;
    assert_eq!(reply["headers"], json!({"x-utf8": "é\"\t", "x-latin1": "é"}));
}

/// A body of these frames.
struct Frames(VecDeque<Result<Frame<Bytes>, &'static str>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        Poll::Ready(self.0.pop_front())
    }
}

fn frames(frames: impl IntoIterator<Item = Result<Frame<Bytes>, &'static str>>) -> Response<Frames> {
    Response::new(Frames(frames.into_iter().collect()))
}

fn data(bytes: &'static [u8]) -> Result<Frame<Bytes>, &'static str> {
    Ok(Frame::data(Bytes::from_static(bytes)))
}

#[tokio::test]
async fn a_stream_is_put_together_and_its_trailers_dropped() {
    // Rule 102.
    let trailers = Ok(Frame::trailers(HeaderMap::new()));
    let response = frames([data(b""), data(b"one "), data(b"two "), data(b"three"), trailers]);
    assert_eq!(json(&write(GET, response).await.ok().unwrap())["body"], "one two three");
}

#[tokio::test]
async fn a_body_that_fails_is_no_answer() {
    // Rule 101.
    let error = write(GET, frames([data(b"half"), Err("disk on fire")])).await.err().unwrap();
    assert_eq!(error.to_string(), "the response body failed: disk on fire");
    assert_eq!(error.for_the_client(), None);
}

#[tokio::test]
async fn what_is_too_large_is_measured_as_it_would_be_sent() {
    // Rule 99: a quote takes two bytes, and three binary ones take four.
    let size = async |byte: u8, length| match write(GET, Response::new(Full::from(vec![byte; length]))).await {
        Ok(payload) => payload.len() as u64,
        Err(Unanswerable::TooLarge(size)) => size,
        Err(error) => panic!("{error}"),
    };
    let envelope = size(b'x', 1).await - 1;
    let most = MAX_REPLY - envelope as usize;
    assert!(write(GET, Response::new(Full::from(vec![b'x'; most]))).await.is_ok());
    assert_eq!(size(b'x', most + 1).await, MAX_REPLY as u64 + 1);
    assert!(size(b'"', most / 2 + 1).await > MAX_REPLY as u64);
    assert!(size(0xff, MAX_REPLY / 4 * 3).await > MAX_REPLY as u64);
}

#[tokio::test]
async fn a_body_without_end_is_not_read_to_its_end() {
    static MEGABYTE: [u8; 1 << 20] = [b'x'; 1 << 20];
    let error = write(GET, frames((0..1000).map(|_| data(&MEGABYTE)))).await.err().unwrap();
    assert!(matches!(error, Unanswerable::TooLarge(size) if size < 8 << 20));
    assert!(error.for_the_client().unwrap().contains("6291556"));
}
