//! JSON strings: escaping for replies, and a reader for events.

pub(crate) mod base64;
pub(crate) mod read;
pub(crate) mod swar;
pub(crate) mod syntax;

use self::swar::{BACKSLASH, QUOTE};

/// Returns the number of bytes that escaping adds to `text`.
pub(crate) fn escapes_len(text: &[u8]) -> usize {
    // Sums of single bytes, which the compiler vectorizes: 51 bytes add at most 5 each, and 51 * 5 = 255 fits into a `u8`.
    text.chunks(51).map(|chunk| usize::from(chunk.iter().map(|&byte| escape_len(byte)).sum::<u8>())).sum()
}

fn escape_len(byte: u8) -> u8 {
    let is_escaped = byte < 0x20 || byte == QUOTE || byte == BACKSLASH;
    let is_long = byte < 0x20 && !matches!(byte, 0x08..=0x0a | 0x0c | 0x0d);
    u8::from(is_escaped) + 4 * u8::from(is_long)
}

/// Appends `text` as the contents of a JSON string, with escapes (RFC 8259, section 7).
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

/// Appends a header value as the contents of a JSON string. Returns the length of the decoded value in UTF-8.
///
/// Bytes that are not UTF-8 are written as Latin-1 characters, their meaning before RFC 9110.
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
    fn escapes_quotes_backslashes_and_control_characters() {
        assert_eq!(
            escaped("a\"b\\c\n\r\t\u{8}\u{c}\u{1}\u{1f}/é\u{7f}".as_bytes()),
            "a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u001f/é\u{7f}"
        );
        assert_eq!(escaped(b"S\xe3o \xff"), "São ÿ");
    }

    proptest! {
        #[test]
        fn writes_text_that_serde_json_reads_in_the_length_announced(text in any::<String>()) {
            let out = escaped(text.as_bytes());
            prop_assert_eq!(out.len(), text.len() + escapes_len(text.as_bytes()));
            prop_assert_eq!(serde_json::from_str::<String>(&format!("\"{out}\"")).unwrap(), text);
        }
    }
}
