//! JSON values of events.

use http::HeaderValue;
use serde_json::Value;

/// Adds a member to an object, or replaces it.
pub(crate) fn insert(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value.into());
    }
}

/// Returns the text of a header. Bytes that are not UTF-8 become U+FFFD.
pub(crate) fn header_text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
