//! Events of HTTP APIs (payload format version 2.0) and Function URLs.

use http::{HeaderMap, Method, Version};
use serde_json::{Value, json};

use crate::lambda::event::tests::*;

const FUNCTION_URL: &str = "abcdefg.lambda-url.eu-west-1.on.aws";
const HTTP_API: &str = "abcdefg.execute-api.eu-west-1.amazonaws.com";

/// Creates an event of a Function URL with these parts. See [`with`].
pub(crate) fn event(parts: Value) -> Value {
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
        "headers": {"host": "example.com"},
        "requestContext": {
            "domainName": FUNCTION_URL, "stage": "$default",
            "http": {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9"},
        },
        "isBase64Encoded": false,
    });
    with(event, parts)
}

fn request(parts: Value) -> Request {
    read_all(event(parts))
}

fn headers(parts: Value) -> HeaderMap {
    request(parts).headers().clone()
}

#[test]
fn keeps_the_path_of_a_function_url_as_sent() {
    // Rules 12 and 16. `http.path` is decoded, and ignored.
    for path in ["/capture/space%20value", "/a%2Fb%3fc%23", "//x/./../%2e%2e/", "/a;b=c:@!$&'()*+,="] {
        assert_eq!(request(json!({"rawPath": path, "..path": "/other"})).uri(), path);
    }
}

#[test]
fn encodes_the_decoded_path_of_an_http_api() {
    // Rule 11: paths as an HTTP API decodes them.
    for (domain, is_api) in [
        (HTTP_API, true),
        ("api.example.com", true),
        ("localhost", false),
        ("LocalHost:3000", false),
        ("127.0.0.1", false),
        ("127.0.0.1:3000", false),
        ("[::1]", false),
        ("[::1]:3000", false),
        ("", false),
    ] {
        let path = |raw: &str| request(json!({"rawPath": raw, ".domainName": domain})).uri().to_string();
        assert_eq!(path("/capture/space value"), "/capture/space%20value");
        assert_eq!(path("/capture/hash#value"), "/capture/hash%23value");
        assert_eq!(path("/capture/unicode-λ-世界"), "/capture/unicode-%CE%BB-%E4%B8%96%E7%95%8C");
        assert_eq!(path("/capture/literal?value"), "/capture/literal%3Fvalue");
        assert_eq!(path("/capture/literal%value"), "/capture/literal%25value");
        // Rule 15: only some emulators decode.
        assert_eq!(path("/x%20y"), if is_api { "/x%2520y" } else { "/x%20y" }, "{domain}");
    }
}

#[test]
fn adds_the_leading_slash_of_the_path() {
    // Rules 17 and 20.
    assert_eq!(request(json!({"rawPath": null})).uri(), "/");
    assert_eq!(request(json!({"rawPath": ""})).uri(), "/");
    assert_eq!(request(json!({"rawPath": "api/x"})).uri(), "/api/x");
    let uri = request(json!({"rawPath": "//evil.example/x"})).uri().clone();
    assert_eq!((uri.path(), uri.host()), ("//evil.example/x", None));
    assert_eq!(request(json!({"rawPath": "https://evil.example/x"})).uri().host(), None);
}

#[test]
fn rejects_paths_that_are_too_long() {
    // Rule 22.
    assert!(reason(event(json!({"rawPath": format!("/{}", "x".repeat(70_000))}))).contains("too long"));
}

#[test]
fn strips_the_stage_as_a_whole_segment() {
    // Rules 24, 25 and 27.
    let read = |path: &str, stage: &str, policy| {
        let event = event(json!({"rawPath": path, ".stage": stage, ".domainName": HTTP_API}));
        let request = read_with(event, Settings { stage: policy, ..Settings::default() }, "").unwrap();
        let prefix = request.extensions().get::<PathPrefix>().map(|prefix| prefix.as_str().to_owned());
        (request.uri().to_string(), prefix)
    };
    let strip = |path, stage| read(path, stage, Stage::Strip);
    assert_eq!(strip("/prod/a", "prod"), ("/a".into(), Some("/prod".into())));
    assert_eq!(strip("/prod", "prod"), ("/".into(), Some("/prod".into())));
    assert_eq!(strip("/prod/prod/a", "prod"), ("/prod/a".into(), Some("/prod".into())));
    assert_eq!(strip("/production/a", "prod"), ("/production/a".into(), None));
    assert_eq!(strip("/a", "prod"), ("/a".into(), None));
    assert_eq!(strip("/$default/a", "$default"), ("/$default/a".into(), None));
    assert_eq!(read("/prod/a", "prod", Stage::Keep), ("/prod/a".into(), None));
}

