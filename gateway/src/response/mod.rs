//! From the reply of a function to the response of a front.

mod alb;
mod http_api;
mod lattice;
mod refusal;
mod reply;
mod rest_api;
pub(crate) mod streamed;
mod vercel;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

pub(crate) use self::refusal::{failure, no_stage, refusal};
use crate::{Warning, front::Front, kind::Kind};

/// What Lambda takes as a reply: 6 MiB and 100 bytes.
pub(crate) const MAX_REPLY: usize = 6 * 1024 * 1024 + 100;
/// What API Gateway lets through as headers, names and values together (rule 87).
const MAX_API_HEADERS: usize = 10_240;

/// The response for a client that accepts the content type of it.
pub(crate) fn of(front: &Front, reply: &[u8]) -> Response<Bytes> {
    answer(front, None, reply).0
}

/// The response for a client with this `Accept`, if it is known, and what the client loses.
pub(crate) fn answer(front: &Front, accept: Option<&str>, reply: &[u8]) -> (Response<Bytes>, Option<Warning>) {
    if reply.len() > MAX_REPLY {
        return (failure(front), None);
    }
    if front.is_streaming {
        return (streamed::whole(front, reply), None);
    }
    let mut warning = None;
    let response = match front.kind {
        Kind::FunctionUrl | Kind::HttpApi => http_api::response(front, reply),
        Kind::HttpApiV1 => rest_api::http_api(reply),
        Kind::RestApi => rest_api::rest_api(front, accept, reply, &mut warning),
        Kind::Alb | Kind::AlbMultiValue => alb::response(front, reply),
        Kind::LatticeV1 | Kind::LatticeV2 => lattice::response(front, reply),
        Kind::Vercel => vercel::response(reply),
    };
    (response.unwrap_or_else(|| failure(front)), warning)
}

/// The response of a front that does not stream to a reply that was streamed.
pub(crate) fn of_streamed(front: &Front, reply: &[u8]) -> Response<Bytes> {
    match streamed::split(reply) {
        // What AWS documents of it: the status and the headers, and no body.
        Some((prelude, _)) if front.kind == Kind::RestApi => of(front, prelude),
        _ => of(front, reply),
    }
}

/// The answer of a function to the start of a connection; `None` if it is none. Rule 93: its status is what counts.
pub(crate) fn websocket_api(reply: &[u8]) -> Option<Response<Bytes>> {
    let reply = reply::Reply::lenient(reply)?;
    Some(assemble(reply.status()?, reply.single("headers")?, reply.body()?))
}

/// A response of these parts, without the headers of one connection, and with the length that the body has. The answer to
/// a HEAD keeps the length that it tells of.
fn assemble(status: StatusCode, headers: Vec<(HeaderName, HeaderValue)>, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in headers {
        if !is_of_connection(&name) {
            response.headers_mut().append(name, value);
        }
    }
    if !response.body().is_empty() && response.headers().contains_key(header::CONTENT_LENGTH) {
        let length = response.body().len().into();
        response.headers_mut().insert(header::CONTENT_LENGTH, length);
    }
    response
}

/// Rule 83.
fn is_of_connection(name: &HeaderName) -> bool {
    let names = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];
    names.contains(&name.as_str())
}

/// Rule 88.
fn default_content_type<T>(response: &mut Response<T>, default: &'static str) {
    response.headers_mut().entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static(default));
}

