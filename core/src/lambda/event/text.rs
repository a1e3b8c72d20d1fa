//! Helpers for the texts of an event.

use std::borrow::Cow;

use bytes::Bytes;

use crate::json::read::{DecodedText, Text};

/// Returns a decoded text of `event` without a copy. Returns `None` if an escape is invalid.
pub(crate) fn decoded_bytes(event: &Bytes, text: &DecodedText<'_>) -> Option<Bytes> {
    match text {
        DecodedText::Verbatim(raw) => Some(slice(event, raw)),
        DecodedText::Decoded(decoded) => Some(decoded.clone()),
        DecodedText::Invalid => None,
    }
}

/// Returns `part`, which is part of `event`, without a copy.
pub(crate) fn slice(event: &Bytes, part: &[u8]) -> Bytes {
    // An empty slice may lie outside of the event.
    if part.is_empty() { Bytes::new() } else { event.slice_ref(part) }
}

/// Decodes a text. An absent one is empty. Returns `None` if an escape is invalid.
pub(crate) fn decode_or_empty(text: Option<Text<'_>>) -> Option<Cow<'_, [u8]>> {
    text.map_or(Some(Cow::default()), Text::decode)
}
