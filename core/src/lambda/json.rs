//! Writing JSON strings, between their quotes.

/// How many bytes more than itself `text` takes as a JSON string.
pub(super) fn escapes_len(text: &[u8]) -> usize {
    // In two sums rather than one with branches: the compiler makes vectors of them.
    let short = text.iter().filter(|&&byte| byte < 0x20 || byte == b'"' || byte == b'\\').count();
    let long = text.iter().filter(|&&byte| byte < 0x20 && !matches!(byte, 0x08..=0x0a | 0x0c | 0x0d)).count();
    short + 4 * long
}

/// Appends `text` with what has to be escaped (RFC 8259, section 7).
pub(super) fn push_escaped(text: &[u8], out: &mut Vec<u8>) {
    let mut plain = 0;
    for (at, &byte) in text.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(text.get(plain..at).unwrap_or_default());
        plain = at + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            _ => {
                let digit = |nibble: u8| {
                    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
                };
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 0xf)]);
            }
        }
    }
    out.extend_from_slice(text.get(plain..).unwrap_or_default());
}

/// Appends the value of a header: as the text that it is, or, if it is none, each byte as the Latin-1 character that
/// it was until RFC 9110.
pub(super) fn push_escaped_or_latin1(value: &[u8], out: &mut Vec<u8>) {
    if std::str::from_utf8(value).is_ok() {
        push_escaped(value, out);
    } else {
        let text: String = value.iter().copied().map(char::from).collect();
        push_escaped(text.as_bytes(), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn escaped(text: &[u8]) -> String {
        let mut out = vec![];
        push_escaped_or_latin1(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_has_to_be_escaped_is() {
        assert_eq!(
            escaped("a\"b\\c\n\r\t\u{8}\u{c}\u{1}\u{1f}/é\u{7f}".as_bytes()),
            "a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u001f/é\u{7f}"
        );
        assert_eq!(escaped(b"S\xe3o \xff"), "São ÿ");
    }

    proptest! {
        #[test]
        fn any_text_is_what_serde_json_reads_and_as_long_as_announced(text in any::<String>()) {
            let out = escaped(text.as_bytes());
            prop_assert_eq!(out.len(), text.len() + escapes_len(text.as_bytes()));
            prop_assert_eq!(serde_json::from_str::<String>(&format!("\"{out}\"")).unwrap(), text);
        }
    }
}
