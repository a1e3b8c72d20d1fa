//! Paths and queries of events, as the target of a request.
//!
//! Nothing is normalised: slashes, dot segments and the case of escapes stay, because a server leaves them as well. What
//! cannot stand in a request's target is escaped, by one of three sets that differ in how much the front has decoded.

use bytes::Bytes;
use http::{Uri, uri::PathAndQuery};

use crate::{PathPrefix, prefix};

/// Which bytes of a path or a query are to be escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// The front left what the client sent: only what `http` would not take, and `#`, at which it would cut.
    Verbatim,
    /// The front may have decoded it: all that cannot stand in an encoded path, and `%` unless two hex digits follow.
    Tolerant,
    /// The front has decoded it: all but the characters of a path segment (RFC 3986, `pchar`) and `/`; `%` as well.
    Decoded,
}

impl Escape {
    fn applies(self, bytes: &[u8], at: usize) -> bool {
        let Some(&byte) = bytes.get(at) else {
            return false;
        };
        match self {
            Self::Verbatim => !is_taken_by_http(byte) || matches!(byte, b'#' | b'?'),
            Self::Tolerant => match byte {
                b'%' => !is_escape(bytes, at),
                b'"' | b'#' | b'<' | b'>' | b'?' | b'^' | b'`' | b'{' | b'}' => true,
                _ => !byte.is_ascii_graphic(),
            },
            Self::Decoded => !is_segment_character(byte) && byte != b'/',
        }
    }
}

/// The path of an event, on its way to become a URI.
pub(super) struct Target {
    bytes: Vec<u8>,
}

impl Target {
    /// Begins with `path`, leaving room for more. An empty one is `/`, and one without a leading slash gets it.
    pub(super) fn new(path: &[u8], escape: Escape, room: usize) -> Self {
        let mut bytes = Vec::with_capacity(path.len() + room + 2);
        if path.first() != Some(&b'/') {
            bytes.push(b'/');
        }
        push(&mut bytes, path, |at| escape.applies(path, at));
        Self { bytes }
    }

    /// Takes `prefix` off, if the path begins with it, and says how long it was.
    pub(super) fn strip(&mut self, prefix: &[u8]) -> Option<Bytes> {
        let length = prefix::matched(&self.bytes, prefix)?;
        let taken = self.bytes.drain(..length).collect::<Vec<u8>>();
        if self.bytes.is_empty() {
            self.bytes.push(b'/');
        }
        Some(taken.into())
    }

    /// Ends with `query`, which every front with a raw one leaves as the client sent it.
    pub(super) fn finish(mut self, query: &[u8]) -> Option<Uri> {
        if !query.is_empty() {
            self.bytes.push(b'?');
            push(&mut self.bytes, query, |at| {
                query.get(at).is_some_and(|&byte| byte == b'#' || !(byte == b'?' || is_taken_by_http_in_query(byte)))
            });
        }
        // From a path alone, so that no part of it can become a host.
        PathAndQuery::from_maybe_shared(Bytes::from(self.bytes)).ok().map(Uri::from)
    }
}

/// What was taken off a path, if anything was.
pub(super) fn taken(stage: Option<Bytes>, base_path: Option<Bytes>) -> Option<PathPrefix> {
    match (stage, base_path) {
        (Some(stage), Some(base_path)) => Some([stage, base_path].concat().into()),
        (one, other) => one.or(other),
    }
    .map(PathPrefix::new)
}

fn push(out: &mut Vec<u8>, bytes: &[u8], escaped: impl Fn(usize) -> bool) {
    for (at, &byte) in bytes.iter().enumerate() {
        if escaped(at) {
            out.extend_from_slice(&[b'%', hex(byte >> 4), hex(byte & 0xf)]);
        } else {
            out.push(byte);
        }
    }
}

fn hex(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 }
}

fn is_escape(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at..at + 3), Some([b'%', high, low]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// RFC 3986, `pchar` without the escapes.
fn is_segment_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

/// What `http::Uri` takes in a path. A test asks it about each byte.
fn is_taken_by_http(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x22 | 0x24..=0x3b | 0x3d | 0x40..=0x5f | 0x61..=0x7e)
}

