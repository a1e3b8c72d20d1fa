//! The requests that an app receives.

use bytes::Bytes;
use http::Response;
use lodger_gateway::Front;
use serde_json::{Value, json};

use super::{
    EmptyBodyLength, Forwarding, FrontChanges, Headers, PathChange, QueryChange, changes, merge_headers,
    percent::{percent_decode, percent_encode},
};
use crate::{client::ClientRequest, probe};

/// The headers that Vercel sets on every request.
const VERCEL_HEADERS: [(&str, &str); 6] = [
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-host", "example.com"),
    ("x-forwarded-proto", "https"),
    ("x-real-ip", "127.0.0.1"),
    ("x-vercel-forwarded-for", "127.0.0.1"),
    ("x-vercel-id", "iad1::iad1::abcde-1700000000000-0123456789ab"),
];

/// Returns the request that the probe received, if the response contains it. Drops the headers that differ between hosts.
pub fn recorded_request(response: &Response<Bytes>) -> Option<Value> {
    let mut request: Value = serde_json::from_slice(response.body()).ok()?;
    let headers = request["headers"].as_array_mut()?;
    // `connection: close` is of the tests. Both are hop-by-hop headers (rule 62).
    headers.retain(|header| !["connection", "te"].contains(&header[0].as_str().unwrap()));
    headers.sort_by_key(|header| header[0].as_str().unwrap().to_owned());
    Some(request)
}

/// Returns the request that an app receives behind a front, given the one on a server. Returns `None` if the front responds
/// itself.
pub fn expected_request(front: &Front, mut request: Value, sent: &ClientRequest) -> Option<Value> {
    let changes = changes(front);
    let (path, query) = sent.target.split_once('?').unwrap_or((&sent.target, ""));
    let (path, query) = (changed_path(changes, path)?, changed_query(changes, query));
    // Rule 31: fronts do not distinguish an empty query from none.
    let separator = if query.is_empty() { "" } else { "?" };
    request["uri"] = format!("{path}{separator}{query}").into();

    let mut headers: Headers = serde_json::from_value(request["headers"].take()).unwrap();
    set_forwarding_headers(changes, &mut headers);
    if sent.body.is_empty() {
        match changes.empty_body_length {
            EmptyBodyLength::Unchanged => {}
            EmptyBodyLength::Added => set(&mut headers, "content-length", "0"),
            EmptyBodyLength::Removed => headers.retain(|(name, _)| name != "content-length"),
        }
    }
    let rule = |name: &str| if name == "cookie" { changes.request_cookies } else { changes.request_headers };
    request["headers"] = sorted(merge_headers(headers, rule));
    Some(request)
}

/// Returns the request that an app receives on Vercel, given the one on a server: Vercel only adds headers.
pub fn expected_request_on_vercel(mut request: Value) -> Value {
    let mut headers: Headers = serde_json::from_value(request["headers"].take()).unwrap();
    for (name, value) in VERCEL_HEADERS.into_iter().chain([("x-vercel-oidc-token", "token")]) {
        set(&mut headers, name, value);
    }
    request["headers"] = sorted(headers);
    request
}

/// Replaces bytes of the body that are not UTF-8: the request behind a REST API without binary media types (rule 66), given the
/// one behind a REST API with `*/*`.
pub fn replace_invalid_utf8(request: &mut Value) {
    let bytes: Vec<u8> = request["body"].as_str().unwrap().chars().map(|c| c as u8).collect();
    let text = String::from_utf8_lossy(&bytes);
    request["body"] = probe::latin1(text.as_bytes()).into();
    for header in request["headers"].as_array_mut().unwrap().iter_mut().filter(|header| header[0] == "content-length") {
        header[1] = text.len().to_string().into();
    }
}

fn sorted(mut headers: Headers) -> Value {
    headers.sort_by(|one, other| one.0.cmp(&other.0));
    json!(headers)
}

/// Replaces all headers of a name by one.
fn set(headers: &mut Headers, name: &str, value: &str) {
    headers.retain(|(other, _)| other != name);
    headers.push((name.into(), value.into()));
}

fn set_forwarding_headers(changes: &FrontChanges, headers: &mut Headers) {
    let sent = headers.iter().filter(|(name, _)| name == "x-forwarded-for").map(|(_, value)| value.as_str());
    let addresses = sent.chain(["127.0.0.1"]).collect::<Vec<_>>().join(", ");
    set(headers, "x-forwarded-for", &addresses);
    let trace_id = "Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1";
    set(headers, "x-amzn-trace-id", trace_id);
    match changes.forwarding {
        Forwarding::Client => {}
        Forwarding::ClientAndProtocol => {
            set(headers, "x-forwarded-port", "443");
            set(headers, "x-forwarded-proto", "https");
        }
        Forwarding::Vercel => {
            for (name, value) in VERCEL_HEADERS {
                set(headers, name, value);
            }
        }
    }
}

fn changed_path(changes: &FrontChanges, path: &str) -> Option<String> {
    let decode_twice = || {
        let once = percent_decode(path.as_bytes())?;
        let cut = once.split(|&byte| byte == b'?').next().unwrap();
        Some(String::from_utf8_lossy(&percent_decode(cut)?).into_owned())
    };
    match changes.path {
        PathChange::Unchanged => Some(path.to_owned()),
        PathChange::DecodedTwice => Some(percent_encode(decode_twice()?.as_bytes(), b"-._~!$&'()*+,;=:@/")),
        PathChange::Escaped => decode_twice().map(|_| percent_encode(path.as_bytes(), b"%!$&'()*+,-./:;=@[\\]_|~")),
    }
}

fn changed_query(changes: &FrontChanges, query: &str) -> String {
    let (is_decoded, is_last) = match changes.query {
        QueryChange::Unchanged => return query.to_owned(),
        QueryChange::Decoded => (true, false),
        QueryChange::Encoded => (false, false),
        QueryChange::LastEncoded => (false, true),
    };
    // Clients send these characters without escapes.
    let unescaped: &[u8] = b"-._~!$'()*,/:?@[]";
    let read = |text: &str, unescaped: &[u8]| {
        if !is_decoded {
            return text.to_owned();
        }
        let text = text.replace('+', " ");
        let bytes = percent_decode(text.as_bytes()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        percent_encode(bytes.unwrap_or(text).as_bytes(), unescaped)
    };
    // Rule 35: the keys are in the order of their first values, each with all its values.
    let mut keys: Vec<(String, Vec<String>)> = vec![];
    for pair in query.split('&') {
        // Rule 36: maps do not distinguish an empty value from none.
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (read(key, unescaped), read(value, &[unescaped, b"="].concat()));
        match keys.iter_mut().find(|(other, _)| *other == key) {
            _ if key.is_empty() => {}
            Some((_, values)) if is_last => *values = vec![value],
            Some((_, values)) => values.push(value),
            None => keys.push((key, vec![value])),
        }
    }
    let pairs = keys.iter().flat_map(|(key, values)| values.iter().map(move |value| format!("{key}={value}")));
    pairs.collect::<Vec<_>>().join("&")
}
