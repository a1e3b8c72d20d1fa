//! What a front loses: given what an app sees on a server, what it is to see behind the front, and likewise of what its
//! client gets. Whatever is not here is the same. The numbers are those of the rules in `README.md`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Response;
use lodger_gateway::Front;
use serde_json::{Value, json};

use crate::{ask::Sent, probe};

type Headers = Vec<(String, String)>;

/// What the app saw, if it told, with what no two hosts have in common taken away.
pub fn seen(response: &Response<Bytes>) -> Option<Value> {
    let mut seen: Value = serde_json::from_slice(response.body()).ok()?;
    let headers = seen["headers"].as_array_mut()?;
    // `connection: close` ends the tests' own connections; the rest is of one connection by its nature (rule 62).
    headers.retain(|header| !["connection", "te"].contains(&header[0].as_str().unwrap()));
    headers.sort_by_key(|header| header[0].as_str().unwrap().to_owned());
    Some(seen)
}

/// What the client got, without what each server adds on the wire.
pub fn got(response: &Response<Bytes>, is_head: bool) -> Value {
    let mut headers = probe::headers(response.headers());
    // Of the answer to a HEAD the length is all that is told of the body; else the body tells.
    let tells = |name: &str| name == "content-length" && !(response.body().is_empty() && is_head);
    headers.retain(|(name, _)| !["date", "connection"].contains(&name.as_str()) && !tells(name));
    // The order among different names is the front's own; among those of one it counts.
    headers.sort_by(|one, other| one.0.cmp(&other.0));
    json!({"status": response.status().as_u16(), "headers": headers, "body": probe::latin1(response.body())})
}

fn is(front: &Front, names: &[&str]) -> bool {
    names.contains(&front.name())
}

/// What the app is to see, or `None` if the front answers by itself.
pub fn seen_behind(front: &Front, mut seen: Value, sent: &Sent) -> Option<Value> {
    let (path, query) = match sent.target.split_once('?') {
        Some((path, query)) => (path, query),
        None => (&*sent.target, ""),
    };
    let path = path_behind(front, path)?;
    let query = query_behind(front, query);
    // Rule 31: an empty query and none look alike.
    let separator = if query.is_empty() { "" } else { "?" };
    seen["uri"] = format!("{path}{separator}{query}").into();

    let mut headers: Headers = serde_json::from_value(seen["headers"].take()).unwrap();
    let forwarded = headers.iter().filter(|(name, _)| name == "x-forwarded-for").map(|(_, value)| value.as_str());
    let forwarded = forwarded.chain(["127.0.0.1"]).collect::<Vec<_>>().join(", ");
    // What the front sets, whatever the client says.
    headers.retain(|(name, _)| name != "x-forwarded-for" && name != "x-amzn-trace-id");
    headers.push(("x-forwarded-for".into(), forwarded));
    let trace_id = "Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1";
    headers.push(("x-amzn-trace-id".into(), trace_id.into()));
    if is(front, &["vercel"]) {
        // What the platform says, whatever the client does.
        for (name, value) in [
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-host", "example.com"),
            ("x-forwarded-proto", "https"),
            ("x-real-ip", "127.0.0.1"),
            ("x-vercel-forwarded-for", "127.0.0.1"),
            ("x-vercel-id", "iad1::iad1::abcde-1700000000000-0123456789ab"),
        ] {
            headers.retain(|header| header.0 != name);
            headers.push((name.into(), value.into()));
        }
    } else if !is(front, &["lattice-v1", "lattice-v2"]) {
        headers.retain(|(name, _)| name != "x-forwarded-port" && name != "x-forwarded-proto");
        headers.push(("x-forwarded-port".into(), "443".into()));
        headers.push(("x-forwarded-proto".into(), "https".into()));
    }
    if is(front, &["http-api", "http-api-v1", "rest-api"]) && sent.body.is_empty() {
        // Rule 57: an HTTP API says that there is no body, a REST API sends no length.
        headers.retain(|(name, _)| name != "content-length");
        if !is(front, &["rest-api"]) {
            headers.push(("content-length".into(), "0".into()));
        }
    }
    headers = merged(headers, |name, first, later| match front.name() {
        // Rule 42: the last one of several.
        "alb" => Some(later.to_owned()),
        // Rules 49 and 50.
        _ if name == "cookie" => Some(format!("{first}; {later}")),
        // Rule 46.
        "http-api" | "function-url" => Some(format!("{first},{later}")),
        "lattice-v1" => Some(format!("{first}, {later}")),
        _ => None,
    });
    headers.sort_by(|one, other| one.0.cmp(&other.0));
    seen["headers"] = json!(headers);
    Some(seen)
}

