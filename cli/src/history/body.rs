use std::{
    hash::{DefaultHasher, Hasher as _},
    str,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

/// The maximum number of bytes that are kept of a body.
pub const MAX_BODY: usize = 1 << 20;

/// A body, or its beginning.
#[derive(Debug, Clone, Default)]
pub struct BodyRecord {
    pub content_type: Option<String>,
    data: BytesMut,
    size: usize,
    /// Has read the bytes that are not kept, if there are any.
    rest: Option<Box<DefaultHasher>>,
}

impl BodyRecord {
    pub fn new(content_type: Option<String>, bytes: &[u8]) -> Self {
        let mut body = Self { content_type, ..Self::default() };
        body.push(bytes);
        body
    }

    /// Appends bytes. Those above the limit only count, and change the hash.
    pub fn push(&mut self, bytes: &[u8]) {
        let room = MAX_BODY.saturating_sub(self.data.len()).min(bytes.len());
        let (kept, rest) = bytes.split_at_checked(room).unwrap_or_default();
        self.data.extend_from_slice(kept);
        if !rest.is_empty() {
            self.rest.get_or_insert_default().write(rest);
        }
        self.size += bytes.len();
    }

    /// The bytes that are kept.
    pub fn bytes(&self) -> Bytes {
        Bytes::copy_from_slice(&self.data)
    }

    /// The number of bytes of the whole body.
    pub fn size(&self) -> usize {
        self.size
    }

    /// A hash of the whole body, the same for equal bodies.
    pub fn hash(&self) -> u64 {
        let mut hasher = self.rest.as_deref().cloned().unwrap_or_default();
        hasher.write(&self.data);
        hasher.finish()
    }

    /// The number of bytes that are kept.
    pub fn kept(&self) -> usize {
        self.data.len()
    }

    pub fn is_truncated(&self) -> bool {
        self.size > self.data.len()
    }

    /// The text, if the bytes that are kept are UTF-8. The last character may be cut off.
    pub fn text(&self) -> Option<&str> {
        match str::from_utf8(&self.data) {
            Ok(text) => Some(text),
            Err(error) if self.is_truncated() && error.error_len().is_none() => {
                str::from_utf8(self.data.get(..error.valid_up_to())?).ok()
            }
            Err(_) => None,
        }
    }
}

impl Serialize for BodyRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("Body", 5)?;
        match self.text() {
            Some(text) => {
                body.serialize_field("encoding", "text")?;
                body.serialize_field("data", text)?;
            }
            None => {
                body.serialize_field("encoding", "base64")?;
                body.serialize_field("data", &STANDARD.encode(&self.data))?;
            }
        }
        body.serialize_field("content_type", &self.content_type)?;
        body.serialize_field("size", &self.size)?;
        body.serialize_field("is_truncated", &self.is_truncated())?;
        body.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keeps_the_beginning_of_a_large_body() {
        let mut body = BodyRecord::new(None, &[b'a'; MAX_BODY - 1]);
        assert!(!body.is_truncated());
        // The character is cut off after its first byte.
        body.push("\u{e9}".as_bytes());
        assert_eq!((body.size(), body.kept(), body.is_truncated()), (MAX_BODY + 1, MAX_BODY, true));
        assert_eq!(body.text().map(str::len), Some(MAX_BODY - 1));
        let before = body.hash();
        body.push(b"b");
        assert_eq!((body.size(), body.kept()), (MAX_BODY + 2, MAX_BODY));
        assert_ne!(body.hash(), before);
        // The parts in which a body arrives do not count.
        let whole = [&[b'a'; MAX_BODY - 1], "\u{e9}b".as_bytes()].concat();
        assert_eq!(BodyRecord::new(None, &whole).hash(), body.hash());
    }

    #[test]
    fn serializes_text_and_bytes() {
        let json = |bytes: &[u8]| serde_json::to_value(BodyRecord::new(Some("a/b".to_owned()), bytes)).unwrap();
        let expected =
            json!({"encoding": "text", "data": "\u{e9}", "content_type": "a/b", "size": 2, "is_truncated": false});
        assert_eq!(json("\u{e9}".as_bytes()), expected);
        assert_eq!(json(b"\xff")["data"], "/w==");
        assert_eq!(json(b"\xff")["encoding"], "base64");
    }
}