/// The bytes of all names and values.
fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn status(front: &Front, reply: &Value) -> u16 {
        of(front, reply.to_string().as_bytes()).status().as_u16()
    }

    #[test]
    fn what_is_wrong_everywhere() {
        for front in Front::all() {
            let front = front.binary_media_types(["*/*"]);
            let failed = failure(&front).status().as_u16();
            for reply in [
                json!({"statusCode": 200.0}),
                json!({"statusCode": "200"}),
                json!({"statusCode": 0}),
                json!({"statusCode": 101}),
                json!({"statusCode": 600}),
                json!({"statusCode": 200, "headers": {"x": 1}}),
                json!({"statusCode": 200, "headers": "x"}),
                json!({"statusCode": 200, "headers": {"a b": "x"}}),
                json!({"statusCode": 200, "headers": {"x": "a\nb"}}),
                json!({"statusCode": 200, "body": 1}),
                json!({"statusCode": 200, "body": "*", "isBase64Encoded": true}),
                json!({"statusCode": 200, "isBase64Encoded": "true"}),
            ] {
                // An ALB looks at one of the two maps.
                let mut reply = reply;
                if let (Kind::AlbMultiValue, Some(headers)) = (front.kind, reply.get("headers").cloned()) {
                    reply["multiValueHeaders"] = headers;
                }
                assert_eq!(status(&front, &reply), failed, "{front}: {reply}");
            }
            assert_eq!(
                status(&front, &json!({"statusCode": 418, "isBase64Encoded": false, "body": "x"})),
                418,
                "{front}"
            );
        }
    }

    #[test]
    fn nulls_break_what_is_no_api() {
        for front in Front::all() {
            let is_api = matches!(front.name(), "function-url" | "http-api" | "http-api-v1" | "rest-api");
            for name in ["headers", "multiValueHeaders", "body", "isBase64Encoded"] {
                let reply = json!({"statusCode": 200, name: null});
                let failed = failure(&front).status().as_u16();
                assert_eq!(status(&front, &reply), if is_api { 200 } else { failed }, "{front}: {name}");
            }
        }
    }

    #[test]
    fn a_reply_that_is_none_is_an_error_of_those_that_infer_nothing() {
        for front in Front::all() {
            let infers = matches!(front.name(), "function-url" | "http-api");
            for reply in [&b"no json"[..], b"[1]", b"\"x\"", br#"{"a":1}"#, br#"{"body":"x"}"#, b""] {
                let response = of(&front, reply);
                let expected = if infers { StatusCode::OK } else { failure(&front).status() };
                assert_eq!(response.status(), expected, "{front}: {reply:?}");
            }
        }
    }

    #[test]
    fn headers_have_a_budget() {
        for (name, in_budget, beyond, refused) in [
            ("rest-api", 10_200, 10_240, 502),
            ("http-api", 10_200, 10_240, 500),
            ("http-api-v1", 10_200, 10_240, 500),
            ("alb", 32_000, 32_768, 502),
            ("alb-multi-value", 32_000, 32_768, 502),
            ("function-url", 10_240, 10_240, 200),
        ] {
            let front: Front = name.parse().unwrap();
            let reply = |size: usize| match name {
                "alb-multi-value" => json!({"statusCode": 200, "multiValueHeaders": {"x": ["y".repeat(size)]}}),
                _ => json!({"statusCode": 200, "headers": {"x": "y".repeat(size)}}),
            };
            // What the default content type takes.
            assert_eq!(status(&front, &reply(in_budget - 40)), 200, "{name}");
            assert_eq!(status(&front, &reply(beyond)), refused, "{name}");
        }
    }

    #[test]
    fn a_reply_has_a_size() {
        for front in Front::all() {
            let reply = |size: usize| json!({"statusCode": 200, "body": "x".repeat(size)});
            let is_alb = front.name().starts_with("alb");
            assert_eq!(status(&front, &reply(1024 * 1024)), if is_alb { 502 } else { 200 }, "{front}");
            assert_eq!(status(&front, &reply(1024 * 1024 - 100)), 200, "{front}");
            assert_eq!(status(&front, &reply(6 * 1024 * 1024 + 100)), failure(&front).status().as_u16(), "{front}");
        }
    }

    #[test]
    fn the_length_is_that_of_the_body_and_what_is_of_one_connection_goes() {
        let reply = |body| {
            let headers = json!({"content-length": "7", "transfer-encoding": "chunked", "keep-alive": "x", "x": "y"});
            json!({"statusCode": 200, "headers": headers, "body": body}).to_string()
        };
        for front in [Front::function_url(), Front::http_api(), Front::alb(), Front::lattice_v1()] {
            let response = of(&front, reply("four").as_bytes());
            assert_eq!(response.headers()["content-length"], "4", "{front}");
            assert_eq!(response.headers()["x"], "y", "{front}");
            assert!(!response.headers().contains_key("transfer-encoding"), "{front}");
            assert!(!response.headers().contains_key("keep-alive"), "{front}");
            assert_eq!(of(&front, reply("").as_bytes()).headers()["content-length"], "7", "{front}: HEAD");
        }
    }
}