#[test]
fn keeps_the_stage_behind_a_custom_domain() {
    // Rule 25: the path contains no stage there, so a segment with its name is part of the app's path.
    let read = |domain: Value, path: &str| {
        let event = event(json!({"rawPath": path, ".stage": "prod", ".domainName": domain}));
        let settings = Settings { base_path: Some("/orders".into()), ..Settings::default() };
        let request = read_with(event, settings, "").unwrap();
        (request.uri().to_string(), prefix(&request).map(str::to_owned))
    };
    for domain in ["api.example.com", "API.example.com:443", FUNCTION_URL] {
        assert_eq!(read(domain.into(), "/prod/a"), ("/prod/a".into(), None), "{domain}");
        assert_eq!(read(domain.into(), "/orders/prod/a"), ("/prod/a".into(), Some("/orders".into())), "{domain}");
    }
    let domains =
        [HTTP_API, "ID.EXECUTE-API.cn-north-1.amazonaws.com.cn", "id.execute-api.localhost.localstack.cloud:4566"];
    for domain in
        domains.into_iter().chain(["localhost:3000", "127.0.0.1:3000", ""]).map(Value::from).chain([Value::Null])
    {
        assert_eq!(read(domain.clone(), "/prod/a"), ("/a".into(), Some("/prod".into())), "{domain}");
        assert_eq!(read(domain.clone(), "/prod/orders/a"), ("/a".into(), Some("/prod/orders".into())), "{domain}");
    }
}

#[test]
fn strips_the_base_path_after_the_stage() {
    // Rules 27 and 28.
    let read = |path: &str| {
        let event = event(json!({"rawPath": path, ".stage": "prod", ".domainName": HTTP_API}));
        let settings = Settings { base_path: Some("/orders".into()), ..Settings::default() };
        let request = read_with(event, settings, "").unwrap();
        let prefix = request.extensions().get::<PathPrefix>().map(|prefix| prefix.as_str().to_owned());
        (request.uri().to_string(), prefix)
    };
    assert_eq!(read("/prod/orders/1"), ("/1".into(), Some("/prod/orders".into())));
    assert_eq!(read("/orders"), ("/".into(), Some("/orders".into())));
    assert_eq!(read("/orders/orders"), ("/orders".into(), Some("/orders".into())));
    assert_eq!(read("/ordersx"), ("/ordersx".into(), None));
    assert_eq!(read("/prod/x"), ("/x".into(), Some("/prod".into())));
}

#[test]
fn keeps_the_raw_query() {
    // Rules 30 to 32.
    for query in ["a=1&a=2&b=&c", "x=a+b&y=a%2Bb&z=%zz", "redirect=https%3A%2F%2Fe.com&?=/&|{}"] {
        let request = request(json!({"rawQueryString": query, "queryStringParameters": {"other": "1"}}));
        assert_eq!(request.uri().query(), Some(query));
    }
    assert_eq!(request(json!({"rawQueryString": ""})).uri(), "/");
    assert_eq!(request(json!({"rawQueryString": "q=a b\"#é"})).uri(), "/?q=a%20b%22%23%C3%A9");
}

