//! JSON strings: escaping for replies, and a reader for events.

pub(crate) mod base64;
pub(crate) mod read;
mod swar;
pub(crate) mod syntax;
mod text;
mod vector;

use self::vector::LANES;

const QUOTE: u8 = b'"';
const BACKSLASH: u8 = b'\\';

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
    if text.len() >= MIN_VECTORS {
        // Enough for most texts, and for the room that a block needs.
        out.reserve(text.len() + text.len() / 8 + BLOCK);
    }
    for block in text.chunks(BLOCK) {
        let rest = if block.len() < MIN_VECTORS || has_other_control(block) {
            block
        } else {
            push_vectors_escaped(block, out)
        };
        push_words_escaped(rest, out);
    }
}

/// The number of bytes that [`push_escaped`] examines at a time. Longer blocks would take as many instructions to prepare as
/// they have bytes.
const BLOCK: usize = 1000;
/// The minimum length of a text for vectors, which need room to be prepared.
const MIN_VECTORS: usize = 64;

/// Returns whether `text` contains control characters other than the line feed.
fn has_other_control(text: &[u8]) -> bool {
    // Without branches, so that the compiler uses vector instructions.
    text.iter().fold(false, |has_other, &byte| has_other | ((byte < 0x20) & (byte != b'\n')))
}

/// Appends vectors of bytes, escaped, and returns the bytes after the last vector. The only control characters of `text` are line
/// feeds, because a search for a vector finds at most three values.
///
/// Takes 37 instructions for a byte to escape: 3 KB of JSON, with a quote every five bytes, takes 23,000. A search with words of
/// eight bytes took 46,000.
fn push_vectors_escaped<'a>(text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let start = out.len();
    // Zeros for the longest result: writing to a slice needs fewer checks than appending to a vector.
    out.resize(start + 2 * text.len() + 1, 0);
    match escape_vectors(text, out.get_mut(start..).unwrap_or_default()) {
        Some((rest, left)) => {
            out.truncate(out.len() - left);
            rest
        }
        // Cannot happen: there is room for the longest result.
        None => {
            out.truncate(start);
            text
        }
    }
}

/// Writes vectors of bytes to `room`, escaped. Returns the bytes after the last vector, and the length of the room that is left.
fn escape_vectors<'a>(text: &'a [u8], mut room: &mut [u8]) -> Option<(&'a [u8], usize)> {
    let mut rest = text;
    while let Some(vector) = rest.first_chunk::<LANES>()
        && let Some(to) = room.first_chunk_mut::<{ LANES + 1 }>()
    {
        // Copies the whole vector, because a copy of constant length is a single instruction.
        *to.first_chunk_mut()? = *vector;
        let Some(at) = vector::find_any(QUOTE, BACKSLASH, b'\n', vector) else {
            rest = rest.get(LANES..)?;
            room = room.get_mut(LANES..)?;
            continue;
        };
        let byte = *vector.get(at)?;
        *to.get_mut(at..)?.first_chunk_mut()? = [BACKSLASH, if byte == b'\n' { b'n' } else { byte }];
        rest = rest.get(at + 1..)?;
        room = room.get_mut(at + 2..)?;
    }
    Some((rest, room.len()))
}

fn push_words_escaped(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len());
    let mut rest = text;
    while let Some((before, [byte, after @ ..])) = swar::find_special(rest).and_then(|at| rest.split_at_checked(at)) {
        out.extend_from_slice(before);
        push_escape(*byte, out);
        rest = after;
    }
    out.extend_from_slice(rest);
}

fn push_escape(byte: u8, out: &mut Vec<u8>) {
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
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
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
