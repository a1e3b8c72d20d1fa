//! The parts of the API that read.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::error::ApiError;
use crate::{history::Record, platform::Platform};

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