#[test]
fn keeps_the_order_of_headers_and_does_not_split_them() {
    // Rules 46, 47 and 51.
    let headers = headers(json!({"headers": {
        "X-First": "1, 2,3", "host": "h", "date": "Sat, 21 Nov 2026 04:15:02 GMT", "x-city": "São Paulo", "x-last": "\"\t",
    }}));
    let names: Vec<_> = headers.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["x-first", "host", "date", "x-city", "x-last"]);
    assert_eq!(headers["x-first"], "1, 2,3");
    assert_eq!(headers["date"], "Sat, 21 Nov 2026 04:15:02 GMT");
    assert_eq!(headers["x-city"].as_bytes(), "São Paulo".as_bytes());
    assert_eq!(headers["x-last"], "\"\t");
}

#[test]
fn drops_headers_about_the_connection() {
    // Rule 62, and the `Proxy` of CVE-2016-5385.
    let headers = headers(json!({"headers": {
        "Connection": "close", "keep-alive": "5", "te": "trailers", "trailer": "x", "transfer-encoding": "chunked",
        "upgrade": "websocket", "expect": "100-continue", "proxy": "http://evil.example", "proxy-connection": "close",
        "proxy-authorization": "Basic eA==", "proxyish": "stays", "host": "h",
    }}));
    assert_eq!(headers.keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["proxyish", "host"]);
}

#[test]
fn joins_cookies_into_one_header() {
    // Rule 49: an HTTP API sends `cookies`, emulators send the header, and a Function URL sends both.
    let both = headers(json!({"cookies": ["a=1", "b=2"], "headers": {"cookie": "a=1; b=2"}}));
    assert_eq!(all(&both, "cookie"), [b"a=1; b=2"]);
    assert_eq!(all(&headers(json!({"cookies": ["a=1"]})), "cookie"), [b"a=1"]);
    assert_eq!(all(&headers(json!({"cookies": [], "headers": {"cookie": "c=3"}})), "cookie"), [b"c=3"]);
    assert_eq!(all(&headers(json!({"cookies": null})), "cookie"), [b""; 0]);
}

#[test]
fn every_request_has_a_host() {
    // Rule 52.
    assert_eq!(headers(json!({}))["host"], "example.com");
    assert_eq!(headers(json!({"headers": {"Host": "h.com:8080"}}))["host"], "h.com:8080");
    assert_eq!(headers(json!({"headers": {}}))["host"], FUNCTION_URL);
    assert_eq!(headers(json!({"headers": null, ".domainName": null}))["host"], "localhost");
    let twice = headers(json!({"headers": {"Host": "ev il", "host": "good.example", "HOST": "other.example"}}));
    assert_eq!(all(&twice, "host"), [b"good.example"]);
    for garbage in ["a b", "", "h/x", "é"] {
        assert_eq!(all(&headers(json!({"headers": {"host": garbage}})), "host"), [FUNCTION_URL.as_bytes()]);
    }
}

#[test]
fn content_length_is_the_length_of_the_body() {
    // Rules 57 and 67.
    let length = |body: Value, claimed: Option<&str>| {
        let mut parts = json!({"body": body, "headers": {}});
        if let Some(claimed) = claimed {
            parts["headers"]["content-length"] = claimed.into();
        }
        headers(parts).get("content-length").map(|length| length.to_str().unwrap().to_owned())
    };
    assert_eq!(length("hello".into(), None).unwrap(), "5");
    assert_eq!(length("hello".into(), Some("999")).unwrap(), "5");
    assert_eq!(length(Value::Null, Some("0")).unwrap(), "0");
    assert_eq!(length("".into(), Some("7")).unwrap(), "0");
    assert_eq!(length("".into(), None), None);
}

#[test]
fn trace_id_of_the_invocation_replaces_the_header() {
    // Rule 59.
    let trace = |invocation| {
        let event = event(json!({"headers": {"x-amzn-trace-id": "Root=front"}}));
        read_with(event, Settings::default(), invocation).unwrap().headers()["x-amzn-trace-id"].clone()
    };
    assert_eq!(trace("Root=1;Parent=2"), "Root=1;Parent=2");
    assert_eq!(trace(""), "Root=front");
}

