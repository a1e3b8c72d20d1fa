//! Which bytes cannot stand in the target of a request as they are.
//!
//! Fronts differ in how much of a client's encoding they leave, and so does what has to be done about it.

/// Which bytes are to be escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// A path that the front left as the client sent it: only what `http` would not take, and `#`, at which it would cut.
    Verbatim,
    /// A path that the front may have decoded: all that cannot stand in an encoded one, and `%` unless two hex digits follow.
    Tolerant,
    /// A path that the front has decoded: all but the characters of a segment (RFC 3986, `pchar`) and `/`; `%` as well.
    Decoded,
    /// A whole query that was left as the client sent it.
    Query,
    /// A key of a query that was left as the client sent it: all that would end the key.
    SentKey,
    /// A value likewise.
    SentValue,
    /// A key of a query that the front has decoded: all that a client has to encode. The rest, such as `[` and `]`, clients
    /// send as it is, and some parsers read it as syntax only then.
    DecodedKey,
    /// A value likewise.
    DecodedValue,
    /// What has been decoded and is to be one piece, whatever it holds: all but what RFC 3986 calls unreserved.
    Component,
}

impl Escape {
    /// Appends `bytes` to `out`.
    pub(crate) fn push(self, out: &mut Vec<u8>, bytes: &[u8]) {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.applies(byte, || is_escape(bytes, at)) {
                out.extend_from_slice(&[b'%', hex(byte >> 4), hex(byte & 0xf)]);
            } else {
                out.push(byte);
            }
        }
    }

    fn applies(self, byte: u8, is_escape: impl FnOnce() -> bool) -> bool {
        match self {
            Self::Verbatim => !is_taken_by_http(byte),
            Self::Tolerant => match byte {
                b'%' => !is_escape(),
                b'"' | b'#' | b'<' | b'>' | b'?' | b'^' | b'`' | b'{' | b'}' => true,
                _ => !byte.is_ascii_graphic(),
            },
            Self::Decoded => !is_unreserved(byte) && !b"!$&'()*+,;=:@/".contains(&byte),
            Self::Query => !is_taken_by_http_in_query(byte),
            Self::SentKey => matches!(byte, b'&' | b'=') || !is_taken_by_http_in_query(byte),
            Self::SentValue => byte == b'&' || !is_taken_by_http_in_query(byte),
            Self::DecodedKey => byte == b'=' || has_to_be_encoded(byte),
            Self::DecodedValue => has_to_be_encoded(byte),
            Self::Component => !is_unreserved(byte),
        }
    }
}

fn hex(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 }
}

fn is_escape(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at..at + 3), Some([b'%', high, low]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// RFC 3986, `unreserved`.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// What `http::Uri` takes in a path. A test asks it about each byte.
fn is_taken_by_http(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x22 | 0x24..=0x3b | 0x3d | 0x40..=0x5f | 0x61..=0x7e)
}

/// What `http::Uri` takes in a query. A test asks it about each byte.
fn is_taken_by_http_in_query(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x24..=0x3b | 0x3d | 0x3f..=0x7e)
}

/// Whether a byte of a decoded key or value cannot come from a client as it is, or would mean something else. REST APIs split
/// a query at `;` and refuse `|`, `{` and `}`.
fn has_to_be_encoded(byte: u8) -> bool {
    !is_unreserved(byte) && !b"!$'()*,/:=?@[]".contains(&byte)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::uri::PathAndQuery;

    use super::*;

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

    fn escaped(escape: Escape, text: &str) -> String {
        let mut out = vec![];
        escape.push(&mut out, text.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_parameter_stays_one() {
        // As it was sent: `+` and escapes are the client's, good or bad.
        assert_eq!(escaped(Escape::SentValue, "a+b%20c%zz=?/|"), "a+b%20c%zz=?/|");
        assert_eq!(escaped(Escape::SentValue, "a&b#c d\"é"), "a%26b%23c%20d%22%C3%A9");
        assert_eq!(escaped(Escape::SentKey, "a+b%20c%zz=?/|&"), "a+b%20c%zz%3D?/|%26");
        assert_eq!(escaped(Escape::Component, "a b+c&d=e%f;/é~-._"), "a%20b%2Bc%26d%3De%25f%3B%2F%C3%A9~-._");
    }

    #[test]
    fn what_was_decoded_is_encoded_only_where_it_has_to_be() {
        let kept = "[]:/?@!$'()*,.~-_Az09";
        for escape in [Escape::DecodedKey, Escape::DecodedValue] {
            assert_eq!(escaped(escape, kept), kept);
            assert_eq!(escaped(escape, "%&+#; \"<>"), "%25%26%2B%23%3B%20%22%3C%3E");
            assert_eq!(escaped(escape, "|{}\\^`\0\n\u{7f}é"), "%7C%7B%7D%5C%5E%60%00%0A%7F%C3%A9");
        }
        assert_eq!(escaped(Escape::DecodedKey, "a=b"), "a%3Db");
        assert_eq!(escaped(Escape::DecodedValue, "a=b"), "a=b");
    }
}
