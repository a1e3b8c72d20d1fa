//! Changes of an event: of its bytes, and of its values.

use arbitrary::Arbitrary;
use serde_json::{Value, json};

/// A change of an event.
#[derive(Debug, Arbitrary)]
pub enum Mutation {
    /// Replaces a value by another one.
    Value(u16, Replacement),
    /// Adds a member beside a value of an object, with the same key, or with a key of any front.
    Member(u16, u8, Replacement),
    SetByte(u16, u8),
    RemoveByte(u16),
    /// Repeats some bytes in place.
    Repeat(u16, u8),
    Truncate(u16),
}

/// A value that no front sends.
#[derive(Debug, Arbitrary)]
pub enum Replacement {
    Null,
    Boolean(bool),
    Number(i64),
    Text(String),
    /// A text from [`TEXTS`].
    Known(u8),
    Texts(Vec<String>),
    /// A map from a key to a text, and another text.
    Map(String, String, u8),
    /// A list with the old value.
    List,
    Empty(bool),
    /// Nested arrays.
    Deep(u16),
}

/// Texts with a meaning somewhere in HTTP, in paths or in events.
const TEXTS: &[&str] = &[
    "",
    "/",
    "//",
    "//evil.example/x",
    "/\\evil.example",
    "https://evil.example/",
    "@evil.example",
    "evil.example:443",
    "*",
    "\0",
    "\r\n",
    "a\r\nset-cookie: b",
    "a\nb",
    "a: b",
    " ",
    "/for/events",
    "/for/websockets/$connect",
    "//for//events",
    "/for/%65vents",
    "/prod",
    "/prod/for/events",
    "$default",
    "prod",
    "GET",
    "get",
    "CONNECT",
    "G T",
    "transfer-encoding",
    "chunked",
    "content-length",
    "-1",
    "99999999999999999999",
    "connection",
    "upgrade",
    "host",
    "a/b",
    "[::1]",
    "::1",
    "127.0.0.1",
    "localhost",
    "x.lambda-url.y.on.aws",
    "x.execute-api.y.amazonaws.com",
    "2.0",
    "1.0",
    "é",
    "\u{fffd}",
    "\u{10ffff}",
    "====",
    "YQ",
    "YQ==",
    "Y Q = =",
    "%",
    "%zz",
    "%2F",
    "%00",
    "?",
    "a?b#c",
    "a=b&a=c",
    "Root=1-67d1d1be-0123456789abcdef01234567",
    "CONNECT",
    "MESSAGE",
    "DISCONNECT",
];

/// Keys that fronts look for.
const KEYS: &[&str] = &[
    "Action",
    "Records",
    "body",
    "cookies",
    "elb",
    "headers",
    "http",
    "httpMethod",
    "identity",
    "isBase64Encoded",
    "is_base64_encoded",
    "method",
    "methodArn",
    "multiValueHeaders",
    "multiValueQueryStringParameters",
    "path",
    "queryStringParameters",
    "rawPath",
    "rawQueryString",
    "raw_path",
    "requestContext",
    "resource",
    "routeArn",
    "routeKey",
    "serviceArn",
    "version",
];

impl Mutation {
    /// Changes an event.
    pub fn apply(&self, event: &mut Vec<u8>) {
        let at = |position: u16, length: usize| usize::from(position) % length.max(1);
        match self {
            Self::Value(position, replacement) => {
                change_value(event, *position, |value| *value = replacement.value(value))
            }
            Self::Member(position, key, replacement) => change_value(event, *position, |value| {
                let new = replacement.value(value);
                if let Value::Object(members) = value {
                    members.insert(KEYS[usize::from(*key) % KEYS.len()].to_owned(), new);
                }
            }),
            _ if event.is_empty() => {}
            Self::SetByte(position, byte) => {
                let at = at(*position, event.len());
                event[at] = *byte;
            }
            Self::RemoveByte(position) => drop(event.remove(at(*position, event.len()))),
            Self::Repeat(position, length) => {
                let from = at(*position, event.len());
                let to = (from + usize::from(*length)).min(event.len());
                let repeated = event[from..to].to_vec();
                event.splice(from..from, repeated);
            }
            Self::Truncate(position) => event.truncate(at(*position, event.len())),
        }
    }
}

/// Changes one value of a document. Does nothing if the event is no longer JSON.
fn change_value(event: &mut Vec<u8>, position: u16, change: impl FnOnce(&mut Value)) {
    let Ok(mut document) = serde_json::from_slice::<Value>(event) else { return };
    let mut left = usize::from(position) % count(&document);
    let Some(value) = find(&mut document, &mut left) else { return };
    change(value);
    *event = document.to_string().into_bytes();
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

fn find<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(values) => values.iter_mut().find_map(|value| find(value, left)),
        Value::Object(members) => members.values_mut().find_map(|value| find(value, left)),
        _ => None,
    }
}

impl Replacement {
    fn value(&self, old: &Value) -> Value {
        let known = |index: &u8| TEXTS[usize::from(*index) % TEXTS.len()];
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => json!(value),
            Self::Number(value) => json!(value),
            Self::Text(text) => json!(text),
            Self::Known(index) => json!(known(index)),
            Self::Texts(texts) => json!(texts),
            Self::Map(key, text, index) => json!({key: text, known(index): [text, known(index)]}),
            Self::List => json!([old]),
            Self::Empty(is_object) => {
                if *is_object {
                    json!({})
                } else {
                    json!([])
                }
            }
            // serde_json drops deeper values recursively.
            Self::Deep(depth) => (0..depth % 100).fold(old.clone(), |value, _| json!([value])),
        }
    }
}
