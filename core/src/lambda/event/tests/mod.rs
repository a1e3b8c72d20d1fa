//! What each front makes of its events; here what holds for all.

mod alb;
mod lattice;
mod payload_v1;
mod payload_v2;
mod vercel;
mod websocket;

use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};

use self::payload_v2::event;
use crate::{ClientAddr, PathPrefix, lambda::event::*};

/// An event with `parts` over it: top-level ones by their name, those of the request context and of its `http` or `identity`
/// after a dot or two. What is `null` is there as `null`.
fn with(mut event: Value, parts: Value) -> Value {
    let inner = if event.pointer("/requestContext/http").is_some() { "http" } else { "identity" };
    for (name, value) in parts.as_object().unwrap() {
        let path = match name.strip_prefix("..") {
            Some(name) => format!("/requestContext/{inner}/{name}"),
            None => name.strip_prefix('.').map_or(format!("/{name}"), |name| format!("/requestContext/{name}")),
        };
        let (parent, key) = path.rsplit_once('/').unwrap();
        // One front has no context at all.
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
    let reserved = Reserved::new(settings);
    let read =
        read(event, DecodeContext::new(&context, &Span::none(), settings, &reserved, &mut HeaderNameCache::new()));
    read.map(|(request, shape, prefix)| {
        // What the app and its `Location` get is one.
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

fn why(event: Value) -> String {
    match read_with(event, Settings::default(), "").unwrap_err() {
        Rejection::BadRequest(_, why) => why,
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
fn a_body_of_text_is_not_copied() {
    let event = Bytes::from(serde_json::to_vec(&event(json!({"body": "long enough"}))).unwrap());
    let (request, _) = read_bytes(&event, &Settings::default(), "").unwrap();
    let body = request.body().as_bytes().unwrap().as_ptr_range();
    assert!(event.as_ptr_range().contains(&body.start) && event.as_ptr_range().contains(&body.end));
}

#[test]
fn what_is_wrong_is_told_in_few_words() {
    let long = "\u{e000}".repeat(1 << 20);
    let refused = [
        event(json!({"headers": {&long: "x"}})),
        event(json!({"headers": {"x".repeat(1 << 16): "\n"}})),
        event(json!({"..method": &long})),
        json!({&long: 1, "Records": &long}),
        json!({"raw_path": &long}),
        json!((0..10_000).map(|i| (format!("{i}{long:.100}"), i)).collect::<std::collections::BTreeMap<_, _>>()),
    ];
    for event in refused {
        let why = why(event);
        assert!(why.len() < 3000, "{} bytes: {why:.200}", why.len());
    }
}

#[test]
fn more_headers_than_can_be_are_refused() {
    for distinct in [true, false] {
        let name = |i: usize| if distinct { format!("x-{i}") } else { format!("x{}", "-".repeat(i % 2)) };
        let members: Vec<String> = (0..60_000).map(|i| format!("{:?}:\"1\"", name(i))).collect();
        let json =
            event(json!({"headers": "here"})).to_string().replace("\"here\"", &format!("{{{}}}", members.join(",")));
        let refusal = read_bytes(&json.into(), &Settings::default(), "").unwrap_err();
        assert!(
            matches!(&refusal, Rejection::BadRequest(_, why) if why == "there are more than 4096 headers"),
            "{refusal:?}"
        );
    }
}

#[test]
fn what_looks_like_a_request_and_is_none_is_named_and_never_served() {
    // Rules 1, 2 and 7: not as a request, and not as an event either, which an app would trust.
    for (event, name) in [
        (event(json!({"routeArn": "arn", "type": "REQUEST"})), "an event of an authorizer"),
        (event(json!({"methodArn": "arn"})), "an event of an authorizer"),
        (json!({"methodArn": "arn", "type": "TOKEN", "authorizationToken": "x"}), "an event of an authorizer"),
        (
            json!({"authorizationToken": "x", "requestContext": {"apiId": "x", "accountId": "1"}}),
            "an event of an authorizer",
        ),
        (json!({"Records": [{"cf": {"config": {}, "request": {"uri": "/", "method": "GET"}}}]}), "Lambda@Edge"),
        (json!({"raw_path": "/"}), "VPC Lattice (version 1)"),
        (json!({"rawPath": "/", "requestContext": {}}), "an HTTP API"),
        (json!({"path": "/", "requestContext": {"apiId": "x"}}), "API Gateway"),
        (json!({"requestContext": {"connectionId": "x", "eventType": "OTHER"}}), "WebSocket API"),
        (
            json!({"httpMethod": "GET", "resource": "/", "headers": {"host": "x"}, "requestContext": null}),
            "API Gateway",
        ),
        (json!({"httpMethod": "GET", "multiValueHeaders": {}, "path": null}), "API Gateway"),
        (json!({"path": "/", "requestContext": {"stage": "prod", "identity": {"sourceIp": "::1"}}}), "API Gateway"),
        (json!({"version": "2.0", "rawQueryString": "", "headers": {}}), "an HTTP API"),
        (json!({"httpMethod": "GET", "resource": "/", "headers": null}), "API Gateway"),
        (json!({"httpMethod": "GET", "queryStringParameters": {}}), "API Gateway"),
        (json!({"version": "2.0", "routeKey": "$default", "requestContext": {"routeKey": "$default"}}), "API"),
        (json!({"method": "GET", "headers": {}, "is_base64_encoded": false}), "VPC Lattice (version 1)"),
        (json!({"version": "2.0", "requestContext": {"domainName": "x"}}), "API Gateway"),
    ] {
        for events_path in [None, Some("/events".to_owned())] {
            let settings = Settings { events_path, ..Settings::default() };
            let refusal = read_with(event.clone(), settings, "").unwrap_err();
            let Rejection::Failed { error_type: "Runtime.UnsupportedEvent", message } = refusal else {
                panic!("{refusal:?}")
            };
            assert!(message.contains(name) && message.contains("supported are"), "{message}");
        }
    }
}

#[test]
fn other_events_are_named_where_nobody_wants_them() {
    // Rule 113.
    for (event, name) in [
        (json!({"Records": [{"eventSource": "aws:sqs"}]}), "Records"),
        (json!({"detail-type": "Scheduled Event"}), "EventBridge"),
        (json!({"ResourceProperties": {}, "RequestType": "Create"}), "CloudFormation"),
        (json!({"arguments": {}, "info": {}}), "AppSync"),
        (json!({"requestContext": {"condition": "Success"}, "requestPayload": {}}), "unknown kind"),
        (json!({"httpMethod": "GET", "apiPath": "/", "messageVersion": "1.0"}), "unknown kind"),
        (json!({"hello": "world", "é": 1}), r#"unknown kind, with the keys ["hello", "é"]"#),
        (json!([1]), "no JSON object"),
    ] {
        let why = why(event);
        assert!(why.starts_with("Runtime.UnsupportedEvent: ") && why.contains(name), "{why}");
        assert!(why.contains("set LODGER_EVENTS_PATH"), "{why}");
    }
}

#[test]
fn other_events_are_posted_where_they_are_wanted() {
    // Rule 113.
    let settings =
        Settings { events_path: Some("/events/all".into()), base_path: Some("/events".into()), ..Settings::default() };
    for event in
        [json!({"Records": [{"eventSource": "aws:sqs"}]}), json!({"a": [1, "é\n"]}), json!("text"), json!(null)]
    {
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
        assert!(extensions.get::<FromEvent>().is_some() && extensions.get::<RequestContext>().is_none());
        assert_eq!(prefix(&request), None);
    }
}

#[test]
fn no_request_reaches_what_is_for_events() {
    // Rule 114, behind a base path and a stage as well.
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
        assert!(request.extensions().get::<FromEvent>().is_none());
    }
}

#[test]
fn what_is_no_json_is_refused() {
    let cut = Bytes::from_static(br#"{"version":"2.0","#);
    let refusal = read_bytes(&cut, &Settings::default(), "").unwrap_err();
    let Rejection::Failed { error_type: "Runtime.MalformedEvent", message } = refusal else { panic!("{refusal:?}") };
    assert!(message.contains("byte 17 of 17"), "{message}");
}

#[test]
fn there_is_a_most_of_everything() {
    let read = |parts: String| {
        let event = format!(r#"{{"httpMethod":"GET","path":"/",{parts}}}"#);
        read_bytes(&event.into(), &Settings::default(), "").map(drop).map_err(|refusal| match refusal {
            Rejection::BadRequest(_, why) => why,
            refusal => panic!("{refusal:?}"),
        })
    };
    let map = |count: usize, value: &str| {
        let members: Vec<String> = (0..count).map(|i| format!("\"k{i}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    };
    for (template, most, what) in [
        (r#""headers":MAP"#, 4096, "headers"),
        (r#""multiValueHeaders":MAP,"headers":MAP"#, 4096, "headers"),
        (r#""queryStringParameters":MAP"#, 16_384, "query parameters"),
        (r#""multiValueQueryStringParameters":MAP,"queryStringParameters":MAP"#, 16_384, "query parameters"),
    ] {
        let read = |count| read(template.replace("MAP", &map(count, "\"\"")));
        // Of so many parameters a URI is too long, and yet they are not too many.
        let at_most = read(most);
        assert!(at_most.as_ref().err().is_none_or(|why| why.contains("too long for a URI")), "{at_most:?}");
        assert_eq!(read(most + 1), Err(format!("there are more than {most} {what}")));
    }
    assert!(read(format!(r#""multiValueHeaders":{}"#, map(2048, r#"["1","2"]"#))).is_ok());
    let cookies = |count: usize| event(json!({"cookies": vec!["a"; count]}));
    assert!(read_with(cookies(16_384), Settings::default(), "").is_ok());
    assert_eq!(why(cookies(16_385)), "there are more than 16384 cookies");
}

proptest! {
    #[test]
    fn any_bytes_are_a_request_or_a_refusal(bytes in any::<Vec<u8>>()) {
        let _ = read_bytes(&bytes.into(), &Settings::default(), "");
    }

    #[test]
    fn any_parts_are_a_request_or_a_refusal(
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
    fn an_event_cut_anywhere_is_refused(at in 0..300_usize) {
        let event = serde_json::to_vec(&event(json!({}))).unwrap();
        let cut = Bytes::from(event).slice(..at);
        prop_assert!(read_bytes(&cut, &Settings::default(), "").is_err());
    }

    #[test]
    fn any_parts_are_a_request_or_a_refusal_whatever_the_front(
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
fn only_api_gateway_gets_a_null_for_a_type() {
    // Rule 88.
    let gets_null = |event: Value, response_mode| {
        let bytes = Bytes::from(serde_json::to_vec(&event).unwrap());
        let settings = Settings { response_mode, ..Settings::default() };
        read_bytes(&bytes, &settings, "").unwrap().1.style.suppresses_type
    };
    let fronts: [fn(Value) -> Value; 3] =
        [payload_v2::event, payload_v1::event, |parts| with(payload_v1::event(parts), json!({"version": "1.0"}))];
    for (domain, prefix, is_api) in [
        (json!("abcdefg.execute-api.eu-west-1.amazonaws.com"), json!("abcdefg"), true),
        (json!("api.example.com"), json!("api"), true),
        // As emulators have it that are called by such a name.
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
