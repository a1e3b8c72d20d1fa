//! Replies as JSON objects.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

/// Response headers in order.
pub(crate) type Headers = Vec<(HeaderName, HeaderValue)>;

/// A reply that is a JSON object. Methods return `None` if a member has the wrong type.
#[derive(Debug)]
pub(crate) struct Reply {
    members: Map<String, Value>,
    accepts_null: bool,
}

impl Reply {
    /// Reads a reply in which a null member or a null header counts as absent.
    pub(crate) fn lenient(reply: &[u8]) -> Option<Self> {
        let Value::Object(mut members) = serde_json::from_slice(reply).ok()? else { return None };
        members.retain(|_, value| !value.is_null());
        Some(Self { members, accepts_null: true })
    }

    /// Reads a reply in which a null is a value of the wrong type.
    pub(crate) fn strict(reply: &[u8]) -> Option<Self> {
        match serde_json::from_slice(reply).ok()? {
            Value::Object(members) => Some(Self { members, accepts_null: false }),
            _ => None,
        }
    }

    /// Returns the reply if it has no members except `known` ones.
    pub(crate) fn with_only(self, known: &[&str]) -> Option<Self> {
        self.members.keys().all(|name| known.contains(&name.as_str())).then_some(self)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// The status: an integer from 200 to 599 (rule 72).
    pub(crate) fn status(&self) -> Option<StatusCode> {
        let status = self.get("statusCode")?.as_u64()?;
        StatusCode::from_u16(u16::try_from(status).ok()?).ok().filter(|_| (200..600).contains(&status))
    }

    /// The headers of an object of strings. Names that differ only in case are one header with several values (rule 78).
    pub(crate) fn single(&self, name: &str) -> Option<Headers> {
        self.headers(name, |value| Some(vec![value.as_str()?]))
    }

    /// The headers of an object of arrays of strings.
    pub(crate) fn multi(&self, name: &str) -> Option<Headers> {
        self.headers(name, |value| value.as_array()?.iter().map(Value::as_str).collect())
    }

    /// The headers of an object of strings and arrays of strings.
    pub(crate) fn single_or_multi(&self, name: &str) -> Option<Headers> {
        self.headers(name, |value| match value {
            Value::String(value) => Some(vec![value]),
            value => value.as_array()?.iter().map(Value::as_str).collect(),
        })
    }

    fn headers(&self, name: &str, values: impl Fn(&Value) -> Option<Vec<&str>>) -> Option<Headers> {
        let Some(object) = self.get(name) else { return Some(Vec::new()) };
        let mut headers = Vec::new();
        for (name, value) in object.as_object()? {
            if self.accepts_null && value.is_null() {
                continue;
            }
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            for value in values(value)? {
                headers.push((name.clone(), header_value(value)?));
            }
        }
        Some(headers)
    }

    /// Returns whether one of these maps of headers has a null for `header`, which suppresses the default of the front (rule 88).
    pub(crate) fn suppresses(&self, header: &HeaderName, maps: &[&str]) -> bool {
        let objects = maps.iter().filter_map(|map| self.get(map)?.as_object());
        objects.flatten().any(|(name, value)| value.is_null() && name.eq_ignore_ascii_case(header.as_str()))
    }

    /// The body, decoded if `isBase64Encoded` is true.
    pub(crate) fn body(&self) -> Option<Bytes> {
        let body = self.text()?;
        if self.is_base64()? { Some(STANDARD.decode(body).ok()?.into()) } else { Some(body.to_owned().into()) }
    }

    /// The member `body`.
    pub(crate) fn text(&self) -> Option<&str> {
        self.get("body").map_or(Some(""), Value::as_str)
    }

    pub(crate) fn is_base64(&self) -> Option<bool> {
        self.get("isBase64Encoded").map_or(Some(false), Value::as_bool)
    }
}

/// Converts a text to a header value. Returns `None` if a character is not allowed.
pub(crate) fn header_value(value: &str) -> Option<HeaderValue> {
    HeaderValue::from_bytes(value.as_bytes()).ok()
}
