//! Percent-encoding of paths and queries.
//!
//! Fronts differ in how much they decode, so they differ in the bytes to encode again.

/// The set of bytes to percent-encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// For a path as the client sent it: encodes only bytes that `http` rejects, and `#`, at which `http` would cut the path.
    Verbatim,
    /// For a path that may be decoded: encodes every byte that an encoded path cannot contain, and `%` unless two hex digits
    /// follow.
    Tolerant,
    /// For a decoded path: encodes every byte except the characters of a segment (RFC 3986, `pchar`) and `/`.
    Decoded,
    /// For a whole query as the client sent it.
    Query,
    /// For a key of a query as the client sent it: also encodes bytes that would end the key.
    EncodedKey,
    /// For a value of a query as the client sent it: also encodes bytes that would end the value.
    EncodedValue,
    /// For a decoded key of a query: encodes the bytes that clients must encode. Clients send others, such as `[` and `]`,
    /// unencoded, and some parsers interpret them only then.
    DecodedKey,
    /// For a decoded value of a query.
    DecodedValue,
    /// For a decoded text that becomes one path segment: encodes every byte except the unreserved ones of RFC 3986.
    Component,
}

impl Escape {
    /// Appends `bytes` to `out`, percent-encoded.
    pub(crate) fn push(self, out: &mut Vec<u8>, bytes: &[u8]) {
        let mask = self.mask();
        let mut rest = bytes;
        // One lookup for each byte, instead of several comparisons, which take twice as long.
        while let Some(at) =
            rest.iter().position(|&byte| APPLIES.get(usize::from(byte)).is_some_and(|set| set & mask != 0))
            && let Some((before, from)) = rest.split_at_checked(at)
            && let [byte, after @ ..] = from
        {
            out.extend_from_slice(before);
            if self == Self::Tolerant && is_escape(from) {
                out.push(b'%');
            } else {
                out.extend_from_slice(&[b'%', hex(byte >> 4), hex(byte & 0xf)]);
            }
            rest = after;
        }
        out.extend_from_slice(rest);
    }

    const fn mask(self) -> u16 {
        1 << self as u16
    }

    /// Whether the byte is encoded. `Tolerant` does not encode the `%` of an escape.
    const fn applies(self, byte: u8) -> bool {
        match self {
            Self::Verbatim => !is_valid_in_path(byte),
            Self::Tolerant => match byte {
                b'%' | b'"' | b'#' | b'<' | b'>' | b'?' | b'^' | b'`' | b'{' | b'}' => true,
                _ => !byte.is_ascii_graphic(),
            },
            Self::Decoded => {
                !is_unreserved(byte)
                    && !matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
                    && !matches!(byte, b':' | b'@' | b'/')
            }
            Self::Query => !is_valid_in_query(byte),
            Self::EncodedKey => matches!(byte, b'&' | b'=') || !is_valid_in_query(byte),
            Self::EncodedValue => byte == b'&' || !is_valid_in_query(byte),
            Self::DecodedKey => byte == b'=' || needs_encoding(byte),
            Self::DecodedValue => needs_encoding(byte),
            Self::Component => !is_unreserved(byte),
        }
    }

    const ALL: [Self; 9] = [
        Self::Verbatim,
        Self::Tolerant,
        Self::Decoded,
        Self::Query,
        Self::EncodedKey,
        Self::EncodedValue,
        Self::DecodedKey,
        Self::DecodedValue,
        Self::Component,
    ];
}

/// For each byte, the sets that contain it.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
static APPLIES: [u16; 256] = {
    let mut sets = [0; 256];
    let mut index = 0;
    while index < 256 * Escape::ALL.len() {
        let (byte, escape) = (index % 256, Escape::ALL[index / 256]);
        if escape.applies(byte as u8) {
            sets[byte] |= escape.mask();
        }
        index += 1;
    }
    sets
};

fn hex(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 }
}

/// Returns whether `bytes` begin with an escape.
fn is_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// Returns whether the byte is unreserved (RFC 3986, section 2.3).
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Returns whether `http::Uri` accepts the byte in a path. A test compares every byte.
const fn is_valid_in_path(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x22 | 0x24..=0x3b | 0x3d | 0x40..=0x5f | 0x61..=0x7e)
}

/// Returns whether `http::Uri` accepts the byte in a query. A test compares every byte.
const fn is_valid_in_query(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x24..=0x3b | 0x3d | 0x3f..=0x7e)
}

/// Returns whether clients must encode the byte in a key or a value. REST APIs split a query at `;`, and reject `|`, `{` and
/// `}`.
const fn needs_encoding(byte: u8) -> bool {
    !is_unreserved(byte)
        && !matches!(
            byte,
            b'!' | b'$' | b'\'' | b'(' | b')' | b'*' | b',' | b'/' | b':' | b'=' | b'?' | b'@' | b'[' | b']'
        )
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::uri::PathAndQuery;

    use super::*;

    #[test]
    fn agrees_with_http_on_valid_bytes() {
        for byte in 0..=127_u8 {
            let is_accepted = |bytes: [u8; 3]| PathAndQuery::from_maybe_shared(Bytes::copy_from_slice(&bytes)).is_ok();
            let in_path = is_accepted([b'/', byte, b'x']);
            // Begins a query or a fragment.
            let ends = matches!(byte, b'?' | b'#');
            assert_eq!(in_path && !ends, is_valid_in_path(byte), "path {byte:#x}");
            let in_query = is_accepted([b'/', b'?', byte]) && byte != b'#';
            assert_eq!(in_query, is_valid_in_query(byte), "query {byte:#x}");
        }
    }

    fn escaped(escape: Escape, text: &str) -> String {
        let mut out = vec![];
        escape.push(&mut out, text.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn encodes_separators_in_encoded_parameters() {
        // `+` and escapes stay as the client sent them, valid or not.
        assert_eq!(escaped(Escape::EncodedValue, "a+b%20c%zz=?/|"), "a+b%20c%zz=?/|");
        assert_eq!(escaped(Escape::EncodedValue, "a&b#c d\"é"), "a%26b%23c%20d%22%C3%A9");
        assert_eq!(escaped(Escape::EncodedKey, "a+b%20c%zz=?/|&"), "a+b%20c%zz%3D?/|%26");
        assert_eq!(escaped(Escape::Component, "a b+c&d=e%f;/é~-._"), "a%20b%2Bc%26d%3De%25f%3B%2F%C3%A9~-._");
    }

    #[test]
    fn encodes_decoded_parameters_as_clients_do() {
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
