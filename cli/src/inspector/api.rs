//! The parts of the API that read.

use std::{fmt::Write as _, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;
use serde_json::{Value, json};

use super::error::ApiError;
use crate::{
    history::{Record, RequestRecord},
    platform::Platform,
};

/// The number of invocations of a page by default, and at most.
const DEFAULT_LIMIT: usize = 200;
const MAX_LIMIT: usize = 1_000;

/// The project, its fronts and its build.
pub fn state(platform: &Platform) -> Value {
    let fronts: Vec<_> = platform
        .fronts
        .names()
        .into_iter()
        .map(|name| json!({"name": name, "url": platform.url(name), "is_default": name == platform.fronts.default_name()}))
        .collect();
    let build = platform.functions.build_state().borrow().clone();
    json!({
        "project": platform.package.0,
        "version": platform.package.1,
        "functions": platform.functions.names(),
        "fronts": fronts,
        "build": build,
    })
}

/// A page of invocations. The query may have `before` and `limit`.
pub fn list(platform: &Platform, query: &str) -> Value {
    let number = |name: &str| {
        let values = query.split('&').filter_map(|pair| pair.split_once('='));
        values.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse::<u64>().ok())
    };
    let limit = number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
    let (invocations, is_complete) = platform.history.page(number("before"), limit);
    json!({"invocations": invocations, "is_complete": is_complete})
}

/// The invocation with an id.
///
/// # Errors
/// There is none.
pub fn record(platform: &Platform, id: &str) -> Result<Arc<Record>, ApiError> {
    let found = id.parse().ok().and_then(|id| platform.history.get(id));
    found.ok_or_else(|| {
        (StatusCode::NOT_FOUND, format!("cannot find the invocation {id:?}: the history may have dropped it"))
    })
}

/// The request of an invocation as a command.
///
/// # Errors
/// There is no such invocation, or it is no request.
pub fn curl(platform: &Platform, id: &str) -> Result<Value, ApiError> {
    let record = record(platform, id)?;
    let (front, request) = record.read(|detail| (detail.summary.front.clone(), detail.request.clone()));
    let request = request.ok_or_else(|| (StatusCode::BAD_REQUEST, "the invocation has no request".to_owned()))?;
    Ok(json!({"command": command(&platform.url(&front), &request)}))
}

fn command(url: &str, request: &RequestRecord) -> String {
    let mut command = format!("curl -i -X {}", request.method);
    for (name, value) in &request.headers {
        let is_of_curl = ["host", "content-length", "connection", "transfer-encoding"].contains(&name.as_str());
        if !is_of_curl {
            let _ = write!(command, " -H {}", quoted(&format!("{name}: {value}")));
        }
    }
    let mut before = String::new();
    if request.body.size() > 0 {
        match request.body.text() {
            Some(text) => {
                let _ = write!(command, " --data-binary {}", quoted(text));
            }
            None => {
                before = format!("printf %s {} | base64 -d | ", STANDARD.encode(request.body.bytes()));
                command += " --data-binary @-";
            }
        }
    }
    let _ = write!(command, " {}", quoted(&format!("{url}{}", request.target)));
    before + &command
}

/// A word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::BodyRecord;

    fn request(body: &[u8]) -> RequestRecord {
        RequestRecord {
            method: "POST".to_owned(),
            target: "/it's?a=$b".to_owned(),
            headers: vec![("host".to_owned(), "x".to_owned()), ("x-a".to_owned(), "it's `b`".to_owned())],
            body: BodyRecord::new(None, body),
        }
    }

    #[test]
    fn quotes_a_request_for_the_shell() {
        assert_eq!(
            command("http://alb.localhost:1", &request(b"a'\nb")),
            "curl -i -X POST -H 'x-a: it'\\''s `b`' --data-binary 'a'\\''\nb' 'http://alb.localhost:1/it'\\''s?a=$b'"
        );
        assert!(command("http://x", &request(b"\xff")).starts_with("printf %s /w== | base64 -d | curl -i -X POST"));
    }
}
