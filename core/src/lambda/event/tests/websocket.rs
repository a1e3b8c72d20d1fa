//! Events of WebSocket APIs.

use serde_json::{Value, json};

use crate::lambda::event::tests::*;

/// Creates an event with these parts. See [`with`].
pub(crate) fn event(event_type: &str, parts: Value) -> Value {
    let event = json!({
        "requestContext": {
            "routeKey": "$default", "eventType": event_type, "connectionId": "L0SM9cOFvHcCIhw=", "messageDirection": "IN",
            "apiId": "abcdefg", "stage": "prod", "domainName": "abcdefg.execute-api.eu-west-1.amazonaws.com",
            "identity": {"sourceIp": "203.0.113.9"},
        },
        "isBase64Encoded": false,
    });
    with(event, parts)
}

fn read_event(event: Value) -> (Request, ReplyShape) {
    let settings =
        Settings { websocket_path: Some("/ws".into()), base_path: Some("/ws".into()), ..Settings::default() };
    read_bytes(&event.to_string().into(), &settings, "").unwrap()
}

#[test]
fn maps_route_keys_to_paths() {
    // Rule 93.
    for (event_type, route_key, path) in [
        ("CONNECT", json!("$connect"), "/ws/$connect"),
        ("DISCONNECT", json!("$disconnect"), "/ws/$disconnect"),
        ("MESSAGE", json!("$default"), "/ws/$default"),
        ("MESSAGE", json!("sendMessage"), "/ws/sendMessage"),
        ("MESSAGE", json!("a/../b c"), "/ws/a%2F..%2Fb%20c"),
        ("CONNECT", Value::Null, "/ws/$connect"),
        ("DISCONNECT", Value::Null, "/ws/$disconnect"),
        ("MESSAGE", Value::Null, "/ws/$default"),
    ] {
        let (request, shape) = read_event(event(event_type, json!({".routeKey": route_key})));
        assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", path));
        assert_eq!(shape.format.client_sees_status, event_type == "CONNECT");
        assert!(request.extensions().get::<SyntheticRequest>().is_some());
        assert_eq!((prefix(&request), client(&request).as_str()), (None, "203.0.113.9:0"));
    }
}

#[test]
fn handshake_has_headers_and_a_query() {
    let (request, _) = read_event(event(
        "CONNECT",
        json!({
            ".routeKey": "$connect", "headers": {"Host": "h", "Cookie": "b=2"}, "multiValueHeaders": {"Cookie": ["a=1", "b=2"]},
            "queryStringParameters": {"token": "x y"}, "multiValueQueryStringParameters": {"token": ["x y"], "room[id]": ["1"]},
            "httpMethod": "GET",
        }),
    ));
    assert_eq!(request.uri(), "/ws/$connect?token=x%20y&room[id]=1");
    assert_eq!(
        (&request.headers()["cookie"], request.headers().get("content-type")),
        (&"a=1; b=2".parse().unwrap(), None)
    );
}

#[test]
fn message_is_the_body() {
    // Rule 69.
    let message = |body: &str, is_base64: bool| {
        let (request, _) = read_event(event("MESSAGE", json!({"body": body, "isBase64Encoded": is_base64})));
        (request.headers()["content-type"].to_str().unwrap().to_owned(), request.body().as_bytes().unwrap().clone())
    };
    assert_eq!(message("{\"action\":\"é\"}", false), ("application/json".into(), "{\"action\":\"é\"}".into()));
    assert_eq!(message("iVBORw==", true), ("application/octet-stream".into(), b"\x89PNG"[..].into()));
}

#[test]
fn rejects_events_without_a_websocket_path() {
    let reason = reason(event("MESSAGE", json!({"httpMethod": "GET", "path": "/"})));
    assert!(reason.starts_with("Runtime.UnsupportedEvent") && reason.contains("set LODGER_WEBSOCKET_PATH"), "{reason}");
}
