//! Headers and cookies in each format.

use crate::lambda::reply::{headers, tests::*};

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
async fn joins_repeated_headers_except_cookies() {
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
async fn drops_response_headers_about_the_connection() {
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
async fn null_type_keeps_the_front_from_adding_one() {
    // Rule 88.
    const APIS: [(&ReplyFormat, &str); 2] = [
        (&ReplyFormat { suppresses_type: true, ..V2 }, "headers"),
        (&ReplyFormat { suppresses_type: true, ..LISTS }, "multiValueHeaders"),
    ];
    for (format, member) in APIS {
        let in_format = |value: &str| if member == "headers" { json!(value) } else { json!([value]) };
        let headers_of =
            async |without_body, response| reply(ReplyShape { format, without_body }, response).await[member].clone();
        for status in [200, 204, 205, 302, 304, 404] {
            let headers = headers_of(false, response(status, &[], b"")).await;
            assert_eq!(headers, json!({"content-type": null}), "{status}");
        }
        let redirect = headers_of(false, response(303, &[("location", b"/"), ("x-a", b"1")], b"")).await;
        assert_eq!(redirect, json!({"location": in_format("/"), "x-a": in_format("1"), "content-type": null}));

        let typed: &[(&'static str, &[u8])] = &[("content-type", b"text/css")];
        for (status, body, kept) in [(200, &b""[..], true), (304, b"", true), (200, b"x", true), (204, b"", false)] {
            let expected = if kept { in_format("text/css") } else { Value::Null };
            assert_eq!(
                headers_of(false, response(status, typed, body)).await,
                json!({"content-type": expected}),
                "{status}"
            );
        }
        let octets = json!({"content-type": in_format("application/octet-stream")});
        assert_eq!(headers_of(false, response(200, &[], b"x")).await, octets);
        let head = headers_of(true, response(200, &[], b"hello")).await;
        assert_eq!(head["content-type"], in_format("application/octet-stream"));
        assert_eq!(headers_of(true, response(200, &[], b"")).await, json!({"content-type": null}));
        // Responses of Lodger's own.
        let not_found =
            json(text(ReplyShape { format, without_body: true }, StatusCode::NOT_FOUND, String::new(), "id"));
        assert_eq!(not_found[member]["content-type"], in_format("text/plain; charset=utf-8"));
    }
}

#[tokio::test]
async fn body_without_a_type_gets_the_default_type() {
    // Rule 88.
    let reply = reply(GET, response(200, &[], b"x")).await;
    assert_eq!(reply["headers"], json!({"content-type": "application/octet-stream"}));
}

#[tokio::test]
async fn writes_latin1_values_as_utf8() {
    // Rule 86.
    let headers: &[(&'static str, &[u8])] = &[("x-utf8", "é\"\t".as_bytes()), ("x-latin1", b"\xe9")];
    let reply = reply(GET, response(200, headers, b"")).await;
    assert_eq!(reply["headers"], json!({"x-utf8": "é\"\t", "x-latin1": "é"}));
}

#[tokio::test]
async fn lists_contain_every_value() {
    // Rules 71 and 74: there is no member `headers` besides.
    let shape = ReplyShape { format: &LISTS, without_body: false };
    let expected = json!({"x-a": ["1", "2, 3"], "set-cookie": ["a=1", "b=2", "c=3"], "x-b": ["only"]});
    assert_eq!(
        reply(shape, response(200, REPEATED, b"")).await,
        json!({"statusCode": 200, "multiValueHeaders": expected})
    );
    let untyped = reply(shape, response(200, &[], b"x")).await;
    assert_eq!(untyped["multiValueHeaders"], json!({"content-type": ["application/octet-stream"]}));
}

#[tokio::test]
async fn case_variants_carry_repeated_cookies() {
    // Rule 78.
    let reply = reply(with_cookies(HeaderFormat::CaseVariants), response(200, REPEATED, b"")).await;
    let expected =
        json!({"x-a": "1, 2, 3", "set-cookie": "a=1", "Set-cookie": "b=2", "sEt-cookie": "c=3", "x-b": "only"});
    assert_eq!(reply["headers"], expected);
}

#[tokio::test]
async fn counts_cookies_that_the_format_has_no_room_for() {
    let cookies: Vec<(&'static str, &[u8])> = vec![("set-cookie", b"a=1"); 520];
    let write = |format| {
        let mut out = b"{}".to_vec();
        out.pop();
        let headers = response(200, &cookies, b"").headers().clone();
        let stats = headers::write(&mut out, headers, StatusCode::OK, with_cookies(format), false);
        out.push(b'}');
        let json = String::from_utf8(out).unwrap().replacen("{,", "{", 1);
        (serde_json::from_str::<Value>(&json).unwrap()["headers"].as_object().unwrap().len(), stats.dropped_cookies)
    };
    assert_eq!(write(HeaderFormat::CaseVariants), (512, 8));
    assert_eq!(write(HeaderFormat::FirstValue), (1, 519));
    assert_eq!(write(HeaderFormat::List), (1, 0));
}

#[tokio::test]
async fn cookies_are_a_list_or_the_first_value_on_lattice() {
    // Rule 81.
    let list = reply(with_cookies(HeaderFormat::List), response(200, REPEATED, b"")).await;
    assert_eq!(list["headers"], json!({"x-a": "1, 2, 3", "set-cookie": ["a=1", "b=2", "c=3"], "x-b": "only"}));
    let first = reply(with_cookies(HeaderFormat::FirstValue), response(200, REPEATED, b"")).await;
    assert_eq!(first["headers"]["set-cookie"], "a=1");
}

#[tokio::test]
async fn measures_headers_as_the_front_sends_them() {
    // Rule 87: cookies count as well.
    let size = |format: ReplyFormat, headers: &[(&'static str, &[u8])], has_body| {
        let format: &'static ReplyFormat = Box::leak(Box::new(format));
        let shape = ReplyShape { format, without_body: false };
        let headers = response(200, headers, b"").headers().clone();
        headers::write(&mut vec![], headers, StatusCode::OK, shape, has_body).size
    };
    let field = |name: &str, value: &str| name.len() + value.len() + 4;
    let cookies = 3 * field("set-cookie", "a=1");
    for format in [HeaderFormat::CookiesArray, HeaderFormat::List, HeaderFormat::CaseVariants] {
        let joined = field("x-a", "1, 2, 3") + field("x-b", "only") + cookies;
        let envelope = ReplyFormat::envelope(Envelope::ApiGateway, HeaderFormat::Joined, format);
        assert_eq!(size(envelope, REPEATED, false), joined, "{format:?}");
    }
    let listed = field("x-a", "1") + field("x-a", "2, 3") + field("x-b", "only") + cookies;
    assert_eq!(size(LISTS, REPEATED, false), listed);
    // JSON escapes do not count, Latin-1 counts as UTF-8, and the default type counts.
    assert_eq!(size(LISTS, &[("x", b"\"\\\t\"")], false), 1 + 4 + 4);
    assert_eq!(size(LISTS, &[("x", "é".as_bytes())], false), 1 + 2 + 4);
    assert_eq!(size(LISTS, &[("x", b"\xe9\xff")], false), 1 + 4 + 4);
    assert_eq!(size(LISTS, &[], true), field("content-type", "application/octet-stream"));
    assert_eq!(size(ReplyFormat { suppresses_type: true, ..LISTS }, &[], false), 0);
}

#[tokio::test]
async fn handshake_response_keeps_the_subprotocol_only() {
    // Rule 93.
    const FORMAT: ReplyFormat = ReplyFormat {
        only_header: Some("sec-websocket-protocol"),
        ..ReplyFormat::envelope(Envelope::ApiGateway, HeaderFormat::Joined, HeaderFormat::FirstValue)
    };
    let shape = ReplyShape { format: &FORMAT, without_body: false };
    let headers: &[(&'static str, &[u8])] =
        &[("sec-websocket-protocol", b"graphql-ws"), ("set-cookie", b"a=1"), ("content-type", b"text/plain")];
    let reply = reply(shape, response(403, headers, b"no")).await;
    assert_eq!(reply, json!({"statusCode": 403, "headers": {"sec-websocket-protocol": "graphql-ws"}, "body": "no"}));
}
