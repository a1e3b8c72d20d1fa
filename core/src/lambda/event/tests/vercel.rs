//! Events of Vercel functions with a Lambda runtime.

use serde_json::{Value, json};

use crate::lambda::event::tests::*;

/// Wraps a request in an event.
fn invoke(request: Value) -> Value {
    json!({"Action": "Invoke", "body": request.to_string()})
}

#[test]
fn reads_the_request_in_the_body() {
    let request = read_all(invoke(json!({
        "method": "POST", "host": "h.example", "path": "//a%20b/../x?q=%20&q&+", "encoding": "base64", "body": "AP8=",
        "headers": {
            "x-multi": ["1", "2"], "X-One": "a,b", "cookie": ["a=1", "b=2"], "x-none": null,
            "x-vercel-forwarded-for": "198.51.100.4", "x-forwarded-for": "6.6.6.6", "x-vercel-internal-oidc-token": "token",
        },
    })));
    assert_eq!(
        (request.method().as_str(), request.uri()),
        ("POST", &"//a%20b/../x?q=%20&q&+".parse::<http::uri::PathAndQuery>().unwrap().into())
    );
    assert_eq!(request.body().as_bytes().unwrap(), &b"\0\xff"[..]);
    assert_eq!(all(request.headers(), "x-multi"), [b"1", b"2"]);
    assert_eq!(all(request.headers(), "x-one"), [b"a,b"]);
    assert_eq!(
        (&request.headers()["cookie"], &request.headers()["host"]),
        (&"a=1; b=2".parse().unwrap(), &"h.example".parse().unwrap())
    );
    assert_eq!(all(request.headers(), "x-vercel-oidc-token"), [b"token"]);
    assert!(!request.headers().contains_key("x-vercel-internal-oidc-token"));
    assert_eq!(client(&request), "198.51.100.4:0");
}

#[test]
fn omitted_members_have_the_defaults_of_a_server() {
    let request = read_all(invoke(
        json!({"method": "GET", "path": "/", "headers": {"host": "own.example", "x-real-ip": "192.0.2.1"}, "host": "h"}),
    ));
    assert_eq!((&request.headers()["host"], client(&request)), (&"own.example".parse().unwrap(), "192.0.2.1:0".into()));
    assert!(request.body().as_bytes().unwrap().is_empty());
    let request = read_all(invoke(json!({"method": "GET", "body": "text", "encoding": ""})));
    assert_eq!((request.uri().to_string(), client(&request)), ("/".into(), "0.0.0.0:0".into()));
    assert_eq!(request.body().as_bytes().unwrap(), "text");
}

#[test]
fn responds_with_400_to_an_invalid_request() {
    for (event, expected) in [
        (json!({"Action": "Invoke", "body": "{"}), "cannot read the request in the event: invalid JSON at byte 1"),
        (json!({"Action": "Invoke", "body": ""}), "cannot read the request in the event: invalid JSON at byte 0"),
        (invoke(json!({})), "the event has no method"),
        (invoke(json!({"method": "GET", "body": "!", "encoding": "base64"})), "the body is not base64"),
        (
            invoke(json!({"method": "GET", "body": "!", "encoding": "hex"})),
            "the body of the request has an unknown encoding",
        ),
        (invoke(json!({"method": "GET", "body": 1})), "the body is neither text nor null"),
        (invoke(json!({"method": "G T"})), "\"G T\" is not a valid method"),
        (invoke(json!({"method": "GET", "headers": {"x": "a\nb"}})), "the value of the header \"x\""),
    ] {
        let rejection = read_with(event, Settings::default(), "").unwrap_err();
        let Rejection::BadRequest(shape, reason) = rejection else { panic!("{rejection:?}") };
        assert!(reason.starts_with(expected), "{reason}");
        assert_eq!(shape.format.list_member, "headers");
    }
}

#[test]
fn never_routes_vercel_events_to_the_route_for_events() {
    let settings = || Settings { events_path: Some("/events".into()), ..Settings::default() };
    let rejection = |event| read_with(event, settings(), "").unwrap_err();
    for event in [json!({"Action": "Invoke"}), json!({"Action": "Invoke", "body": {}})] {
        assert!(matches!(rejection(event), Rejection::Failed { error_type: "Runtime.UnsupportedEvent", .. }));
    }
    let client = invoke(json!({"method": "POST", "path": "/%65vents"}));
    assert!(matches!(rejection(client), Rejection::NotFound(_)));
    let other = json!({"Action": "Other", "body": "{}"});
    assert_eq!(read_with(other, settings(), "").unwrap().uri(), "/events");
}
