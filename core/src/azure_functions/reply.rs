//! Responses to messages: `{"Outputs":{..},"Logs":[],"ReturnValue":..}`.
//!
//! Source: `HttpScriptInvocationResult` and `HttpOutputBindingResponse` of `Azure/azure-functions-host`.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE, TRANSFER_ENCODING},
};

use crate::{
    json::{self, read::Reader, syntax::is_json},
    log,
};

/// The name of the output that is the return value of the function.
const RETURN: &str = "$return";

/// Encodes the response to a client. `output` is the name of the HTTP output.
///
/// The Functions host takes the body as text. A response whose body is not UTF-8 becomes a failure of the invocation.
pub(super) fn to_client(
    response: &http::Response<Bytes>,
    output: Option<&str>,
    function: &str,
) -> http::Response<Bytes> {
    let Ok(body) = std::str::from_utf8(response.body()) else {
        log::error!(
            "cannot send the response of the function {function:?}: its body is not UTF-8, which the Functions host cannot pass on; set \
             `enableProxyingHttpRequest` in host.json, and use no other binding in the function"
        );
        return failed("the body of the response is not UTF-8");
    };
    let status = response.status().as_u16();
    let mut http = format!(r#"{{"statusCode":{status},"status":"{status}","headers":{{"#).into_bytes();
    push_headers(response.headers(), &mut http);
    http.extend_from_slice(br#"},"body":"#);
    push_string(body.as_bytes(), &mut http);
    http.push(b'}');
    let mut reply = Vec::with_capacity(http.len() + 64);
    match output {
        Some(name) if name != RETURN => {
            reply.extend_from_slice(br#"{"Outputs":{"#);
            push_string(name.as_bytes(), &mut reply);
            reply.push(b':');
            reply.extend_from_slice(&http);
            reply.extend_from_slice(br#"},"Logs":[],"ReturnValue":null}"#);
        }
        _ => push_return_value(&http, &mut reply),
    }
    succeeded(reply)
}

/// Encodes the response to an event.
///
/// A status other than 2xx fails the invocation, so that the Functions host retries according to the trigger. A JSON object with
/// `Outputs`, `Logs` or `ReturnValue` is the reply itself. Any other body is the return value: JSON as it is, and text as a string.
pub(super) fn to_event(response: &http::Response<Bytes>, function: &str) -> http::Response<Bytes> {
    if !response.status().is_success() {
        log::error!("the app responded to an event of the function {function:?} with {}", response.status());
        return failed("the app failed");
    }
    let body = response.body();
    if is_json(body) && is_reply(body) {
        return succeeded(body.to_vec());
    }
    let mut reply = Vec::with_capacity(body.len() + 64);
    if body.is_empty() {
        push_return_value(b"null", &mut reply);
    } else if is_json(body) {
        push_return_value(body, &mut reply);
    } else {
        let mut text = Vec::with_capacity(body.len() + 2);
        push_string(String::from_utf8_lossy(body).as_bytes(), &mut text);
        push_return_value(&text, &mut reply);
    }
    succeeded(reply)
}

/// Whether a JSON value is an object with a member of a reply.
fn is_reply(body: &[u8]) -> bool {
    let mut has_member = false;
    let read = Reader::new(body).object(|reader, key| {
        has_member |= matches!(key.raw(), b"Outputs" | b"Logs" | b"ReturnValue");
        reader.skip().map(drop)
    });
    read == Ok(true) && has_member
}

fn push_return_value(value: &[u8], reply: &mut Vec<u8>) {
    reply.extend_from_slice(br#"{"Outputs":{},"Logs":[],"ReturnValue":"#);
    reply.extend_from_slice(value);
    reply.push(b'}');
}

/// Appends the headers as members. Values of one name are joined (RFC 9110, section 5.3), except cookies, of which only the last one
/// remains.
fn push_headers(headers: &HeaderMap, out: &mut Vec<u8>) {
    let mut separator: &[u8] = b"";
    for name in headers.keys().filter(|name| !is_framing(name)) {
        out.extend_from_slice(separator);
        separator = b",";
        push_string(name.as_str().as_bytes(), out);
        out.extend_from_slice(b":\"");
        let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
        if *name == SET_COOKIE {
            if let Some(last) = values.next_back() {
                json::push_escaped_or_latin1(last, out);
            }
            if headers.get_all(SET_COOKIE).iter().count() > 1 {
                log::warn!(
                    "dropped all cookies of a response except the last one: the Functions host has room for one only"
                );
            }
        } else {
            json::push_escaped_or_latin1(&values.collect::<Vec<_>>().join(&b", "[..]), out);
        }
        out.push(b'"');
    }
}

/// Whether the Functions host sets this header itself.
fn is_framing(name: &HeaderName) -> bool {
    [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name)
}

fn push_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    json::push_escaped(text, out);
    out.push(b'"');
}

fn succeeded(reply: Vec<u8>) -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::from(reply));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A response that makes the invocation fail.
fn failed(text: &'static str) -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