/// The request that the app is to see behind a REST API without binary media types, given the one behind a REST API with
/// `*/*`. Rule 66: bytes that are not UTF-8 are replaced.
pub fn seen_as_text(seen: &mut Value) {
    let bytes: Vec<u8> = seen["body"].as_str().unwrap().chars().map(|c| c as u8).collect();
    let text = String::from_utf8_lossy(&bytes);
    seen["body"] = probe::latin1(text.as_bytes()).into();
    for header in seen["headers"].as_array_mut().unwrap().iter_mut().filter(|header| header[0] == "content-length") {
        header[1] = text.len().to_string().into();
    }
}

/// The response of a REST API without binary media types, given the one of a REST API with `*/*`. Rule 97: a body that has to
/// be base64 stays so.
pub fn got_as_text(mut got: Value) -> Value {
    let bytes: Vec<u8> = got["body"].as_str().unwrap().chars().map(|c| c as u8).collect();
    let is_coded = got["headers"].as_array().unwrap().iter().any(|header| header[0] == "content-encoding");
    if is_coded || std::str::from_utf8(&bytes).is_err() {
        got["body"] = STANDARD.encode(bytes).into();
    }
    got
}

/// What the app is to see on Vercel: all of it, and what the platform says for everybody to see.
pub fn seen_on_vercel(mut seen: Value) -> Value {
    let mut headers: Headers = serde_json::from_value(seen["headers"].take()).unwrap();
    for (name, value) in [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "example.com"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "127.0.0.1"),
        ("x-vercel-forwarded-for", "127.0.0.1"),
        ("x-vercel-id", "iad1::iad1::abcde-1700000000000-0123456789ab"),
        ("x-vercel-oidc-token", "token"),
    ] {
        headers.retain(|(other, _)| other != name);
        headers.push((name.into(), value.into()));
    }
    headers.sort_by(|one, other| one.0.cmp(&other.0));
    seen["headers"] = json!(headers);
    seen
}

/// What the client is to get.
pub fn got_behind(front: &Front, mut got: Value, is_head: bool) -> Value {
    if got["status"].as_u64() >= Some(600) {
        // Rule 72: there is no such status, and a front would answer with an error of its own.
        let body = if is_head { "" } else { "internal server error" };
        return json!({"status": 500, "headers": [["content-type", "text/plain; charset=utf-8"]], "body": body});
    }
    let mut headers: Headers = serde_json::from_value(got["headers"].take()).unwrap();
    for (_, value) in &mut headers {
        // Rule 86: what is no UTF-8 arrives as the UTF-8 of its Latin-1.
        let bytes: Vec<u8> = value.chars().map(|c| c as u8).collect();
        if std::str::from_utf8(&bytes).is_err() {
            *value = value.bytes().map(char::from).collect();
        }
    }
    headers = merged(headers, |name, first, later| match front.name() {
        "rest-api" | "http-api-v1" | "alb-multi-value" | "vercel" => None,
        // Rule 81: there is room for one cookie.
        "lattice-v1" if name == "set-cookie" => Some(first.to_owned()),
        _ if name == "set-cookie" => None,
        // Rule 75.
        _ => Some(format!("{first}, {later}")),
    });
    if [204, 205, 304].map(Value::from).contains(&got["status"]) {
        // Rule 91.
        got["body"] = "".into();
        let keeps_type = got["status"] == 304;
        headers.retain(|(name, _)| name != "content-length" && (name != "content-type" || keeps_type));
    }
    if front.name() == "rest-api" {
        // Its requests come with a stage, which goes back into a path of the app's own.
        let is_path = |value: &str| value.starts_with('/') && !value.starts_with("//") && !value.starts_with("/\\");
        let has_stage = |value: &str| value.split(['/', '?', '#']).nth(1) == Some("prod");
        for (_, value) in headers.iter_mut().filter(|(name, _)| name == "location") {
            if is_path(value) && !has_stage(value) {
                value.insert_str(0, "/prod");
            }
        }
    }
    // Of the answer to a HEAD there is only the length.
    let tells_of_a_body = headers.iter().any(|(name, value)| name == "content-length" && value != "0");
    // Rule 88: what has no type gets one, ours if there is a body, else the front's.
    if !headers.iter().any(|(name, _)| name == "content-type") {
        let default = match front.name() {
            _ if got["body"] != "" || tells_of_a_body => Some("application/octet-stream"),
            // The others add none, or a null keeps them from it.
            "function-url" => Some("application/json"),
            _ => None,
        };
        headers.extend(default.map(|default| ("content-type".into(), default.into())));
    }
    if front.name() == "rest-api" {
        // Rule 85.
        let renamed = [
            "authorization",
            "content-length",
            "content-md5",
            "date",
            "expect",
            "host",
            "server",
            "user-agent",
            "www-authenticate",
        ];
        for (name, _) in headers.iter_mut().filter(|(name, _)| renamed.contains(&name.as_str())) {
            *name = format!("x-amzn-remapped-{name}");
        }
    }
    headers.sort_by(|one, other| one.0.cmp(&other.0));
    got["headers"] = json!(headers);
    got
}

