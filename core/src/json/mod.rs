//! Writing JSON strings, between their quotes.

pub(crate) mod base64;
pub(crate) mod read;
pub(crate) mod swar;

use self::swar::{BACKSLASH, QUOTE};

/// How many bytes more than itself `text` takes as a JSON string.
pub(crate) fn escapes_len(text: &[u8]) -> usize {
    // In sums of single bytes, which the compiler makes vectors of: 51 times 5 is 255.
    text.chunks(51).map(|some| usize::from(some.iter().map(|&byte| escape_len(byte)).sum::<u8>())).sum()
}

fn escape_len(byte: u8) -> u8 {
    let is_escaped = byte < 0x20 || byte == QUOTE || byte == BACKSLASH;
    let is_long = byte < 0x20 && !matches!(byte, 0x08..=0x0a | 0x0c | 0x0d);
    u8::from(is_escaped) + 4 * u8::from(is_long)
}

/// Appends `text` with what has to be escaped (RFC 8259, section 7).
pub(crate) fn push_escaped(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + swar::WORD);
    let mut rest = text;
    while let Some(from) =
        swar::copy_until(rest, out, |word| word.is_below(0x20) | word.equals(QUOTE) | word.equals(BACKSLASH))
    {
        let Some((&byte, after)) = from.split_first() else { return };
        rest = after;
        let short = match byte {
            QUOTE | BACKSLASH => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            _ => {
                let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 0xf)]);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
}

/// Appends the value of a header: as the text that it is, or, if it is none, each byte as the Latin-1 character that
/// it was until RFC 9110. Returns the length of the value that the front reads: of UTF-8, and without escapes.
pub(crate) fn push_escaped_or_latin1(value: &[u8], out: &mut Vec<u8>) -> usize {
    if std::str::from_utf8(value).is_ok() {
        push_escaped(value, out);
        return value.len();
    }
    let text: String = value.iter().copied().map(char::from).collect();
    push_escaped(text.as_bytes(), out);
    text.len()
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
