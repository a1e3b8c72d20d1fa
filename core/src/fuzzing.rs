//! Entries for the fuzz targets in `fuzz/`. cargo-fuzz compiles the crate with `cfg(fuzzing)`.
//!
//! The targets use the public API where they can. These parsers are behind a host, which would take most of the time of a run, and which
//! passes on only a part of their results.

use bytes::Bytes;
use http::{HeaderMap, Uri};

use crate::{
    PathPrefix, Request, Settings, azure_functions,
    json::{self, base64, read::Reader, syntax},
    path::{
        location,
        public_paths::{PathView, PublicPaths},
        reserved::{Reserved, readers},
    },
};

/// A part of a JSON document, in the order of the document.
#[derive(Debug, PartialEq, Eq)]
pub enum JsonPart {
    /// A key, decoded. `None` if an escape is invalid.
    Key(Option<Vec<u8>>),
    /// A string, decoded. `None` if an escape is invalid.
    Text(Option<Vec<u8>>),
    /// A number, a boolean or a null, as in the document.
    Literal(Vec<u8>),
    /// An object with this number of members, after its members.
    Object(usize),
    /// An array with this number of elements, after its elements.
    Array(usize),
}

/// Returns whether `bytes` are one JSON value.
pub fn is_json(bytes: &[u8]) -> bool {
    syntax::is_json(bytes)
}

/// Reads a document with every method of the reader. Returns its parts, or `None` if the reader rejects it.
pub fn read_json(bytes: &[u8]) -> Option<Vec<JsonPart>> {
    let mut parts = Vec::new();
    let mut reader = Reader::new(bytes);
    read_value(&mut reader, &mut parts, 0)?;
    reader.is_at_end().then_some(parts)
}

/// The maximum depth of values that are read. Deeper values are skipped.
const MAX_DEPTH: usize = 32;

fn read_value(reader: &mut Reader<'_>, parts: &mut Vec<JsonPart>, depth: usize) -> Option<()> {
    let raw = reader.skip().ok()?;
    let mut inner = Reader::new(raw);
    let mut count = 0;
    match raw.first()? {
        b'"' => {
            let mut each = Vec::new();
            inner.each_string(|text| each.push(text.decode().map(|text| text.into_owned()))).ok()?;
            let text = Reader::new(raw).string().ok()??.decode().map(|text| text.into_owned());
            let decoded = Reader::new(raw).decoded_string().ok()??;
            assert_eq!(decoded.as_bytes(), text.as_deref(), "two methods read different strings");
            assert_eq!(each, [text.clone()], "two methods read different strings");
            parts.push(JsonPart::Text(text));
        }
        b'{' if depth < MAX_DEPTH => {
            let mut is_complete = true;
            let is_object = inner.object(|reader, key| {
                count += 1;
                parts.push(JsonPart::Key(key.decode().map(|key| key.into_owned())));
                is_complete &= read_value(reader, parts, depth + 1).is_some();
                if is_complete { Ok(()) } else { Err(reader.malformed()) }
            });
            assert!(is_object.ok()? && inner.is_at_end(), "an object ends elsewhere than skipped");
            parts.push(JsonPart::Object(count));
        }
        b'[' if depth < MAX_DEPTH => {
            let is_array = inner.array(|reader| {
                count += 1;
                read_value(reader, parts, depth + 1).ok_or(reader.malformed())
            });
            assert!(is_array.ok()? && inner.is_at_end(), "an array ends elsewhere than skipped");
            parts.push(JsonPart::Array(count));
        }
        _ => parts.push(JsonPart::Literal(raw.to_vec())),
    }
    Some(())
}

/// Returns the contents of a JSON string for `text`, and the length that Lodger expects.
pub fn escape_json(text: &[u8]) -> (Vec<u8>, usize) {
    let mut out = Vec::new();
    json::push_escaped(text, &mut out);
    (out, text.len() + json::escapes_len(text))
}

/// Encodes bytes in base64. Returns also the length that Lodger expects.
pub fn encode_base64(bytes: &[u8]) -> (Vec<u8>, usize) {
    let mut out = Vec::new();
    base64::encode(bytes, &mut out);
    (out, base64::encoded_len(bytes.len()))
}

/// Decodes base64.
pub fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    base64::decode(text)
}

/// The rules of a server for paths.
#[derive(Debug)]
pub struct Paths {
    server: PublicPaths,
    reserved: Reserved,
}

/// The view that an app gets of a path and a query.
#[derive(Debug)]
pub enum PathOutcome {
    /// The app gets the path of the client.
    Unchanged,
    /// The app gets the path without the prefix.
    Shortened(Uri, PathPrefix),
    /// The response is 404.
    Reserved,
}

impl Paths {
    /// Creates the rules of settings. `outermost` is a prefix before the base path.
    pub fn new(settings: &Settings, outermost: Option<&str>) -> Self {
        let Settings { events_path, websocket_path, .. } = settings;
        Self {
            server: PublicPaths::new(settings, outermost),
            reserved: Reserved::new(events_path.as_deref(), websocket_path.as_deref()),
        }
    }

    /// Applies the rules to a path with or without a query.
    pub fn view(&self, target: &str) -> PathOutcome {
        match self.server.view(target) {
            PathView::Unchanged => PathOutcome::Unchanged,
            PathView::Shortened(rest, prefix) => PathOutcome::Shortened(rest.into(), prefix),
            PathView::Reserved => PathOutcome::Reserved,
        }
    }

    /// Returns whether a client may request a path.
    pub fn admits(&self, path: &str) -> bool {
        self.reserved.admits(path)
    }
}

/// Adds the prefix to each `Location`.
pub fn restore_location(prefix: &PathPrefix, headers: &mut HeaderMap) {
    location::restore(prefix, headers);
}

/// Returns whether a router that applies any steps to `path` may find `reserved` or a path below it.
pub fn may_lead_to(path: &str, reserved: &str) -> bool {
    readers::readings(path.as_bytes()).iter().any(|reading| readers::leads_to(reading, reserved.as_bytes()))
}

/// Returns whether a router that applies any steps to `path` may find `text` in it.
pub fn may_contain(path: &str, text: &str) -> bool {
    let contains = |reading: &Vec<u8>| reading.windows(text.len()).any(|window| window == text.as_bytes());
    readers::readings(path.as_bytes()).iter().any(contains)
}

/// Sends a message of the Functions host to an app, and returns the reply. The function has the HTTP trigger `req` and the output `res`.
pub fn exchange_azure_message(
    settings: &Settings,
    message: http::Request<Bytes>,
    app: impl FnOnce(Request) -> http::Response<Bytes>,
) -> http::Response<Bytes> {
    azure_functions::exchange_message(settings, message, app)
}
