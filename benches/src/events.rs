//! The events of the fronts, as AWS sends them, with 20 headers or more and about 1.5 KB.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::scenario::NUMBER;

/// Comes before the number in a request id of Vercel, because JSON has no numbers with leading zeros.
pub const REQUEST_ID_PREFIX: u64 = 1;

/// The front that makes an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    Alb,
    FunctionUrl,
    HttpApi,
    RestApi,
}

/// A request to a front.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    method: &'a str,
    path: &'a str,
    body: Option<&'a [u8]>,
    headers: usize,
}

impl<'a> Request<'a> {
    pub fn get(path: &'a str) -> Self {
        Self { method: "GET", path, body: None, headers: 20 }
    }

    pub fn post(path: &'a str, body: &'a [u8]) -> Self {
        Self { method: "POST", body: Some(body), ..Self::get(path) }
    }

    /// Sets the number of headers.
    pub fn with_headers(self, headers: usize) -> Self {
        Self { headers, ..self }
    }

    fn headers(&self) -> Vec<(String, String)> {
        let trace = format!("Root=1-5bef4de7-ad49b0e87f6e{NUMBER}");
        let kind = if self.body.is_some() { "application/json" } else { "text/plain" };
        let known = [
            ("host", "shop.example.com"),
            ("x-amzn-trace-id", trace.as_str()),
            ("x-forwarded-for", "198.51.100.4"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-proto", "https"),
            ("content-type", kind),
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            ("accept-encoding", "gzip, deflate, br, zstd"),
            ("accept-language", "de,en-US;q=0.7,en;q=0.3"),
            ("cache-control", "no-cache"),
            ("dnt", "1"),
            ("pragma", "no-cache"),
            ("priority", "u=0, i"),
            ("referer", "https://shop.example.com/articles?page=2"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", "same-origin"),
            ("te", "trailers"),
            ("upgrade-insecure-requests", "1"),
        ];
        let known = known.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let more =
            (20..self.headers).map(|number| (format!("x-header-{number}"), format!("value {number} of a client")));
        known.take(self.headers).chain(more).collect()
    }

    /// The body as a field of an event, and whether it is in base64.
    fn body_field(&self) -> (String, bool) {
        match self.body.map(|body| (body, std::str::from_utf8(body))) {
            None => ("null".to_owned(), false),
            Some((_, Ok(text))) => (json!(text).to_string(), false),
            Some((body, Err(_))) => (format!("\"{}\"", STANDARD.encode(body)), true),
        }
    }
}

fn object(pairs: &[(String, String)], is_list: bool) -> String {
    let mut out = String::from("{");
    for (name, value) in pairs {
        let comma = if out.len() == 1 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = match is_list {
            true => write!(out, "{comma}{}:[{}]", json!(name), json!(value)),
            false => write!(out, "{comma}{}:{}", json!(name), json!(value)),
        };
    }
    out.push('}');
    out
}

/// Returns the event that a front makes of a request.
pub fn event(front: Front, request: &Request<'_>) -> String {
    let (pairs, (body, is_base64)) = (request.headers(), request.body_field());
    let (method, path, headers) = (json!(request.method), json!(request.path), object(&pairs, false));
    let agent = json!("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    match front {
        Front::HttpApi | Front::FunctionUrl => {
            let domain = match front {
                Front::HttpApi => "shop.example.com",
                _ => "abcdefghij.lambda-url.eu-west-1.on.aws",
            };
            format!(
                r#"{{"version":"2.0","routeKey":"$default","rawPath":{path},"rawQueryString":"","headers":{headers},"requestContext":{{"accountId":"123456789012","apiId":"a1b2c3d4e5","domainName":"{domain}","domainPrefix":"a1b2c3d4e5","http":{{"method":{method},"path":{path},"protocol":"HTTP/1.1","sourceIp":"198.51.100.4","userAgent":{agent}}},"requestId":"id-{NUMBER}","routeKey":"$default","stage":"$default","time":"29/Nov/2026:12:00:00 +0000","timeEpoch":1795953600000}},"body":{body},"isBase64Encoded":{is_base64}}}"#
            )
        }
        Front::RestApi => {
            let lists = object(&pairs, true);
            format!(
                r#"{{"resource":"/{{proxy+}}","path":{path},"httpMethod":{method},"headers":{headers},"multiValueHeaders":{lists},"queryStringParameters":null,"multiValueQueryStringParameters":null,"pathParameters":{{"proxy":"hello"}},"stageVariables":null,"requestContext":{{"resourceId":"ab12cd","resourcePath":"/{{proxy+}}","httpMethod":{method},"extendedRequestId":"Uh1c4E0bDoEF5eA=","requestTime":"29/Nov/2026:12:00:00 +0000","path":{path},"accountId":"123456789012","protocol":"HTTP/1.1","stage":"live","domainPrefix":"shop","requestTimeEpoch":1795953600000,"requestId":"3b6d1d9e-1f3a-4a9b-8f5e-{NUMBER}","identity":{{"cognitoIdentityPoolId":null,"accountId":null,"cognitoIdentityId":null,"caller":null,"sourceIp":"198.51.100.4","principalOrgId":null,"accessKey":null,"cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,"userArn":null,"userAgent":{agent},"user":null}},"domainName":"shop.example.com","apiId":"a1b2c3d4e5"}},"body":{body},"isBase64Encoded":{is_base64}}}"#
            )
        }
        Front::Alb => format!(
            r#"{{"requestContext":{{"elb":{{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/49e9d65c45c6791a"}}}},"httpMethod":{method},"path":{path},"queryStringParameters":{{}},"headers":{headers},"body":{},"isBase64Encoded":{is_base64}}}"#,
            if request.body.is_some() { body.as_str() } else { "\"\"" }
        ),
    }
}

/// Returns the same request for a server, with the headers of Vercel if there are others than `host`.
pub fn request(request: &Request<'_>) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    let vercel = [
        ("x-vercel-internal-invocation-id", format!("inv-{NUMBER}")),
        ("x-vercel-internal-request-id", format!("{REQUEST_ID_PREFIX}{NUMBER}")),
    ];
    let vercel = vercel.into_iter().filter(|_| request.headers > 1).map(|(name, value)| (name.to_owned(), value));
    let length = request.body.map(|body| ("content-length".to_owned(), body.len().to_string()));
    for (name, value) in request.headers().into_iter().chain(vercel).chain(length) {
        // Writing to a string cannot fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    let mut out = head.into_bytes();
    out.extend_from_slice(request.body.unwrap_or_default());
    out
}

/// Returns an event of SQS with one message, the number of its messages, and the bytes of their bodies.
pub fn queue() -> (String, usize, usize) {
    let message = r#"{"order":4711,"articles":["apple","pear"]}"#;
    let event = format!(
        r#"{{"Records":[{{"messageId":"059f36b4-87a3-44ab-83d2-{NUMBER}","receiptHandle":"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a","body":{},"attributes":{{"ApproximateReceiveCount":"1","SentTimestamp":"1795953600000","SenderId":"AIDAIENQZJOLO23YVJ4VO","ApproximateFirstReceiveTimestamp":"1795953600001"}},"messageAttributes":{{}},"md5OfBody":"098f6bcd4621d373cade4e832627b4f6","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:123456789012:orders","awsRegion":"eu-west-1"}}]}}"#,
        json!(message)
    );
    (event, 1, message.len())
}

/// Returns JSON of about this length, with the quotes that an event has to escape. It has no spaces, like that of serde_json.
pub fn json_text(length: usize) -> String {
    let mut out = String::from("[");
    while out.len() + 80 < length {
        let comma = if out.len() == 1 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            r#"{comma}{{"article":"apple {:06}","count":{},"note":"Ripe, from the region."}}"#,
            out.len(),
            out.len() % 100
        );
    }
    out.push(']');
    out
}

/// Returns bytes that are not UTF-8. The apps return the same.
pub fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at * 7 + at / 256) as u8 | 0x80).collect()
}
