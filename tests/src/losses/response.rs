//! The responses that a client gets.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Response;
use lodger_gateway::Front;
use serde_json::{Value, json};

use super::{Headers, changes, merge_headers};
use crate::probe;

/// Returns a response as JSON, without the headers that each server adds.
pub fn comparable_response(response: &Response<Bytes>, is_head: bool) -> Value {
    let mut headers = probe::headers(response.headers());
    // The length is only compared for a response to HEAD. For other responses the bodies are compared.
    let is_length = |name: &str| name == "content-length" && !(response.body().is_empty() && is_head);
    headers.retain(|(name, _)| !["date", "connection"].contains(&name.as_str()) && !is_length(name));
    // The front chooses the order of different names. The order within one name matters.
    headers.sort_by(|one, other| one.0.cmp(&other.0));
    json!({"status": response.status().as_u16(), "headers": headers, "body": probe::latin1(response.body())})
}

/// Returns the response that a client gets from a front, given the one from a server.
pub fn expected_response(front: &Front, mut response: Value, is_head: bool) -> Value {
    let changes = changes(front);
    if response["status"].as_u64() >= Some(600) {
        // Rule 72: HTTP does not define such a status, so the front would respond with an error.
        let body = if is_head { "" } else { "internal server error" };
        return json!({"status": 500, "headers": [["content-type", "text/plain; charset=utf-8"]], "body": body});
    }
    let mut headers: Headers = serde_json::from_value(response["headers"].take()).unwrap();
    for (_, value) in &mut headers {
        // Rule 86: bytes that are not UTF-8 are read as Latin-1 and arrive as UTF-8.
        let bytes: Vec<u8> = value.chars().map(|c| c as u8).collect();
        if std::str::from_utf8(&bytes).is_err() {
            *value = value.bytes().map(char::from).collect();
        }
    }
    let rule = |name: &str| if name == "set-cookie" { changes.response_cookies } else { changes.response_headers };
    headers = merge_headers(headers, rule);
    if [204, 205, 304].map(Value::from).contains(&response["status"]) {
        // Rule 91.
        response["body"] = "".into();
        let keeps_type = response["status"] == 304;
        headers.retain(|(name, _)| name != "content-length" && (name != "content-type" || keeps_type));
    }
    if let Some(prefix) = changes.path_prefix {
        add_path_prefix(&mut headers, prefix);
    }
    let has_body =
        response["body"] != "" || headers.iter().any(|(name, value)| name == "content-length" && value != "0");
    if !headers.iter().any(|(name, _)| name == "content-type") {
        // Rule 88: Lodger adds a content type if there is a body. Otherwise the front may add one.
        let default = if has_body { Some("application/octet-stream") } else { changes.default_content_type };
        headers.extend(default.map(|default| ("content-type".into(), default.into())));
    }
    for (name, _) in headers.iter_mut().filter(|(name, _)| changes.renamed_headers.contains(&name.as_str())) {
        *name = format!("x-amzn-remapped-{name}");
    }
    headers.sort_by(|one, other| one.0.cmp(&other.0));
    response["headers"] = json!(headers);
    response
}

/// Adds the prefix to each `Location` that is a path of the app.
fn add_path_prefix(headers: &mut Headers, prefix: &str) {
    let is_path = |value: &str| value.starts_with('/') && !value.starts_with("//") && !value.starts_with("/\\");
    let has_prefix = |value: &str| value.split(['/', '?', '#']).nth(1) == prefix.strip_prefix('/');
    for (_, value) in headers.iter_mut().filter(|(name, _)| name == "location") {
        if is_path(value) && !has_prefix(value) {
            value.insert_str(0, prefix);
        }
    }
}

/// Encodes a binary body in base64: the response of a REST API without binary media types (rule 97), given the one of a REST
/// API with `*/*`.
pub fn encode_binary_body(mut response: Value) -> Value {
    let bytes: Vec<u8> = response["body"].as_str().unwrap().chars().map(|c| c as u8).collect();
    let is_coded = response["headers"].as_array().unwrap().iter().any(|header| header[0] == "content-encoding");
    if is_coded || std::str::from_utf8(&bytes).is_err() {
        response["body"] = STANDARD.encode(bytes).into();
    }
    response
}
