//! Events of VPC Lattice, versions 1 and 2.

use serde_json::{Value, json};

use crate::lambda::event::tests::*;

/// Creates an event of version 1 with these parts. See [`with`].
pub(crate) fn v1(parts: Value) -> Value {
    let event = json!({
        "raw_path": "/", "method": "GET", "headers": {"host": "example.com"}, "query_string_parameters": {}, "body": null,
        "is_base64_encoded": false,
    });
    with(event, parts)
}

/// Creates an event of version 2 with these parts. See [`with`].
pub(crate) fn v2(parts: Value) -> Value {
    let event = json!({
        "version": "2.0", "path": "/", "method": "GET", "headers": {"host": ["example.com"]}, "isBase64Encoded": false,
        "requestContext": {
            "serviceNetworkArn": "arn:aws:vpc-lattice:eu-west-1:123456789012:servicenetwork/sn-1",
            "serviceArn": "arn:aws:vpc-lattice:eu-west-1:123456789012:service/svc-1",
            "identity": {"sourceVpcArn": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1"}, "region": "eu-west-1",
        },
    });
    with(event, parts)
}

#[test]
fn keeps_the_query_of_a_version_1_path() {
    // Rule 43.
    let uri = |parts| read_all(v1(parts)).uri().to_string();
    assert_eq!(
        uri(json!({"raw_path": "/a%20b/?q=1&q=2&x=%2B?", "query_string_parameters": {"q": "2"}})),
        "/a%20b/?q=1&q=2&x=%2B?"
    );
    assert_eq!(uri(json!({"raw_path": "/\u{e9}\"?\"=\"&a"})), "/%C3%A9\"?%22=%22&a");
    assert_eq!(uri(json!({"raw_path": "/a?"})), "/a");
    assert_eq!(
        uri(json!({"raw_path": "/a", "query_string_parameters": {"q": "x y&z", "r": "%20"}})),
        "/a?q=x%20y%26z&r=%20"
    );
}

#[test]
fn reads_the_members_of_version_1() {
    let request = read_all(v1(json!({
        "method": "POST", "headers": {"multi": "abcd, DEF", "x-forwarded-for": "6.6.6.6, 10.0.2.100"}, "body": "aGk=",
        "is_base64_encoded": true,
    })));
    assert_eq!((request.method().as_str(), request.body().as_bytes().unwrap()), ("POST", &"hi".into()));
    assert_eq!(request.headers()["multi"], "abcd, DEF");
    assert_eq!(client(&request), "10.0.2.100:0");
    assert_eq!(request.headers()["host"], "localhost");
}

#[test]
fn reads_the_lists_of_version_2() {
    // Rules 2 and 43: HTTP APIs send version 2.0 as well.
    let request = read_all(v2(json!({
        "path": "/a%2Fb", "queryStringParameters": {"q": ["hello%20world", "2"], "r": "3"},
        "headers": {"host": "h", "multi": ["x", "y"], "x-forwarded-for": ["10.0.2.100"]},
    })));
    assert_eq!(request.uri(), "/a%2Fb?q=hello%20world&q=2&r=3");
    assert_eq!(all(request.headers(), "multi"), [b"x", b"y"]);
    assert_eq!((all(request.headers(), "host"), client(&request)), (vec![&b"h"[..]], "10.0.2.100:0".to_owned()));
}

#[test]
fn prefers_the_query_of_a_version_2_path_to_the_map() {
    // Rule 43.
    let uri = |parts| read_all(v2(parts)).uri().to_string();
    assert_eq!(uri(json!({"path": "/p?a=1", "queryStringParameters": {"a": ["1"]}})), "/p?a=1");
    assert_eq!(
        uri(json!({"path": "/a%3Fb?z=%2B+&a[]=%20&z=?#é", "queryStringParameters": {"z": ["?", "+ "], "other": "x"}})),
        "/a%3Fb?z=%2B+&a[]=%20&z=?%23%C3%A9"
    );
    assert_eq!(uri(json!({"path": "/\u{e9}\"?\"=\"&a"})), "/%C3%A9\"?%22=%22&a");
    assert_eq!(uri(json!({"path": "/p?", "queryStringParameters": {"a": ["1"]}})), "/p");
    assert_eq!(uri(json!({"path": "?a"})), "/?a");
}

#[test]
fn query_in_the_path_does_not_hide_a_reserved_path() {
    // Rules 28 and 114: the split comes before the base path and the reserved paths.
    let settings =
        || Settings { events_path: Some("/events".into()), base_path: Some("/api".into()), ..Settings::default() };
    for target in ["/events?a=1", "/api/events?", "/events?/x"] {
        for event in [v1(json!({"raw_path": target})), v2(json!({"path": target}))] {
            assert!(matches!(read_with(event, settings(), ""), Err(Rejection::NotFound(_))), "{target}");
        }
    }
    for event in [v1(json!({"raw_path": "/api?/events"})), v2(json!({"path": "/api?/events"}))] {
        let request = read_with(event, settings(), "").unwrap();
        assert_eq!((request.uri().to_string().as_str(), prefix(&request)), ("/?/events", Some("/api")));
    }
}