#[test]
fn client_is_the_source_ip() {
    // Rules 55 and 56: not a header.
    let client = |ip: Value| client(&request(json!({"..sourceIp": ip, "headers": {"x-forwarded-for": "6.6.6.6"}})));
    assert_eq!(client("203.0.113.9".into()), "203.0.113.9:0");
    assert_eq!(client("2001:db8::1".into()), "[2001:db8::1]:0");
    for unknown in [Value::Null, "".into(), "test-invoke-source-ip".into(), 7.into()] {
        assert_eq!(client(unknown), "0.0.0.0:0");
    }
}

#[test]
fn reads_any_method_and_the_http_version() {
    // Rule 61.
    for method in ["QUERY", "PROPFIND", "OPTIONS", "x-any"] {
        assert_eq!(request(json!({"..method": method})).method(), &Method::from_bytes(method.as_bytes()).unwrap());
    }
    for (protocol, version) in [
        ("HTTP/1.0", Version::HTTP_10),
        ("HTTP/2.0", Version::HTTP_2),
        ("HTTP/2", Version::HTTP_2),
        ("HTTP/3.0", Version::HTTP_3),
        ("HTTP/3", Version::HTTP_3),
        ("x", Version::HTTP_11),
    ] {
        assert_eq!(request(json!({"..protocol": protocol})).version(), version);
    }
    assert!(reason(event(json!({"..method": "A B"}))).contains("A B"));
    assert!(reason(event(json!({"..method": null}))).contains("method"));
}

#[test]
fn decodes_text_and_base64_bodies() {
    // Rules 63, 67 and 68.
    let body = |body: Value, is_base64: Value| {
        request(json!({"body": body, "isBase64Encoded": is_base64})).body().as_bytes().unwrap().clone()
    };
    assert_eq!(body("{\"a\":\"é\n\"}".into(), false.into()), "{\"a\":\"é\n\"}".as_bytes());
    assert_eq!(body("plain".into(), Value::Null), "plain");
    for base64 in ["iVBORw==", "iVBORw", "iVBO\r\nRw=="] {
        assert_eq!(body(base64.into(), true.into()), &b"\x89PNG"[..]);
    }
    for nothing in [Value::Null, "".into()] {
        assert!(body(nothing, true.into()).is_empty());
    }
}

#[test]
fn gives_the_reason_for_a_bad_request() {
    // Rules 8 and 63.
    assert!(reason(event(json!({"headers": {"a\"a": "x"}}))).contains(r#""a\"a" is not the name of a header"#));
    assert!(reason(event(json!({"headers": {"x-a": "1\r\nx-b: 2"}}))).contains("x-a"));
    assert!(reason(event(json!({"cookies": ["a\nb"]}))).contains("cookie"));
    assert!(reason(event(json!({"body": "*", "isBase64Encoded": true}))).contains("base64"));
    assert!(reason(event(json!({"body": {"a": 1}}))).contains("neither text nor null"));
}

#[test]
fn ignores_members_of_unexpected_types() {
    // Rule 6.
    let request = request(json!({
        "version": 7, "routeKey": null, "headers": {"x": null, "y": 1, "z": [1], "host": "h"}, "cookies": {},
        "isBase64Encoded": "no", "multiValueHeaders": 7, "queryStringParameters": null, "pathParameters": [], "unknown": {"deep": [[[{}]]]},
        ".authorizer": null, ".time": [], "..userAgent": 7, "..protocol": null, ".stage": null,
    }));
    assert_eq!(request.headers().len(), 1);
}

#[test]
fn inserts_the_extensions() {
    let whole = event(json!({".authorizer": {"jwt": {"claims": {"sub": "me"}}}}));
    let request = read_all(whole.clone());
    let extensions = request.extensions();
    assert_eq!(extensions.get::<Context>().unwrap().request_id(), "id-1");
    let context: Value = serde_json::from_slice(extensions.get::<RequestContext>().unwrap().as_bytes()).unwrap();
    assert_eq!(context, whole["requestContext"]);
    let event: Value = serde_json::from_slice(extensions.get::<Event>().unwrap().as_bytes()).unwrap();
    assert_eq!(event, whole);
}
