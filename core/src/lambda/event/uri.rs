//! Builds the target of a request from a path and a query.
//!
//! Does not normalize: slashes, dot segments and the case of escapes stay, because a server keeps them too. Bytes that a target cannot contain
//! are [escaped](Escape).

use bytes::Bytes;
use http::{Uri, uri::PathAndQuery};

use crate::{lambda::event::escape::Escape, path::prefix};

/// Builds a URI in origin form.
pub(crate) struct TargetBuilder {
    bytes: Vec<u8>,
    has_query: bool,
}

impl TargetBuilder {
    /// Begins with `path`, with capacity for `room` more bytes. Adds a leading slash if there is none.
    pub(crate) fn new(path: &[u8], escape: Escape, room: usize) -> Self {
        let mut bytes = Vec::with_capacity(path.len() + room + 2);
        if path.first() != Some(&b'/') {
            bytes.push(b'/');
        }
        escape.push(&mut bytes, path);
        Self { bytes, has_query: false }
    }

    /// Moves `prefix` to the end of `removed` if the path begins with it. Returns whether it does.
    pub(crate) fn strip(&mut self, prefix: &[u8], removed: &mut Vec<u8>) -> bool {
        let Some(length) = prefix::matched(&self.bytes, prefix) else {
            return false;
        };
        removed.extend(self.bytes.drain(..length));
        if self.bytes.is_empty() {
            self.bytes.push(b'/');
        }
        true
    }

    /// Appends a whole query, unless it is empty.
    pub(crate) fn push_query(&mut self, query: &[u8]) {
        if !query.is_empty() {
            self.begin_parameter();
            Escape::Query.push(&mut self.bytes, query);
        }
    }

    /// Appends a parameter to the query: a key and a value, and the bytes to escape in each.
    pub(crate) fn push_parameter(&mut self, key: (&[u8], Escape), value: (&[u8], Escape)) {
        self.begin_parameter();
        key.1.push(&mut self.bytes, key.0);
        self.bytes.push(b'=');
        value.1.push(&mut self.bytes, value.0);
    }

    fn begin_parameter(&mut self) {
        self.bytes.push(if self.has_query { b'&' } else { b'?' });
        self.has_query = true;
    }

