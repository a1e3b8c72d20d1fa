//! The events of Lambda's fronts, and the responses to them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{Result, work::Work};

/// Returns the event of a request: of an HTTP API, of a REST API or of a load balancer, by turns. Streams come from Function URLs.
pub fn event(number: u64, work: &Work, is_streamed: bool) -> Value {
    let (path, query) = work.path.split_once('?').unwrap_or((&work.path, ""));
    let (body, is_base64) = match std::str::from_utf8(&work.body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(&work.body), true),
    };
    let headers =
        json!({"host": "soak.example.com", "x-forwarded-for": "198.51.100.4", "x-number": number.to_string()});
    let query_object = if query.is_empty() { json!({}) } else { json!({query: ""}) };
    match number % 3 {
        _ if is_streamed => http_api(number, work.method, (path, query), headers, (body, is_base64)),
        0 => http_api(number, work.method, (path, query), headers, (body, is_base64)),
        1 => json!({
            "resource": "/{proxy+}", "path": path, "httpMethod": work.method, "headers": headers,
            "queryStringParameters": query_object, "multiValueHeaders": null,
            "requestContext": {
                "resourcePath": "/{proxy+}", "httpMethod": work.method, "path": path, "stage": "live", "accountId": "123456789012",
                "requestId": format!("rest-{number}"), "identity": {"sourceIp": "198.51.100.4"}, "apiId": "a1b2c3d4e5"
            },
            "body": body, "isBase64Encoded": is_base64,
        }),
        _ => json!({
            "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/soak/49e9d65c45c6791a"}},
            "httpMethod": work.method, "path": path, "queryStringParameters": query_object, "headers": headers,
            "body": body, "isBase64Encoded": is_base64,
        }),
    }
}

fn http_api(
    number: u64,
    method: &str,
    (path, query): (&str, &str),
    headers: Value,
    (body, is_base64): (String, bool),
) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "a1b2c3d4e5", "domainName": "soak.example.com", "stage": "$default",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "198.51.100.4", "userAgent": "soak"},
            "requestId": format!("http-{number}"), "routeKey": "$default", "timeEpoch": 1_795_953_600_000_u64
        },
        "body": body, "isBase64Encoded": is_base64,
    })
}

/// The response that is in a reply.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Bytes,
}

impl Reply {
    /// Reads a reply: JSON, or a streamed response with its head in JSON.
    pub fn parse(bytes: &Bytes, is_streamed: bool) -> Result<Self> {
        const SEPARATOR: [u8; 8] = [0; 8];
        let at = bytes.windows(SEPARATOR.len()).position(|window| window == SEPARATOR).filter(|_| is_streamed);
        let value: Value = serde_json::from_slice(bytes.get(..at.unwrap_or(bytes.len())).unwrap_or_default())?;
        let text = value["body"].as_str().unwrap_or_default();
        let body = match at {
            Some(at) => bytes.slice(at + SEPARATOR.len()..),
            None if value["isBase64Encoded"] == Value::Bool(true) => STANDARD.decode(text)?.into(),
            None => text.to_owned().into(),
        };
        Ok(Self { status: value["statusCode"].as_u64().unwrap_or_default().try_into()?, body })
    }
}
