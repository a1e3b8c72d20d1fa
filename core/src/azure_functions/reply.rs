//! Responses to messages: `{"Outputs":{..},"Logs":[],"ReturnValue":..}`.
//!
//! Source: `HttpScriptInvocationResult` and `HttpOutputBindingResponse` of `Azure/azure-functions-host`.

use std::str::Utf8Chunk;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE, TRANSFER_ENCODING},
};

use crate::{
    json::{self, read::Reader, syntax::is_json},
    log,
    server::message::MAX_SIZE,
};

/// The name of the output that is the return value of the function.
const RETURN: &str = "$return";
/// The reply before a return value. `}` follows the value.
const RETURN_VALUE: &[u8] = br#"{"Outputs":{},"Logs":[],"ReturnValue":"#;

/// U+FFFD in UTF-8.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

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
    let length = text_len(body.as_bytes());
    if length > MAX_SIZE {
        return too_large(function);
    }
    let status = response.status().as_u16();
    let mut reply = Vec::with_capacity(length + 1024);
    let end: &[u8] = match output {
        Some(name) if name != RETURN => {
            reply.extend_from_slice(br#"{"Outputs":{"#);
            push_string(name.as_bytes(), &mut reply);
            reply.push(b':');
            br#"},"Logs":[],"ReturnValue":null}"#
        }
        _ => {
            reply.extend_from_slice(RETURN_VALUE);
            b"}"
        }
    };
    reply.extend_from_slice(format!(r#"{{"statusCode":{status},"status":"{status}","headers":{{"#).as_bytes());
    push_headers(response.headers(), &mut reply);
    reply.extend_from_slice(br#"},"body":"#);
    push_string(body.as_bytes(), &mut reply);
    reply.push(b'}');
    reply.extend_from_slice(end);
    succeeded(reply.into(), function)
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
    let is_json = is_json(body);
    if is_json && is_reply(body) {
        return succeeded(body.clone(), function);
    }
    let length = if is_json { body.len() } else { text_len(body) };
    if length > MAX_SIZE {
        return too_large(function);
    }
    let mut reply = Vec::with_capacity(RETURN_VALUE.len() + length + 16);
    reply.extend_from_slice(RETURN_VALUE);
    if body.is_empty() {
        reply.extend_from_slice(b"null");
    } else if is_json {
        reply.extend_from_slice(body);
    } else {
        push_string(body, &mut reply);
    }
    reply.push(b'}');
    succeeded(reply.into(), function)
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

/// Appends a string. Each sequence that is not UTF-8 becomes U+FFFD.
fn push_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        json::push_escaped(chunk.valid().as_bytes(), out);
        if !chunk.invalid().is_empty() {
            out.extend_from_slice(REPLACEMENT);
        }
    }
    out.push(b'"');
}

/// The length of the string that [`push_string`] appends, without its quotes.
fn text_len(text: &[u8]) -> usize {
    let chunk_len = |chunk: Utf8Chunk<'_>| {
        let valid = chunk.valid().as_bytes();
        valid.len() + json::escapes_len(valid) + if chunk.invalid().is_empty() { 0 } else { REPLACEMENT.len() }
    };
    text.utf8_chunks().map(chunk_len).sum()
}

fn succeeded(reply: Bytes, function: &str) -> http::Response<Bytes> {
    if reply.len() > MAX_SIZE {
        return too_large(function);
    }
    let mut response = http::Response::new(reply);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn too_large(function: &str) -> http::Response<Bytes> {
    log::error!(
        "cannot send the response of the function {function:?}: it exceeds {MAX_SIZE} bytes in JSON; responding with 500"
    );
    failed("the response is too large")
}

/// A response that makes the invocation fail.
fn failed(text: &'static str) -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
