//! One request through every front, and the differences of the responses.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::ApiError,
    replay::{BegunRequest, ReplayRequest},
};
use crate::{
    history::{BodyRecord, Detail},
    platform::Platform,
};

/// The number of comparisons that are kept.
const MAX_COMPARISONS: usize = 50;

/// The body of a request for a comparison.
#[derive(Debug, Deserialize)]
pub struct NewComparison {
    request: ReplayRequest,
    replay_of: Option<u64>,
}

/// The last comparisons, with the ids of their invocations.
#[derive(Debug, Default)]
pub struct Comparisons(Mutex<VecDeque<Comparison>>);

#[derive(Debug, Clone)]
struct Comparison {
    number: u64,
    ids: Vec<u64>,
}

impl Comparisons {
    /// Adds a comparison, and returns its number.
    pub fn add(&self, ids: Vec<u64>) -> u64 {
        let mut all = self.lock();
        let number = all.back().map_or(1, |last| last.number + 1);
        all.push_back(Comparison { number, ids });
        if all.len() > MAX_COMPARISONS {
            all.pop_front();
        }
        number
    }

    /// Returns a comparison: a column for each front, and a row for each part of the responses.
    ///
    /// # Errors
    /// There is no such comparison, or the history has dropped its invocations.
    pub fn get(&self, platform: &Platform, number: &str) -> Result<Value, ApiError> {
        let missing = || (StatusCode::NOT_FOUND, format!("cannot find the comparison {number:?}"));
        let wanted: u64 = number.parse().map_err(|_| missing())?;
        let found = self.lock().iter().find(|comparison| comparison.number == wanted).cloned();
        let ids = found.ok_or_else(missing)?.ids;
        let details: Vec<Detail> = ids.into_iter().filter_map(|id| Some(platform.history.get(id)?.detail())).collect();
        let first = details.first().ok_or_else(missing)?;
        let columns: Vec<_> = details.iter().map(column).collect();
        Ok(json!({"number": wanted, "request": first.request, "columns": columns, "rows": rows(&details)}))
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Comparison>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a request through every front, and returns the ids of the invocations after the last response.
///
/// # Errors
/// The request is not valid.
pub async fn send_to_all(platform: &Arc<Platform>, new: NewComparison) -> Result<Vec<u64>, ApiError> {
    let request = new.request.into_request()?;
    let origin = new.replay_of.and_then(|id| platform.history.get(id)).map(|record| record.summary().front);
    let origin = origin.as_deref().unwrap_or_else(|| platform.fronts.default_name());
    // The same path for the app behind all fronts.
    let below = platform.fronts.below_stage(origin, request.uri());
    let mut ids = Vec::new();
    // One after another: their times are comparable too.
    for name in platform.fronts.names() {
        let Some(kind) = platform.fronts.get(name) else { continue };
        let mut request = request.clone();
        *request.uri_mut() = platform.fronts.with_stage(name, &below);
        let begun = BegunRequest::new(platform, name, kind, request, new.replay_of).await;
        ids.push(begun.id());
        begun.send(platform).await;
    }
    Ok(ids)
}

fn column(detail: &Detail) -> Value {
    let summary = &detail.summary;
    let response = detail.response.as_ref();
    json!({
        "front": summary.front,
        "id": summary.id,
        "status": summary.status,
        "headers": response.map(|response| &response.headers),
        "body": response.map(|response| &response.body),
        "error": summary.error,
    })
}

fn rows(details: &[Detail]) -> Vec<Value> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in details.iter().filter_map(|detail| detail.response.as_ref()).flat_map(|response| &response.headers)
    {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.sort_unstable();
    let mut rows = vec![row("status", details, |detail| detail.summary.status.map(|status| status.to_string()))];
    rows.extend(names.into_iter().map(|name| {
        row(&format!("header {name}"), details, |detail| {
            let headers = &detail.response.as_ref()?.headers;
            let values: Vec<_> = headers.iter().filter(|(of, _)| of == name).map(|(_, value)| value.as_str()).collect();
            (!values.is_empty()).then(|| values.join("\n"))
        })
    }));
    rows.push(row("body", details, |detail| {
        let body = &detail.response.as_ref()?.body;
        let text = body.text().filter(|_| !body.is_truncated());
        Some(text.map_or_else(|| describe(body), str::to_owned))
    }));
    rows
}

/// Describes a body that is no text or too long, so that different ones have different descriptions.
fn describe(body: &BodyRecord) -> String {
    let (size, hash) = (body.size(), body.hash());
    match body.text() {
        Some(text) => {
            let start: String = text.chars().take(1_000).collect();
            format!("{size} bytes, hash {hash:016x}: {start}…")
        }
        None => {
            let first: Vec<_> = body.bytes().iter().take(32).map(|byte| format!("{byte:02x}")).collect();
            format!("{size} bytes, hash {hash:016x}: {}", first.join(" "))
        }
    }
}

fn row(name: &str, details: &[Detail], value: impl Fn(&Detail) -> Option<String>) -> Value {
    let values: Vec<_> = details.iter().map(value).collect();
    let is_different = values.windows(2).any(|pair| pair.first() != pair.last());
    json!({"name": name, "values": values, "is_different": is_different})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::ResponseRecord;

    fn detail(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Detail {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let response = ResponseRecord { status, headers, body: BodyRecord::new(None, body), end: "complete" };
        let mut detail = Detail { response: Some(response), ..Detail::default() };
        detail.summary.status = Some(status);
        detail
    }

    #[test]
    fn marks_the_parts_that_differ() {
        let details = [
            detail(200, &[("set-cookie", "a=1"), ("set-cookie", "b=2"), ("vary", "a")], b"x"),
            detail(200, &[("set-cookie", "b=2"), ("vary", "a")], b"x"),
            detail(200, &[("vary", "a")], b"\xff"),
        ];
        let rows = rows(&details);
        let names: Vec<_> = rows.iter().map(|row| (row["name"].as_str().unwrap(), &row["is_different"])).collect();
        assert_eq!(
            names,
            [
                ("status", &json!(false)),
                ("header set-cookie", &json!(true)),
                ("header vary", &json!(false)),
                ("body", &json!(true))
            ]
        );
        assert_eq!(rows[1]["values"], json!(["a=1\nb=2", "b=2", null]));
        let binary = rows[3]["values"][2].as_str().unwrap();
        assert!(binary.starts_with("1 bytes, hash ") && binary.ends_with(": ff"), "{binary}");
    }

    #[test]
    fn compares_bodies_beyond_the_part_that_is_kept() {
        let start = vec![b'a'; 1 << 20];
        let details = [[start.as_slice(), b"1"].concat(), [start.as_slice(), b"2"].concat()];
        let details = details.map(|body| detail(200, &[], &body));
        let rows = rows(&details);
        assert_eq!((&rows[1]["name"], &rows[1]["is_different"]), (&json!("body"), &json!(true)));
        assert!(rows[1]["values"][0].as_str().unwrap().starts_with("1048577 bytes, hash "));
    }
}
