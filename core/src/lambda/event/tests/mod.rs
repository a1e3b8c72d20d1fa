//! Events of each front; this file tests the rules of all fronts.

mod alb;
mod formats;
mod handlers;
mod lattice;
mod payload_v1;
mod payload_v2;
mod rejections;
mod vercel;
mod websocket;

use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};
use tracing::Span;

use self::payload_v2::event;
use crate::{
    ClientAddr, PathPrefix, ResponseMode, Settings, Stage,
    lambda::{Context, event::*},
    path::reserved::Reserved,
    request::new_extensions::new_event_extensions,
};

/// Replaces members of an event. A name with a dot is a member of `requestContext`, a name with two dots one of its `http` or
/// `identity`. A `null` replaces the member by `null`.
fn with(mut event: Value, parts: Value) -> Value {
    let inner = if event.pointer("/requestContext/http").is_some() { "http" } else { "identity" };
    for (name, value) in parts.as_object().unwrap() {
        let path = match name.strip_prefix("..") {
            Some(name) => format!("/requestContext/{inner}/{name}"),
            None => name.strip_prefix('.').map_or(format!("/{name}"), |name| format!("/requestContext/{name}")),
        };
        let (parent, key) = path.rsplit_once('/').unwrap();
        // Lattice version 1 has no request context.
        if let Some(parent) = event.pointer_mut(parent) {
            parent[key] = value.clone();
        }
    }
    event
}

fn read_bytes(event: &Bytes, settings: &Settings, trace_id: &'static str) -> Result<(Request, ReplyShape), Rejection> {
    let context = Context::new(lodger_runtime_api::Context::from_headers([
        ("lambda-runtime-aws-request-id", "id-1"),
        ("lambda-runtime-trace-id", trace_id),
    ]));
    let reserved = Reserved::new(settings.events_path.as_deref(), settings.websocket_path.as_deref());
    let read = read(
        event,
        DecodeContext::new(
            &context,
            &Span::none(),
            settings,
            &[],
            &reserved,
            &mut HeaderNameCache::new(),
            &new_event_extensions(),
        ),
    );
    read.map(|recipient| {
        let Recipient::App(DecodedEvent { request, shape, prefix }) = recipient else {
            panic!("there are no handlers");
        };
        // The app and the rewriting of `Location` get the same prefix.
        assert_eq!(request.extensions().get(), prefix.as_ref());
        (request, shape)
    })
}

fn read_with(event: Value, settings: Settings, trace_id: &'static str) -> Result<Request, Rejection> {
    let bytes = Bytes::from(serde_json::to_vec(&event).unwrap());
    read_bytes(&bytes, &settings, trace_id).map(|(request, _)| request)
}

fn read_all(event: Value) -> Request {
    read_with(event, Settings::default(), "").unwrap()
}

/// The reason why the event is rejected.
fn reason(event: Value) -> String {
    match read_with(event, Settings::default(), "").unwrap_err() {
        Rejection::BadRequest(_, reason) => reason,
        Rejection::NotFound(_) => "404".to_owned(),
        Rejection::Failed { error_type, message } => format!("{error_type}: {message}"),
    }
}

fn all<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a [u8]> {
    headers.get_all(name).iter().map(|value| value.as_bytes()).collect()
}

fn prefix(request: &Request) -> Option<&str> {
    request.extensions().get::<PathPrefix>().map(PathPrefix::as_str)
}

fn client(request: &Request) -> String {
    request.extensions().get::<ClientAddr>().unwrap().0.to_string()
}

#[test]
fn does_not_copy_a_text_body() {
    let event = Bytes::from(serde_json::to_vec(&event(json!({"body": "long enough"}))).unwrap());
    let (request, _) = read_bytes(&event, &Settings::default(), "").unwrap();
    let body = request.body().as_bytes().unwrap().as_ptr_range();
    assert!(event.as_ptr_range().contains(&body.start) && event.as_ptr_range().contains(&body.end));
}

#[test]
fn posts_other_events_to_the_events_path() {
    // Rule 113.
    let settings =
        Settings { events_path: Some("/events/all".into()), base_path: Some("/events".into()), ..Settings::default() };
    for event in [
        json!({"Records": [{"eventSource": "aws:sqs"}]}),
        json!({"a": [1, "é\n"], "headers": {"x-member": "of the event"}}),
        json!("text"),
        json!(null),
    ] {
        let request = read_with(event.clone(), settings.clone(), "Root=1").unwrap();
        assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", "/events/all"));
        assert_eq!(serde_json::from_slice::<Value>(request.body().as_bytes().unwrap()).unwrap(), event);
        let headers: Vec<_> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let length = event.to_string().len().to_string();
        assert_eq!(
            headers,
            [
                ("host", "localhost"),
                ("x-amzn-trace-id", "Root=1"),
                ("content-type", "application/json"),
                ("content-length", &length)
            ]
        );
        let extensions = request.extensions();
        assert!(extensions.get::<SyntheticRequest>().is_some() && extensions.get::<RequestContext>().is_none());
        assert_eq!(prefix(&request), None);
    }
}

#[test]
fn keeps_a_value_that_is_part_of_another_value() {
    // Rule 45. Another adapter compared the values of both maps by substring (CVE-2026-59897), or kept the last (CVE-2026-54289).
    let values = ["203.0.113.10", "203.0.113.1", "203.0.113.10"];
    for request in [
        read_all(payload_v1::event(json!({"multiValueHeaders": {"via": values}, "headers": {"via": values[2]}}))),
        read_all(alb::event(json!({"multiValueHeaders": {"via": values}}))),
        read_all(lattice::v2(json!({"headers": {"via": values}}))),
    ] {
        assert_eq!(all(request.headers(), "via"), values.map(str::as_bytes));
    }
}

