//! Events that are rejected, and the errors.

use serde_json::json;

use crate::lambda::event::tests::{payload_v2::event, *};

#[test]
fn error_messages_are_short() {
    let long = "\u{e000}".repeat(1 << 20);
    let events = [
        event(json!({"headers": {&long: "x"}})),
        event(json!({"headers": {"x".repeat(1 << 16): "\n"}})),
        event(json!({"..method": &long})),
        json!({&long: 1, "Records": &long}),
        json!({"raw_path": &long}),
        json!((0..10_000).map(|i| (format!("{i}{long:.100}"), i)).collect::<std::collections::BTreeMap<_, _>>()),
    ];
    for event in events {
        let reason = reason(event);
        assert!(reason.len() < 3000, "{} bytes: {reason:.200}", reason.len());
    }
}

#[test]
fn rejects_more_than_4096_headers() {
    for distinct in [true, false] {
        let name = |i: usize| if distinct { format!("x-{i}") } else { format!("x{}", "-".repeat(i % 2)) };
        let members: Vec<String> = (0..60_000).map(|i| format!("{:?}:\"1\"", name(i))).collect();
        let json =
            event(json!({"headers": "here"})).to_string().replace("\"here\"", &format!("{{{}}}", members.join(",")));
        let rejection = read_bytes(&json.into(), &Settings::default(), "").unwrap_err();
        assert!(
            matches!(&rejection, Rejection::BadRequest(_, reason) if reason == "there are more than 4096 headers"),
            "{rejection:?}"
        );
    }
}

#[test]
fn rejects_broken_events_and_authorizers_by_name() {
    // Rules 1, 2 and 7. The route for events does not get them either, because an app trusts its events.
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
            let rejection = read_with(event.clone(), settings, "").unwrap_err();
            let Rejection::Failed { error_type: "Runtime.UnsupportedEvent", message } = rejection else {
                panic!("{rejection:?}")
            };
            assert!(message.contains(name) && message.contains("supported are"), "{message}");
        }
    }
}

#[test]
fn rejects_other_events_by_name_without_an_events_path() {
    // Rule 113.
    for (event, name) in [
        (json!({"Records": [{"eventSource": "aws:sqs"}]}), "SQS"),
        (json!({"source": "aws.events", "detail-type": "Scheduled Event"}), "EventBridge"),
        (json!({"ResourceProperties": {}, "RequestType": "Create"}), "CloudFormation"),
        (json!({"arguments": {}, "info": {}}), "AppSync"),
        (json!({"requestContext": {"condition": "Success"}, "requestPayload": {}}), "a Lambda destination"),
        (json!({"httpMethod": "GET", "apiPath": "/", "messageVersion": "1.0"}), "unknown kind"),
        (json!({"hello": "world", "é": 1}), r#"unknown kind, with the keys ["hello", "é"]"#),
        (json!({"requestContext": {"stage": "prod"}}), "unknown kind"),
        (json!([1]), "not a JSON object"),
    ] {
        let reason = reason(event);
        assert!(reason.starts_with("Runtime.UnsupportedEvent: ") && reason.contains(name), "{reason}");
        assert!(reason.contains("set LODGER_EVENTS_PATH"), "{reason}");
    }
}

#[test]
fn rejects_malformed_json() {
    let cut = Bytes::from_static(br#"{"version":"2.0","#);
    let rejection = read_bytes(&cut, &Settings::default(), "").unwrap_err();
    let Rejection::Failed { error_type: "Runtime.MalformedEvent", message } = rejection else {
        panic!("{rejection:?}")
    };
    assert!(message.contains("byte 17 of 17"), "{message}");
}

#[test]
fn limits_headers_parameters_and_cookies() {
    let read = |parts: String| {
        let event = format!(r#"{{"httpMethod":"GET","path":"/",{parts}}}"#);
        read_bytes(&event.into(), &Settings::default(), "").map(drop).map_err(|rejection| match rejection {
            Rejection::BadRequest(_, reason) => reason,
            rejection => panic!("{rejection:?}"),
        })
    };
    let map = |count: usize, value: &str| {
        let members: Vec<String> = (0..count).map(|i| format!("\"k{i}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    };
    for (template, max, items) in [
        (r#""headers":MAP"#, 4096, "headers"),
        (r#""multiValueHeaders":MAP,"headers":MAP"#, 4096, "headers"),
        (r#""queryStringParameters":MAP"#, 16_384, "query parameters"),
        (r#""multiValueQueryStringParameters":MAP,"queryStringParameters":MAP"#, 16_384, "query parameters"),
    ] {
        let read = |count| read(template.replace("MAP", &map(count, "\"\"")));
        // So many parameters are accepted, although they exceed the length of a URI.
        let at_max = read(max);
        assert!(at_max.as_ref().err().is_none_or(|reason| reason.contains("too long for a URI")), "{at_max:?}");
        assert_eq!(read(max + 1), Err(format!("there are more than {max} {items}")));
    }
    assert!(read(format!(r#""multiValueHeaders":{}"#, map(2048, r#"["1","2"]"#))).is_ok());
    let cookies = |count: usize| event(json!({"cookies": vec!["a"; count]}));
    assert!(read_with(cookies(16_384), Settings::default(), "").is_ok());
    assert_eq!(reason(cookies(16_385)), "there are more than 16384 cookies");
}
