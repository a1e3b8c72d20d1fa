use http_body_util::BodyExt as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::server::message::MAX_SIZE;

fn function(http_trigger: Option<&str>, http_output: Option<&str>) -> Function {
    Function {
        name: "F".to_owned(),
        http_trigger: http_trigger.map(str::to_owned),
        http_output: http_output.map(str::to_owned),
    }
}

fn settings(base_path: Option<&str>) -> Settings {
    Settings { base_path: base_path.map(str::to_owned), events_path: Some("/events".to_owned()), ..Settings::default() }
}

fn decode(
    function: &Function,
    base_path: Option<&str>,
    message: impl Into<Bytes>,
) -> Result<DecodedMessage, Box<http::Response<Bytes>>> {
    let mut message = http::Request::new(message.into());
    message.extensions_mut().insert("of the host");
    Decoder::new(&settings(base_path)).decode(Some(function), message)
}

fn http_message(request: &Value) -> Bytes {
    json!({"Data": {"other": 1, "req": request}, "Metadata": {"sys": {"MethodName": "F"}}}).to_string().into()
}

fn response(status: u16, headers: &[(&'static str, &str)], body: &'static [u8]) -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::from_static(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().append(*name, value.parse().unwrap());
    }
    response
}

fn json_of(response: &http::Response<Bytes>) -> Value {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_slice(response.body()).unwrap()
}

#[tokio::test]
async fn makes_a_request_of_a_message_about_http() {
    let message = http_message(&json!({
        "Url": "https://my.azurewebsites.net/api/a%20b//c?x=1&x=%C3%A9",
        "Method": "PUT",
        "Query": "{\"x\":\"1,\u{e9}\"}",
        "Headers": {"Host": ["my.azurewebsites.net"], "X-Twice": ["1", "2"], "Content-Length": ["99"],
                    "Transfer-Encoding": ["chunked"]},
        "Params": {}, "Identities": "[]",
        "Body": "{\"a\":\"\u{e9}\\n\"}",
    }));
    let decoded = decode(&function(Some("req"), Some("res")), Some("/api"), message).unwrap();
    let request = decoded.request;
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("PUT", "/a%20b//c?x=1&x=%C3%A9"));
    assert_eq!(request.extensions().get::<PathPrefix>().unwrap().as_str(), "/api");
    assert_eq!(request.extensions().get(), Some(&"of the host"));
    let headers = request.headers();
    assert_eq!(headers.get_all("x-twice").iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(
        (&headers["host"], &headers["content-length"]),
        (&"my.azurewebsites.net".parse().unwrap(), &"12".parse().unwrap())
    );
    assert!(!headers.contains_key("transfer-encoding"));
    assert_eq!(request.into_body().collect().await.unwrap().to_bytes(), "{\"a\":\"\u{e9}\\n\"}");

    let replied = (decoded.encode)(response(302, &[("location", "/x"), ("a", "1"), ("a", "2")], b"\"moved\""));
    let expected = json!({"statusCode": 302, "status": "302", "headers": {"location": "/api/x", "a": "1, 2"},
                          "body": "\"moved\""});
    assert_eq!(json_of(&replied), json!({"Outputs": {"res": expected}, "Logs": [], "ReturnValue": null}));
}

#[tokio::test]
async fn decodes_bodies_that_the_functions_host_writes_in_base64() {
    for (content_type, expected) in [
        ("application/octet-stream", &b"\xff\0"[..]),
        ("Multipart/Form-Data; boundary=x", b"\xff\0"),
        ("image/png", b"/wA="),
    ] {
        let request = json!({"Url": "http://a/", "Method": "POST", "Body": "/wA=",
                             "Headers": {"Content-Type": [content_type]}});
        let decoded = decode(&function(Some("req"), None), None, http_message(&request)).unwrap();
        assert_eq!(decoded.request.into_body().collect().await.unwrap().to_bytes(), expected, "{content_type}");
    }
}

#[test]
fn puts_the_response_into_the_return_value_if_the_function_returns_it() {
    for output in [Some("$return"), None] {
        let request = json!({"Url": "http://a", "Method": "GET"});
        let decoded = decode(&function(Some("req"), output), None, http_message(&request)).unwrap();
        assert_eq!(decoded.request.uri(), "/");
        let reply = json_of(&(decoded.encode)(response(204, &[], b"")));
        assert_eq!(reply["ReturnValue"], json!({"statusCode": 204, "status": "204", "headers": {}, "body": ""}));
    }
}

#[test]
fn keeps_clients_away_from_the_route_for_events() {
    let request = json!({"Url": "http://a/events", "Method": "POST", "Headers": {}});
    let rejected = decode(&function(Some("req"), Some("res")), None, http_message(&request)).err().unwrap();
    assert_eq!(json_of(&rejected)["Outputs"]["res"]["statusCode"], 404);
}

#[test]
fn fails_the_invocation_if_the_body_of_the_response_is_not_text() {
    let request = json!({"Url": "http://a/", "Method": "GET"});
    let decoded = decode(&function(Some("req"), Some("res")), None, http_message(&request)).unwrap();
    assert_eq!((decoded.encode)(response(200, &[], b"\xff")).status(), 500);
}

#[tokio::test]
async fn sends_other_messages_to_the_route_for_events() {
    let message = json!({"Data": {"item": "\"a\""}, "Metadata": {"Id": "\"1\""}}).to_string();
    let decoded = decode(&function(None, None), Some("/api"), message.clone()).unwrap();
    let request = decoded.request;
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/events"));
    assert_eq!(request.headers()["content-type"], "application/json");
    #[cfg(feature = "lambda")]
    assert!(request.extensions().get::<crate::lambda::SyntheticRequest>().is_some());
    assert_eq!(request.into_body().collect().await.unwrap().to_bytes(), message);
}

#[test]
fn encodes_the_response_to_an_event() {
    for (body, expected) in [
        (&b""[..], json!({"Outputs": {}, "Logs": [], "ReturnValue": null})),
        (b"done", json!({"Outputs": {}, "Logs": [], "ReturnValue": "done"})),
        (b"\"\xff\n\xc3\xa9\xf0\x9f", json!({"Outputs": {}, "Logs": [], "ReturnValue": "\"\u{fffd}\n\u{e9}\u{fffd}"})),
        (br#"{"a":[1]}"#, json!({"Outputs": {}, "Logs": [], "ReturnValue": {"a": [1]}})),
        (br#"{"Outputs":{"out":"x"}}"#, json!({"Outputs": {"out": "x"}})),
    ] {
        let decoded = decode(&function(None, None), None, "{}").unwrap();
        assert_eq!(json_of(&(decoded.encode)(response(200, &[], body))), expected);
    }
    for status in [302, 400, 503] {
        let decoded = decode(&function(None, None), None, "{}").unwrap();
        assert_eq!((decoded.encode)(response(status, &[], b"")).status(), 500, "{status}");
    }
}

#[test]
fn fails_an_invocation_whose_reply_is_too_large_in_json() {
    // JSON has six bytes for each of these.
    let body = Bytes::from(vec![1; MAX_SIZE / 6 + 1]);
    let request = json!({"Url": "http://a/", "Method": "GET"});
    for (function, message) in [
        (function(None, None), Bytes::from_static(b"{}")),
        (function(Some("req"), None), http_message(&request)),
        (function(Some("req"), Some("res")), http_message(&request)),
    ] {
        let decoded = decode(&function, None, message).unwrap();
        let failed = (decoded.encode)(http::Response::new(body.clone()));
        assert_eq!((failed.status().as_u16(), &failed.body()[..]), (500, &b"the response is too large"[..]));
    }
}

#[test]
fn fails_an_event_without_a_route() {
    let decoder = Decoder::new(&Settings::default());
    let failed = decoder.decode(Some(&function(None, None)), http::Request::new(Bytes::from_static(b"{}")));
    assert_eq!(failed.err().unwrap().status(), 500);
}

#[test]
fn rejects_messages_without_a_valid_request() {
    let valid = json!({"Url": "http://a/", "Method": "GET", "Headers": {"a": ["b"]}});
    let with = |name: &str, value: Value| {
        let mut request = valid.clone();
        request[name] = value;
        http_message(&request)
    };
    for message in [
        Bytes::new(),
        "{".into(),
        "[]".into(),
        "{} {}".into(),
        json!({"Data": {"other": valid}}).to_string().into(),
        with("Url", Value::Null),
        with("Url", "http://a/ b".into()),
        with("Url", format!("http://a/{}", "x".repeat(70_000)).into()),
        with("Method", 1.into()),
        with("Method", "a b".into()),
        with("Headers", json!({"a b": ["c"]})),
        with("Headers", json!({"a": ["b\r\nc: d"]})),
        http_message(&json!({"Url": "http://a/", "Method": "GET", "Body": "*",
                             "Headers": {"content-type": "application/octet-stream"}})),
        r#"{"Data":{"req":{"Url":"http://a/\ud800","Method":"GET"}}}"#.into(),
    ] {
        let rejected = decode(&function(Some("req"), Some("res")), None, message.clone()).err();
        assert_eq!(rejected.map(|response| response.status().as_u16()), Some(400), "{message:?}");
    }
}

#[test]
fn does_not_panic_on_more_headers_than_a_map_can_hold() {
    let many_values = json!({"a": vec!["b"; 100_000]});
    let many_names = (0..40_000).map(|n| (format!("a{n}"), json!(["b"]))).collect();
    for (headers, expected) in [(many_values, None), (many_names, Some(400))] {
        let message = http_message(&json!({"Url": "http://a/", "Method": "GET", "Headers": headers}));
        let rejected = decode(&function(Some("req"), Some("res")), None, message).err();
        assert_eq!(rejected.map(|response| response.status().as_u16()), expected);
    }
}

proptest! {
    #[test]
    fn never_panics_on_a_message(message in ".*", cut in any::<usize>()) {
        let http = function(Some("req"), Some("res"));
        let _ = decode(&http, None, message.clone());
        let valid = http_message(&json!({"Url": message, "Method": "GET", "Headers": {"a": [message]}, "Body": message}));
        let _ = decode(&http, Some("/api"), valid.clone());
        let _ = decode(&http, None, valid.slice(..cut % valid.len()));
    }
}