#[test]
fn responds_with_404_to_requests_for_reserved_paths() {
    // Rule 114, also after a base path and a stage.
    let settings = Settings {
        events_path: Some("/events".into()),
        websocket_path: Some("/ws".into()),
        base_path: Some("/api".into()),
        ..Settings::default()
    };
    for path in [
        "/events",
        "/events/x",
        "//events",
        "/%65vents",
        "/EVENTS/",
        "/api/events",
        "/prod/events",
        "/prod/api/ws/$connect",
        "/ws/",
    ] {
        let domain = "abcdefg.execute-api.eu-west-1.amazonaws.com";
        let event = event(json!({"rawPath": path, ".stage": "prod", ".domainName": domain, "..method": "POST"}));
        assert!(matches!(read_with(event, settings.clone(), ""), Err(Rejection::NotFound(_))), "{path}");
    }
    for path in ["/", "/api", "/eventsx", "/x/events"] {
        let request = read_with(event(json!({"rawPath": path})), settings.clone(), "").unwrap();
        assert!(request.extensions().get::<SyntheticRequest>().is_none());
    }
}

proptest! {
    #[test]
    fn does_not_panic_on_any_bytes(bytes in any::<Vec<u8>>()) {
        let _ = read_bytes(&bytes.into(), &Settings::default(), "");
    }

    #[test]
    fn does_not_panic_on_any_parts(
        path in any::<String>(), query in any::<String>(), name in any::<String>(), value in any::<String>(),
        method in any::<String>(), stage in any::<String>(), domain in any::<String>(), body in any::<String>(),
        is_base64 in any::<bool>(),
    ) {
        let _ = read_with(
            event(json!({
                "rawPath": path, "rawQueryString": query, "headers": {name: value}, "..method": method, ".stage": stage,
                ".domainName": domain, "body": body, "isBase64Encoded": is_base64, "cookies": [&value],
            })),
            Settings::default(),
            "",
        );
    }

    #[test]
    fn rejects_truncated_events(at in 0..300_usize) {
        let event = serde_json::to_vec(&event(json!({}))).unwrap();
        let cut = Bytes::from(event).slice(..at);
        prop_assert!(read_bytes(&cut, &Settings::default(), "").is_err());
    }

    #[test]
    fn does_not_panic_on_any_parts_of_any_front(
        front in 0..6_usize, key in any::<String>(), value in any::<String>(), path in any::<String>(),
        base_path in prop::option::of("/[a-z%]{1,4}"), is_base64 in any::<bool>(),
    ) {
        let maps = [json!(null), json!({&key: &value}), json!({&key: [&value, &value]}), json!([&value]), json!(&value)];
        let events = [
            payload_v1::event(json!({})),
            with(payload_v1::event(json!({})), json!({"version": "1.0"})),
            alb::event(json!({})),
            lattice::v1(json!({})),
            lattice::v2(json!({})),
            websocket::event("MESSAGE", json!({})),
        ];
        let settings = Settings {
            base_path, events_path: Some("/e".into()), websocket_path: Some("/w".into()), ..Settings::default()
        };
        for map in &maps {
            let parts = json!({
                "path": &path, "raw_path": &path, ".path": &path, "headers": map, "multiValueHeaders": map, "httpMethod": "GET",
                "queryStringParameters": map, "query_string_parameters": map, "multiValueQueryStringParameters": map,
                "body": &value, "isBase64Encoded": is_base64, ".stage": &key, ".routeKey": &value, ".domainName": &key,
            });
            let _ = read_with(with(events[front].clone(), parts), settings.clone(), "");
        }
    }
}

#[test]
fn only_api_gateway_gets_a_null_type() {
    // Rule 88.
    let gets_null = |event: Value, response_mode| {
        let bytes = Bytes::from(serde_json::to_vec(&event).unwrap());
        let settings = Settings { response_mode, ..Settings::default() };
        read_bytes(&bytes, &settings, "").unwrap().1.format.suppresses_type
    };
    let fronts: [fn(Value) -> Value; 3] =
        [payload_v2::event, payload_v1::event, |parts| with(payload_v1::event(parts), json!({"version": "1.0"}))];
    for (domain, prefix, is_api) in [
        (json!("abcdefg.execute-api.eu-west-1.amazonaws.com"), json!("abcdefg"), true),
        (json!("api.example.com"), json!("api"), true),
        // Emulators that the client calls by such a domain.
        (json!("abcdefg.execute-api.eu-west-1.amazonaws.com"), json!(null), false),
        (json!("api.example.com"), json!(null), false),
        (json!("abcdefg.execute-api.localhost:4566"), json!("abcdefg"), false),
        (json!("localhost"), json!("localhost"), false),
        (json!("127.0.0.1:3000"), json!("127"), false),
        (json!(null), json!(null), false),
    ] {
        for front in fronts {
            let event = front(json!({".domainName": domain, ".domainPrefix": prefix}));
            assert_eq!(gets_null(event, ResponseMode::Buffered), is_api, "{domain} {prefix}");
        }
    }
    let domain = "abcdefg.execute-api.eu-west-1.amazonaws.com";
    let rest_api = || payload_v1::event(json!({".domainName": domain, ".domainPrefix": "abcdefg"}));
    assert!(!gets_null(rest_api(), ResponseMode::StreamRest) && gets_null(rest_api(), ResponseMode::StreamUrl));
    let others = [
        alb::event(json!({})),
        payload_v2::event(json!({})),
        with(alb::event(json!({})), json!({"headers": {"host": domain}})),
    ];
    for event in others {
        assert!(!gets_null(event.clone(), ResponseMode::Buffered), "{event}");
    }
}
