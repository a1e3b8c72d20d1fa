//! Events of Application Load Balancers.

use serde_json::{Value, json};

use crate::lambda::{event::tests::*, reply::HeaderFormat};

/// Creates an event with multi-value headers and these parts. See [`with`].
pub(crate) fn event(parts: Value) -> Value {
    let event = json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/t/1"}},
        "httpMethod": "GET", "path": "/", "multiValueQueryStringParameters": {}, "multiValueHeaders": {"host": ["example.com"]},
        "body": "", "isBase64Encoded": false,
    });
    with(event, parts)
}

/// Creates an event without multi-value headers.
fn single(parts: Value) -> Value {
    let event = json!({
        "requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/", "queryStringParameters": {},
        "headers": {"host": "example.com"}, "body": "", "isBase64Encoded": false,
    });
    with(event, parts)
}

#[test]
fn keeps_the_path_as_sent() {
    // Rules 14 and 16.
    for path in ["/space%20value", "/a%2Fb", "//x/../%2e/", "/a;b=c"] {
        assert_eq!(read_all(event(json!({"path": path}))).uri(), path);
    }
}

#[test]
fn keeps_the_query_as_sent() {
    // Rules 39 to 41: keys and values are neither decoded nor encoded.
    let parameters = json!({"a": ["x%20y", "b+c", "%2B"], "k%20": [""], "bad": ["%zz", "100%", "%ff"], "j": ["{|}"]});
    let request = read_all(event(json!({"multiValueQueryStringParameters": parameters})));
    assert_eq!(request.uri(), "/?a=x%20y&a=b+c&a=%2B&k%20=&bad=%zz&bad=100%&bad=%ff&j={|}");
    let request = read_all(single(json!({"queryStringParameters": {"b": "x%20y", "a": "1"}})));
    assert_eq!(request.uri(), "/?b=x%20y&a=1");
    for nothing in [json!({}), Value::Null] {
        assert_eq!(read_all(event(json!({"multiValueQueryStringParameters": nothing}))).uri(), "/");
        assert_eq!(read_all(single(json!({"queryStringParameters": nothing}))).uri(), "/");
    }
}

#[test]
fn reads_single_and_multi_value_headers() {
    // Rules 45 and 48.
    let multi =
        read_all(event(json!({"headers": null, "multiValueHeaders": {"x-a": ["1", "2"], "cookie": ["a=1", "b=2"]}})));
    assert_eq!(all(multi.headers(), "x-a"), [b"1", b"2"]);
    assert_eq!(all(multi.headers(), "cookie"), [b"a=1; b=2"]);
    let single = read_all(single(json!({"headers": {"x-a": "2"}, "multiValueHeaders": null})));
    assert_eq!(all(single.headers(), "x-a"), [b"2"]);
}

#[test]
fn serves_health_checks_without_host_and_client() {
    // Rule 52.
    let request = read_all(single(json!({"headers": {"user-agent": "ELB-HealthChecker/2.0"}})));
    assert_eq!((&request.headers()["host"], client(&request).as_str()), (&"localhost".parse().unwrap(), "0.0.0.0:0"));
}

#[test]
fn client_is_the_last_forwarded_address() {
    // Rule 55: the client can forge the other addresses.
    let client_of = |values: Value| client(&read_all(event(json!({"multiValueHeaders": {"x-forwarded-for": values}}))));
    assert_eq!(client_of(json!(["6.6.6.6, 203.0.113.9"])), "203.0.113.9:0");
    assert_eq!(client_of(json!(["6.6.6.6", "7.7.7.7,203.0.113.9:4711"])), "203.0.113.9:4711");
    assert_eq!(client_of(json!(["2001:db8::1"])), "[2001:db8::1]:0");
    // An invalid last address is not replaced by another one.
    for garbage in ["203.0.113.9, unknown", "203.0.113.9,", ""] {
        assert_eq!(client_of(json!([garbage])), "0.0.0.0:0", "{garbage}");
    }
    assert_eq!(
        client(&read_all(single(json!({"headers": {"x-forwarded-for": "6.6.6.6, 203.0.113.9"}})))),
        "203.0.113.9:0"
    );
}

#[test]
fn ignores_forwarded_headers_of_the_client() {
    // Rules 53 and 54.
    let request = read_all(event(json!({"multiValueHeaders": {
        "host": ["example.com"], "x-forwarded-host": ["evil.example"], "x-forwarded-proto": ["https, http"], "forwarded": ["host=evil"],
    }})));
    assert_eq!((request.uri().to_string().as_str(), request.uri().scheme()), ("/", None));
    assert_eq!(request.headers()["host"], "example.com");
    assert_eq!(request.headers()["x-forwarded-proto"], "https, http");
}

#[test]
fn replies_have_the_limits_of_a_load_balancer() {
    for parts in [json!({}), json!({"multiValueHeaders": {}})] {
        let bytes = Bytes::from(event(parts).to_string());
        let format = read_bytes(&bytes, &Settings::default(), "").unwrap().1.format;
        assert_eq!((format.max_size, format.max_headers), (1 << 20, Some(32 << 10)));
        assert_eq!(format.max_size_of, "an Application Load Balancer");
    }
}

#[test]
fn reply_uses_the_header_mode_of_the_event() {
    // Rule 77.
    let shape = |event: Value| {
        let (_, shape) = read_bytes(&event.to_string().into(), &Settings::default(), "").unwrap();
        (shape.format.headers, shape.format.cookies, shape.without_body)
    };
    assert_eq!(shape(event(json!({"httpMethod": "HEAD"}))), (HeaderFormat::List, HeaderFormat::List, true));
    assert_eq!(
        shape(event(json!({"multiValueHeaders": {}, "headers": {"a": "b"}}))),
        (HeaderFormat::List, HeaderFormat::List, false)
    );
    assert_eq!(shape(single(json!({}))), (HeaderFormat::Joined, HeaderFormat::CaseVariants, false));
    assert_eq!(
        shape(single(json!({"multiValueHeaders": null}))),
        (HeaderFormat::Joined, HeaderFormat::CaseVariants, false)
    );
}
