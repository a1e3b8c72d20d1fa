//! What replies of all shapes have in common.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

/// Header fields as they are to be sent.
pub(super) type Headers = Vec<(HeaderName, HeaderValue)>;

/// A reply that is a JSON object. What is asked of it is `None` if it has the wrong form.
pub(super) struct Reply {
    members: Map<String, Value>,
    accepts_null: bool,
}

impl Reply {
    /// Reads a reply in which a null member or a null header counts as absent.
    pub(super) fn lenient(reply: &[u8]) -> Option<Self> {
        let Value::Object(mut members) = serde_json::from_slice(reply).ok()? else { return None };
        members.retain(|_, value| !value.is_null());
        Some(Self { members, accepts_null: true })
    }

    /// Reads a reply in which a null is a value of the wrong type.
    pub(super) fn strict(reply: &[u8]) -> Option<Self> {
        match serde_json::from_slice(reply).ok()? {
            Value::Object(members) => Some(Self { members, accepts_null: false }),
            _ => None,
        }
    }

    /// Refuses members that are not among those `known`.
    pub(super) fn only(self, known: &[&str]) -> Option<Self> {
        self.members.keys().all(|name| known.contains(&name.as_str())).then_some(self)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// Rule 72: an integer, and no interim status.
    pub(super) fn status(&self) -> Option<StatusCode> {
        let status = self.get("statusCode")?.as_u64()?;
        StatusCode::from_u16(u16::try_from(status).ok()?).ok().filter(|_| (200..600).contains(&status))
    }

    /// An object of strings. Names that differ in case alone are one header, each value a field (rule 78).
    pub(super) fn single(&self, name: &str) -> Option<Headers> {
        self.headers(name, |value| Some(vec![value.as_str()?]))
    }

    /// An object of arrays of strings.
    pub(super) fn multi(&self, name: &str) -> Option<Headers> {
        self.headers(name, |value| value.as_array()?.iter().map(Value::as_str).collect())
    }

    /// An object of strings and of arrays of strings.
    pub(super) fn single_or_multi(&self, name: &str) -> Option<Headers> {
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

    /// Whether one of these maps of headers has a null for `header`, which suppresses the front's default (rule 88).
    pub(super) fn suppresses(&self, header: &HeaderName, maps: &[&str]) -> bool {
        let objects = maps.iter().filter_map(|map| self.get(map)?.as_object());
        objects.flatten().any(|(name, value)| value.is_null() && name.eq_ignore_ascii_case(header.as_str()))
    }

    /// The body, decoded if it says that it is base64.
    pub(super) fn body(&self) -> Option<Bytes> {
        let body = self.text()?;
        if self.is_base64()? { Some(STANDARD.decode(body).ok()?.into()) } else { Some(body.to_owned().into()) }
    }

    /// The body as it stands there.
    pub(super) fn text(&self) -> Option<&str> {
        self.get("body").map_or(Some(""), Value::as_str)
    }

    pub(super) fn is_base64(&self) -> Option<bool> {
        self.get("isBase64Encoded").map_or(Some(false), Value::as_bool)
    }
}

pub(super) fn header_value(value: &str) -> Option<HeaderValue> {
    HeaderValue::from_bytes(value.as_bytes()).ok()
}
