//! Lodger's JSON beside serde_json: the same verdict, the same values, and texts that serde_json reads.

#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use lodger_core::fuzzing::{JsonPart, decode_base64, encode_base64, escape_json, is_json, read_json};
use serde::de::IgnoredAny;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let is_valid = std::str::from_utf8(bytes).is_ok() && serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
    assert_eq!(is_json(bytes), is_valid, "the validator");
    let parts = read_json(bytes);
    if is_valid {
        let parts = parts.expect("the reader rejects valid JSON");
        // serde_json rejects some documents that are valid: deep ones, lone surrogates, and numbers that are too large.
        if let Ok(value) = serde_json::from_slice::<Value>(bytes)
            && !has_repeated_key(&parts)
        {
            let mut rest = &parts[..];
            compare(&value, &mut rest, 0);
            assert!(rest.is_empty(), "the reader has read more than the document: {rest:?}");
        }
    }
    escapes(bytes);
    base64(bytes);
});

/// Whether an object has a key twice, of which serde_json keeps one. Counts the keys of all objects, and so skips more than needed.
fn has_repeated_key(parts: &[JsonPart]) -> bool {
    let mut keys = HashSet::new();
    parts.iter().any(|part| matches!(part, JsonPart::Key(key) if !keys.insert(key)))
}

/// Compares a value with the parts that the reader found, and removes them from `parts`.
fn compare(value: &Value, parts: &mut &[JsonPart], depth: usize) {
    let mut next = || {
        let (part, rest) = parts.split_first().expect("the reader has read less than the document");
        *parts = rest;
        part
    };
    match value {
        // As a literal from `MAX_DEPTH` of the entry on.
        Value::Object(_) | Value::Array(_) if depth >= 32 => {
            let JsonPart::Literal(raw) = next() else { panic!("a deep value is not skipped") };
            assert_eq!(serde_json::from_slice::<Value>(raw).ok().as_ref(), Some(value));
        }
        Value::Object(members) => {
            for (key, value) in members {
                let (part, rest) = parts.split_first().expect("an object lacks a member");
                assert_eq!(*part, JsonPart::Key(Some(key.clone().into_bytes())));
                *parts = rest;
                compare(value, parts, depth + 1);
            }
            let (part, rest) = parts.split_first().expect("an object does not end");
            assert_eq!(*part, JsonPart::Object(members.len()));
            *parts = rest;
        }
        Value::Array(elements) => {
            elements.iter().for_each(|value| compare(value, parts, depth + 1));
            let (part, rest) = parts.split_first().expect("an array does not end");
            assert_eq!(*part, JsonPart::Array(elements.len()));
            *parts = rest;
        }
        Value::String(text) => assert_eq!(*next(), JsonPart::Text(Some(text.clone().into_bytes()))),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            let JsonPart::Literal(raw) = next() else { panic!("{value} is not a literal") };
            assert_eq!(serde_json::from_slice::<Value>(raw).ok().as_ref(), Some(value));
        }
    }
}

/// Any text survives escaping.
fn escapes(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (escaped, length) = escape_json(text.as_bytes());
    assert_eq!(escaped.len(), length, "another length than announced");
    let json = [b"\"", &*escaped, b"\""].concat();
    assert_eq!(serde_json::from_slice::<String>(&json).ok().as_deref(), Some(&*text));
    assert_eq!(read_json(&json), Some(vec![JsonPart::Text(Some(text.as_bytes().to_vec()))]));
}

/// Any bytes survive base64, with and without padding and with line ends. Decoded text is the text of its bytes.
fn base64(bytes: &[u8]) {
    let (text, length) = encode_base64(bytes);
    assert_eq!(text.len(), length, "another length than announced");
    assert_eq!(decode_base64(&text).as_deref(), Some(bytes));
    assert_eq!(decode_base64(text.trim_suffix_bytes(b'=')).as_deref(), Some(bytes));
    let lines = text.chunks(7).collect::<Vec<_>>().join(&b"\r\n"[..]);
    assert_eq!(decode_base64(&lines).as_deref(), Some(bytes));
    if let Some(decoded) = decode_base64(bytes) {
        let dense: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let dense = dense.trim_suffix_bytes(b'=');
        let (text, _) = encode_base64(&decoded);
        // The last character may have bits that no byte has.
        let whole = dense.len() / 4 * 4;
        assert_eq!(text.get(..whole), dense.get(..whole));
        assert_eq!(text.trim_suffix_bytes(b'=').len(), dense.len());
    }
}

trait TrimSuffix {
    fn trim_suffix_bytes(&self, byte: u8) -> &[u8];
}

impl TrimSuffix for [u8] {
    fn trim_suffix_bytes(&self, byte: u8) -> &[u8] {
        let length = self.iter().rposition(|other| *other != byte).map_or(0, |last| last + 1);
        &self[..length]
    }
}