    /// Returns the URI, or `None` if it is too long.
    pub(crate) fn finish(self) -> Option<Uri> {
        // Parses a path and a query only, so that no part of the path becomes a host.
        PathAndQuery::from_maybe_shared(Bytes::from(self.bytes)).ok().map(Uri::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target(path: &[u8], escape: Escape, query: &[u8]) -> Option<Uri> {
        let mut target = TargetBuilder::new(path, escape, 0);
        target.push_query(query);
        target.finish()
    }

    fn uri(path: &str, escape: Escape, query: &str) -> String {
        target(path.as_bytes(), escape, query.as_bytes()).unwrap().to_string()
    }

    #[test]
    fn keeps_paths_as_sent() {
        for path in ["/a/../b/./c//d/", "/%2e%2E/%zz%", "/a;b=c:@!$&'()*+,=/[x]|^{\"}\\", "/+%20+"] {
            assert_eq!(uri(path, Escape::Verbatim, ""), path);
        }
        assert_eq!(uri("/a b#c?d<é>`", Escape::Verbatim, ""), "/a%20b%23c%3Fd%3C%C3%A9%3E%60");
    }

    #[test]
    fn keeps_escapes_of_paths_that_may_be_decoded() {
        assert_eq!(uri("/a b/c%20d/e%zz/100%/[x]|", Escape::Tolerant, ""), "/a%20b/c%20d/e%25zz/100%25/[x]|");
        assert_eq!(uri("/\"#<>?^`{}\u{7f}é", Escape::Tolerant, ""), "/%22%23%3C%3E%3F%5E%60%7B%7D%7F%C3%A9");
    }

    #[test]
    fn encodes_decoded_paths() {
        assert_eq!(uri("/a b/100%/c%20d/[x]", Escape::Decoded, ""), "/a%20b/100%25/c%2520d/%5Bx%5D");
        assert_eq!(uri("/λ/~-._!$&'()*+,;=:@", Escape::Decoded, ""), "/%CE%BB/~-._!$&'()*+,;=:@");
    }

    #[test]
    fn never_parses_a_path_as_a_host() {
        for path in ["//evil.example/x", "/\\evil.example", "https://evil.example/", "@evil.example"] {
            for escape in [Escape::Verbatim, Escape::Tolerant, Escape::Decoded] {
                let uri = target(path.as_bytes(), escape, b"").unwrap();
                assert_eq!((uri.host(), uri.scheme()), (None, None), "{path}");
                assert!(uri.path().starts_with('/'));
            }
        }
    }

    #[test]
    fn keeps_queries_and_escapes_invalid_bytes() {
        let query = "a=1&a=2&b=&c&+=%20%zz&?=/{}|^[]`";
        assert_eq!(uri("/", Escape::Verbatim, query), format!("/?{query}"));
        assert_eq!(uri("/", Escape::Verbatim, "a b\"c#d<e>é"), "/?a%20b%22c%23d%3Ce%3E%C3%A9");
        assert_eq!(uri("", Escape::Verbatim, ""), "/");
        assert_eq!(uri("api", Escape::Verbatim, "x"), "/api?x");
    }

    #[test]
    fn joins_parameters() {
        let mut target = TargetBuilder::new(b"/x", Escape::Verbatim, 0);
        for (key, value) in [("a b", ""), ("c[=]", "d=e&f")] {
            target.push_parameter((key.as_bytes(), Escape::DecodedKey), (value.as_bytes(), Escape::DecodedValue));
        }
        target.push_parameter((b"g", Escape::EncodedKey), (b"%20==", Escape::EncodedValue));
        assert_eq!(target.finish().unwrap(), "/x?a%20b=&c[%3D]=d=e%26f&g=%20==");
    }

    #[test]
    fn strips_whole_segments_once() {
        let stripped = |path: &str| {
            let mut target = TargetBuilder::new(path.as_bytes(), Escape::Decoded, 0);
            let mut removed = vec![];
            let is_stripped = target.strip(b"/prod", &mut removed);
            target.push_query(b"q");
            assert_eq!(is_stripped, !removed.is_empty());
            (target.finish().unwrap().to_string(), String::from_utf8(removed).unwrap())
        };
        assert_eq!(stripped("/prod/x"), ("/x?q".into(), "/prod".into()));
        assert_eq!(stripped("/prod"), ("/?q".into(), "/prod".into()));
        assert_eq!(stripped("/prod/prod"), ("/prod?q".into(), "/prod".into()));
        assert_eq!(stripped("/production"), ("/production?q".into(), String::new()));
        assert_eq!(stripped("/x/prod"), ("/x/prod?q".into(), String::new()));
    }

    proptest! {
        #[test]
        fn builds_a_uri_from_any_path_and_query(path in any::<Vec<u8>>(), query in any::<Vec<u8>>()) {
            for escape in [Escape::Verbatim, Escape::Tolerant, Escape::Decoded] {
                prop_assert!(target(&path, escape, &query).is_some());
            }
        }

        #[test]
        fn decoded_paths_survive_encoding(path in "/\\PC*") {
            let encoded = uri(&path, Escape::Decoded, "");
            prop_assert_eq!(percent_decoded(&encoded), path.into_bytes());
        }

        #[test]
        fn decoded_parameters_survive_encoding(pairs in prop::collection::vec((any::<String>(), any::<String>()), 1..4)) {
            let mut target = TargetBuilder::new(b"/", Escape::Verbatim, 0);
            for (key, value) in &pairs {
                target.push_parameter((key.as_bytes(), Escape::DecodedKey), (value.as_bytes(), Escape::DecodedValue));
            }
            let uri = target.finish().unwrap();
            let decoded = uri.query().unwrap().split('&').map(|pair| pair.split_once('=').unwrap());
            let decoded: Vec<_> = decoded.map(|(key, value)| (percent_decoded(key), percent_decoded(value))).collect();
            let sent: Vec<_> = pairs.into_iter().map(|(key, value)| (key.into_bytes(), value.into_bytes())).collect();
            prop_assert_eq!(decoded, sent);
        }
    }

    fn percent_decoded(text: &str) -> Vec<u8> {
        let mut bytes = text.bytes();
        let mut out = vec![];
        while let Some(byte) = bytes.next() {
            let mut digit = || char::from(bytes.next().unwrap()).to_digit(16).unwrap() as u8;
            out.push(if byte == b'%' { digit() << 4 | digit() } else { byte });
        }
        out
    }
}
