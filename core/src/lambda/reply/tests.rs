use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use http::HeaderValue;
use http_body::Frame;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::lambda::reply::*;

const V2: ReplyFormat = ReplyFormat { cookies: HeaderFormat::CookiesArray, ..ReplyFormat::DEFAULT };
const LISTS: ReplyFormat =
    ReplyFormat { headers: HeaderFormat::List, cookies: HeaderFormat::List, ..ReplyFormat::DEFAULT };
const GET: ReplyShape = ReplyShape { style: &V2, without_body: false };
const HEAD: ReplyShape = ReplyShape { style: &V2, without_body: true };

fn json(answer: Reply) -> Value {
    let Reply::Payload(payload) = answer else { panic!("{answer:?}") };
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

#[tokio::test]
async fn a_response_is_what_it_was() {
    let reply = reply(GET, response(201, &[("content-type", b"text/plain"), ("x-a", b"1")], b"hi")).await;
    let headers = json!({"content-type": "text/plain", "x-a": "1"});
    assert_eq!(reply, json!({"statusCode": 201, "headers": headers, "cookies": [], "body": "hi"}));
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
    assert_eq!(reply(GET, response(200, &[], b"")).await, json!({"statusCode": 200, "headers": {}, "cookies": []}));
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
    let headers = json!({"content-length": "4096", "content-type": "image/png"});
    assert_eq!(reply, json!({"statusCode": 200, "headers": headers, "cookies": []}));
}

#[tokio::test]
async fn a_head_tells_the_length_that_a_body_would_have() {
    let reply = reply(HEAD, response(200, &[("content-type", b"text/plain")], b"hello")).await;
    assert_eq!(reply["headers"], json!({"content-type": "text/plain", "content-length": "5"}));
}

#[tokio::test]
async fn a_head_tells_the_type_that_a_get_would() {
    // Rule 88.
    let octets = json!("application/octet-stream");
    assert_eq!(reply(HEAD, response(200, &[], b"hello")).await["headers"]["content-type"], octets);
    // A router may have taken the body away already.
    assert_eq!(reply(HEAD, response(200, &[("content-length", b"5")], b"")).await["headers"]["content-type"], octets);
    let nothing: [&[(&'static str, &[u8])]; 2] = [&[], &[("content-length", b"0")]];
    for headers in nothing {
        assert_eq!(reply(HEAD, response(200, headers, b"")).await["headers"].get("content-type"), None);
    }
    let stream = json(write(HEAD, frames([data(b"x")]), "id").await.ok().unwrap().0);
    assert_eq!(stream["headers"], json!({"content-type": octets}));
}

#[tokio::test]
async fn an_interim_response_is_no_answer() {
    // Rule 72.
    let error = write(GET, response(101, &[], b"").map(Full::from), "id").await.err().unwrap();
    assert!(error.to_string().starts_with("101 Switching Protocols is no final status"), "{error}");
    let error = write(GET, response(999, &[], b"").map(Full::from), "id").await.err().unwrap();
    assert!(error.to_string().starts_with("999 is no status of HTTP"), "{error}");
}

#[tokio::test]
async fn some_statuses_have_no_body() {
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
async fn a_null_keeps_the_front_from_adding_a_type_to_no_body() {
    // Rule 88.
    const APIS: [(&ReplyFormat, &str); 2] = [
        (&ReplyFormat { suppresses_type: true, ..V2 }, "headers"),
        (&ReplyFormat { suppresses_type: true, ..LISTS }, "multiValueHeaders"),
    ];
    for (style, member) in APIS {
        let in_form = |value: &str| if member == "headers" { json!(value) } else { json!([value]) };
        let headers_of =
            async |without_body, response| reply(ReplyShape { style, without_body }, response).await[member].clone();
        for status in [200, 204, 205, 302, 304, 404] {
            let headers = headers_of(false, response(status, &[], b"")).await;
            assert_eq!(headers, json!({"content-type": null}), "{status}");
        }
        let redirect = headers_of(false, response(303, &[("location", b"/"), ("x-a", b"1")], b"")).await;
        assert_eq!(redirect, json!({"location": in_form("/"), "x-a": in_form("1"), "content-type": null}));

        let typed: &[(&'static str, &[u8])] = &[("content-type", b"text/css")];
        for (status, body, kept) in [(200, &b""[..], true), (304, b"", true), (200, b"x", true), (204, b"", false)] {
            let expected = if kept { in_form("text/css") } else { Value::Null };
            assert_eq!(
                headers_of(false, response(status, typed, body)).await,
                json!({"content-type": expected}),
                "{status}"
            );
        }
        let octets = json!({"content-type": in_form("application/octet-stream")});
        assert_eq!(headers_of(false, response(200, &[], b"x")).await, octets);
        let head = headers_of(true, response(200, &[], b"hello")).await;
        assert_eq!(head["content-type"], in_form("application/octet-stream"));
        assert_eq!(headers_of(true, response(200, &[], b"")).await, json!({"content-type": null}));
        // Responses of Lodger itself.
        let refused = json(text(ReplyShape { style, without_body: true }, StatusCode::NOT_FOUND, String::new(), "id"));
        assert_eq!(refused[member]["content-type"], in_form("text/plain; charset=utf-8"));
    }
}

#[tokio::test]
async fn a_prelude_has_no_null() {
    for style in [&ReplyFormat::URL_PRELUDE, &ReplyFormat::REST_PRELUDE] {
        let shape = ReplyShape { style, without_body: false };
        let (answer, _) = write(shape, response(204, &[], b"").map(Full::from), "id").await.unwrap();
        let Reply::Stream(begin) = answer else { panic!("{answer:?}") };
        assert!(!String::from_utf8_lossy(&begin).contains("null"), "{begin:?}");
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
    assert_eq!(json(write(GET, response, "id").await.ok().unwrap().0)["body"], "one two three");
}

#[tokio::test]
async fn a_body_that_fails_is_no_answer() {
    // Rule 101.
    let error = write(GET, frames([data(b"half"), Err("disk on fire")]), "id").await.err().unwrap();
    assert_eq!(error.to_string(), "the response body failed: disk on fire");
    assert_eq!(error.for_the_client(), None);
}

#[tokio::test]
async fn what_is_too_large_is_measured_as_it_would_be_sent() {
    // Rule 99: a quote takes two bytes, and three binary ones take four.
    let write = async |byte: u8, length| write(GET, Response::new(Full::from(vec![byte; length])), "id").await;
    let size = async |byte: u8, length| match write(byte, length).await {
        Ok((Reply::Payload(payload), _)) => payload.len() as u64,
        Err(ReplyError::TooLarge(size, _)) => size,
        other => panic!("{other:?}"),
    };
    let envelope = size(b'x', 1).await - 1;
    let most = MAX_REPLY - envelope as usize;
    assert!(write(b'x', most).await.is_ok());
    assert_eq!(size(b'x', most + 1).await, MAX_REPLY as u64 + 1);
    assert!(size(b'"', most / 2 + 1).await > MAX_REPLY as u64);
    assert!(size(0xff, MAX_REPLY / 4 * 3).await > MAX_REPLY as u64);
}

#[tokio::test]
async fn a_body_without_end_is_not_read_to_its_end() {
    static MEGABYTE: [u8; 1 << 20] = [b'x'; 1 << 20];
    let error = write(GET, frames((0..1000).map(|_| data(&MEGABYTE))), "id").await.err().unwrap();
    assert!(matches!(error, ReplyError::TooLarge(size, _) if size < 8 << 20));
    assert!(error.for_the_client().unwrap().contains("6291556"));
}

const REPEATED: &[(&str, &[u8])] = &[
    ("x-a", b"1"),
    ("set-cookie", b"a=1"),
    ("x-b", b"only"),
    ("x-a", b"2, 3"),
    ("set-cookie", b"b=2"),
    ("set-cookie", b"c=3"),
    ("content-length", b"9"),
];

#[tokio::test]
async fn a_front_with_lists_gets_every_value() {
    // Rules 71 and 74: and nothing besides.
    let shape = ReplyShape { style: &LISTS, without_body: false };
    let expected = json!({"x-a": ["1", "2, 3"], "set-cookie": ["a=1", "b=2", "c=3"], "x-b": ["only"]});
    assert_eq!(
        reply(shape, response(200, REPEATED, b"")).await,
        json!({"statusCode": 200, "multiValueHeaders": expected})
    );
    let untyped = reply(shape, response(200, &[], b"x")).await;
    assert_eq!(untyped["multiValueHeaders"], json!({"content-type": ["application/octet-stream"]}));
}

#[tokio::test]
async fn a_front_with_one_value_a_name_gets_cookies_by_other_names() {
    // Rule 78.
    let shape = ReplyShape {
        style: &ReplyFormat { cookies: HeaderFormat::CaseVariants, ..ReplyFormat::DEFAULT },
        without_body: false,
    };
    let reply = reply(shape, response(200, REPEATED, b"")).await;
    let expected =
        json!({"x-a": "1, 2, 3", "set-cookie": "a=1", "Set-cookie": "b=2", "sEt-cookie": "c=3", "x-b": "only"});
    assert_eq!(reply["headers"], expected);
}

#[tokio::test]
async fn more_cookies_than_there_are_names_are_dropped_and_told() {
    let shape = |cookies| ReplyShape {
        style: Box::leak(Box::new(ReplyFormat { cookies, ..ReplyFormat::DEFAULT })),
        without_body: false,
    };
    let cookies: Vec<(&'static str, &[u8])> = vec![("set-cookie", b"a=1"); 520];
    let write = |form| {
        let mut out = b"{}".to_vec();
        out.pop();
        let headers = response(200, &cookies, b"").headers().clone();
        let written = headers::push(&mut out, headers, StatusCode::OK, shape(form), false);
        out.push(b'}');
        let json = String::from_utf8(out).unwrap().replacen("{,", "{", 1);
        (serde_json::from_str::<Value>(&json).unwrap()["headers"].as_object().unwrap().len(), written.lost_cookies)
    };
    assert_eq!(write(HeaderFormat::CaseVariants), (512, 8));
    assert_eq!(write(HeaderFormat::FirstValue), (1, 519));
    assert_eq!(write(HeaderFormat::List), (1, 0));
}

#[tokio::test]
async fn lattice_gets_cookies_as_a_list_or_the_first() {
    // Rule 81.
    let with = |cookies| ReplyShape {
        style: Box::leak(Box::new(ReplyFormat { cookies, ..ReplyFormat::DEFAULT })),
        without_body: false,
    };
    let list = reply(with(HeaderFormat::List), response(200, REPEATED, b"")).await;
    assert_eq!(list["headers"], json!({"x-a": "1, 2, 3", "set-cookie": ["a=1", "b=2", "c=3"], "x-b": "only"}));
    let first = reply(with(HeaderFormat::FirstValue), response(200, REPEATED, b"")).await;
    assert_eq!(first["headers"]["set-cookie"], "a=1");
}

#[tokio::test]
async fn a_front_that_wants_everything_said_is_told() {
    // Rules 71 and 80.
    let shape = ReplyShape { style: &ReplyFormat { is_explicit: true, ..LISTS }, without_body: false };
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
async fn each_front_has_its_own_most() {
    // Rules 70 and 99.
    let style: &ReplyFormat = &ReplyFormat { max_size: 1000, taker: "a load balancer", ..LISTS };
    let shape = ReplyShape { style, without_body: false };
    assert!(write(shape, Response::new(Full::from(vec![b'x'; 900])), "id").await.is_ok());
    let error = write(shape, Response::new(Full::from(vec![b'x'; 980])), "id").await.err().unwrap();
    assert!(
        error.to_string().contains("too large for a load balancer") && error.to_string().ends_with("1000 is the most")
    );
    // A HEAD of the same is small.
    let head = ReplyShape { without_body: true, ..shape };
    assert!(write(head, Response::new(Full::from(vec![b'x'; 980])), "id").await.is_ok());
}

#[tokio::test]
async fn what_headers_take_is_counted() {
    // Rule 87: as they stand on a wire, the cookies too.
    let size = |style: ReplyFormat, headers: &[(&'static str, &[u8])], has_body| {
        let style: &'static ReplyFormat = Box::leak(Box::new(style));
        let shape = ReplyShape { style, without_body: false };
        let headers = response(200, headers, b"").headers().clone();
        headers::push(&mut vec![], headers, StatusCode::OK, shape, has_body).size
    };
    let field = |name: &str, value: &str| name.len() + value.len() + 4;
    let cookies = 3 * field("set-cookie", "a=1");
    for form in [HeaderFormat::CookiesArray, HeaderFormat::List, HeaderFormat::CaseVariants] {
        let joined = field("x-a", "1, 2, 3") + field("x-b", "only") + cookies;
        assert_eq!(size(ReplyFormat { cookies: form, ..ReplyFormat::DEFAULT }, REPEATED, false), joined, "{form:?}");
    }
    let listed = field("x-a", "1") + field("x-a", "2, 3") + field("x-b", "only") + cookies;
    assert_eq!(size(LISTS, REPEATED, false), listed);
    // As the front sends them: escapes are of JSON alone, what is no UTF-8 becomes UTF-8, and a body has a type.
    assert_eq!(size(LISTS, &[("x", b"\"\\\t\"")], false), 1 + 4 + 4);
    assert_eq!(size(LISTS, &[("x", "é".as_bytes())], false), 1 + 2 + 4);
    assert_eq!(size(LISTS, &[("x", b"\xe9\xff")], false), 1 + 4 + 4);
    assert_eq!(size(LISTS, &[], true), field("content-type", "application/octet-stream"));
    assert_eq!(size(ReplyFormat { suppresses_type: true, ..LISTS }, &[], false), 0);
}

#[tokio::test]
async fn a_handshake_is_answered_with_a_status_and_a_protocol() {
    // Rule 93.
    let style: &ReplyFormat = &ReplyFormat { only: Some("sec-websocket-protocol"), ..ReplyFormat::DEFAULT };
    let shape = ReplyShape { style, without_body: false };
    let headers: &[(&'static str, &[u8])] =
        &[("sec-websocket-protocol", b"graphql-ws"), ("set-cookie", b"a=1"), ("content-type", b"text/plain")];
    let reply = reply(shape, response(403, headers, b"no")).await;
    assert_eq!(reply, json!({"statusCode": 403, "headers": {"sec-websocket-protocol": "graphql-ws"}, "body": "no"}));
}

#[tokio::test]
async fn where_nobody_sees_a_status_a_bad_one_is_an_error() {
    // Rule 113.
    let result = ReplyShape {
        style: &ReplyFormat { is_result: true, fails_by_status: true, ..ReplyFormat::DEFAULT },
        without_body: false,
    };
    assert_eq!(reply(result, response(202, &[("x-a", b"1")], b"{\"a\":1}")).await, json!({"a": 1}));
    assert_eq!(reply(result, response(204, &[], b"")).await, Value::Null);
    for status in [301, 400, 404, 500] {
        let (answer, _) = write(result, response(status, &[], b"why").map(Full::from), "id").await.unwrap();
        let Reply::Error { error_type: "Function.ErrorStatus", message } = answer else { panic!("{answer:?}") };
        assert!(message.contains(&status.to_string()) && message.ends_with("why"), "{message}");
    }
    let panicked = text(result, StatusCode::INTERNAL_SERVER_ERROR, "internal server error".into(), "id");
    assert!(matches!(panicked, Reply::Error { .. }));
}