/// What `http::Uri` takes in a query. A test asks it about each byte.
fn is_taken_by_http_in_query(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x24..=0x3b | 0x3d | 0x3f..=0x7e)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn uri(path: &str, escape: Escape, query: &str) -> String {
        Target::new(path.as_bytes(), escape, 0).finish(query.as_bytes()).unwrap().to_string()
    }

    #[test]
    fn http_takes_what_we_think_it_takes() {
        for byte in 0..=127_u8 {
            let taken = |bytes: [u8; 3]| PathAndQuery::from_maybe_shared(Bytes::copy_from_slice(&bytes)).is_ok();
            let in_path = taken([b'/', byte, b'x']);
            // A query or a fragment would begin there.
            let ends = matches!(byte, b'?' | b'#');
            assert_eq!(in_path && !ends, is_taken_by_http(byte), "path {byte:#x}");
            let in_query = taken([b'/', b'?', byte]) && byte != b'#';
            assert_eq!(in_query, is_taken_by_http_in_query(byte), "query {byte:#x}");
        }
    }

    #[test]
    fn a_path_that_was_left_alone_is_left_alone() {
        for path in ["/a/../b/./c//d/", "/%2e%2E/%zz%", "/a;b=c:@!$&'()*+,=/[x]|^{\"}\\", "/+%20+"] {
            assert_eq!(uri(path, Escape::Verbatim, ""), path);
        }
        assert_eq!(uri("/a b#c?d<é>`", Escape::Verbatim, ""), "/a%20b%23c%3Fd%3C%C3%A9%3E%60");
    }

    #[test]
    fn a_path_that_may_have_been_decoded_keeps_its_escapes() {
        assert_eq!(uri("/a b/c%20d/e%zz/100%/[x]|", Escape::Tolerant, ""), "/a%20b/c%20d/e%25zz/100%25/[x]|");
        assert_eq!(uri("/\"#<>?^`{}\u{7f}é", Escape::Tolerant, ""), "/%22%23%3C%3E%3F%5E%60%7B%7D%7F%C3%A9");
    }

    #[test]
    fn a_path_that_was_decoded_is_encoded_again() {
        assert_eq!(uri("/a b/100%/c%20d/[x]", Escape::Decoded, ""), "/a%20b/100%25/c%2520d/%5Bx%5D");
        assert_eq!(uri("/λ/~-._!$&'()*+,;=:@", Escape::Decoded, ""), "/%CE%BB/~-._!$&'()*+,;=:@");
    }

    #[test]
    fn a_path_is_never_a_host() {
        for path in ["//evil.example/x", "/\\evil.example", "https://evil.example/", "@evil.example"] {
            for escape in [Escape::Verbatim, Escape::Tolerant, Escape::Decoded] {
                let uri = Target::new(path.as_bytes(), escape, 0).finish(b"").unwrap();
                assert_eq!((uri.host(), uri.scheme()), (None, None), "{path}");
                assert!(uri.path().starts_with('/'));
            }
        }
    }

    #[test]
    fn a_query_stays_and_what_cannot_be_in_one_is_escaped() {
        let query = "a=1&a=2&b=&c&+=%20%zz&?=/{}|^[]`";
        assert_eq!(uri("/", Escape::Verbatim, query), format!("/?{query}"));
        assert_eq!(uri("/", Escape::Verbatim, "a b\"c#d<e>é"), "/?a%20b%22c%23d%3Ce%3E%C3%A9");
        assert_eq!(uri("", Escape::Verbatim, ""), "/");
        assert_eq!(uri("api", Escape::Verbatim, "x"), "/api?x");
    }

    #[test]
    fn a_prefix_comes_off_whole_segments_once() {
        let stripped = |path: &str| {
            let mut target = Target::new(path.as_bytes(), Escape::Decoded, 0);
            let taken = target.strip(b"/prod").map(|taken| String::from_utf8(taken.to_vec()).unwrap());
            (target.finish(b"q").unwrap().to_string(), taken)
        };
        assert_eq!(stripped("/prod/x"), ("/x?q".into(), Some("/prod".into())));
        assert_eq!(stripped("/prod"), ("/?q".into(), Some("/prod".into())));
        assert_eq!(stripped("/prod/prod"), ("/prod?q".into(), Some("/prod".into())));
        assert_eq!(stripped("/production"), ("/production?q".into(), None));
        assert_eq!(stripped("/x/prod"), ("/x/prod?q".into(), None));
    }

    proptest! {
        #[test]
        fn any_path_and_query_make_a_uri(path in any::<Vec<u8>>(), query in any::<Vec<u8>>()) {
            for escape in [Escape::Verbatim, Escape::Tolerant, Escape::Decoded] {
                prop_assert!(Target::new(&path, escape, 0).finish(&query).is_some());
            }
        }

        #[test]
        fn what_was_decoded_decodes_to_the_same(path in "/\\PC*") {
            let encoded = uri(&path, Escape::Decoded, "");
            prop_assert_eq!(percent_decoded(&encoded), path.into_bytes());
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