/// Headers of which those of one name that `merge` makes one of are one.
pub fn merged(headers: Headers, merge: impl Fn(&str, &str, &str) -> Option<String>) -> Headers {
    let mut merged: Headers = vec![];
    for (name, value) in headers {
        if let Some(first) = merged.iter_mut().find(|(other, _)| *other == name)
            && let Some(one) = merge(&name, &first.1, &value)
        {
            first.1 = one;
        } else {
            merged.push((name, value));
        }
    }
    merged
}

fn path_behind(front: &Front, path: &str) -> Option<String> {
    // Rule 11: decoded, cut, and decoded again, or refused.
    let decoded = || {
        let once = decoded(path.as_bytes())?;
        let cut = once.split(|&byte| byte == b'?').next().unwrap();
        Some(String::from_utf8_lossy(&self::decoded(cut)?).into_owned())
    };
    match front.name() {
        "http-api" => Some(encoded(decoded()?.as_bytes(), b"-._~!$&'()*+,;=:@/")),
        // Rule 13: what cannot stand in an encoded path is escaped. Rule 11: refused where it cannot be decoded.
        "http-api-v1" => decoded().map(|_| encoded(path.as_bytes(), b"%!$&'()*+,-./:;=@[\\]_|~")),
        _ => Some(path.to_owned()),
    }
}

fn query_behind(front: &Front, query: &str) -> String {
    let is_decoded = match front.name() {
        // Rules 30 and 43.
        "http-api" | "function-url" | "lattice-v1" | "lattice-v2" | "vercel" => return query.to_owned(),
        // Rule 33.
        "rest-api" | "http-api-v1" => true,
        // Rule 39.
        _ => false,
    };
    // What a client sends as it is, whatever it stands in.
    let kept: &[u8] = b"-._~!$'()*,/:?@[]";
    let read = |text: &str, kept: &[u8]| {
        if !is_decoded {
            return text.to_owned();
        }
        let text = text.replace('+', " ");
        let bytes = decoded(text.as_bytes()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        encoded(bytes.unwrap_or(text).as_bytes(), kept)
    };
    // Rule 35: keys in the order of their first values, and each with its values.
    let mut keys: Vec<(String, Vec<String>)> = vec![];
    for pair in query.split('&') {
        // Rule 36: no value and an empty one look alike.
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (read(key, kept), read(value, &[kept, b"="].concat()));
        match keys.iter_mut().find(|(other, _)| *other == key) {
            _ if key.is_empty() => {}
            // Rule 42.
            Some((_, values)) if front.name() == "alb" => *values = vec![value],
            Some((_, values)) => values.push(value),
            None => keys.push((key, vec![value])),
        }
    }
    let pairs = keys.iter().flat_map(|(key, values)| values.iter().map(move |value| format!("{key}={value}")));
    pairs.collect::<Vec<_>>().join("&")
}

/// What an encoded text stands for; `None` if an escape in it is none.
pub fn decoded(mut text: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![];
    while let Some((&byte, rest)) = text.split_first() {
        text = rest;
        if byte == b'%' {
            let digits = std::str::from_utf8(text.get(..2)?).ok()?;
            out.push(u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?);
            text = &text[2..];
        } else {
            out.push(byte);
        }
    }
    Some(out)
}

fn encoded(bytes: &[u8], kept: &[u8]) -> String {
    let escape = |&byte: &u8| match byte {
        _ if byte.is_ascii_alphanumeric() || kept.contains(&byte) => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    bytes.iter().map(escape).collect()
}
