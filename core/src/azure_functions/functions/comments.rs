//! Comments in JSON, which .NET ignores.

use std::borrow::Cow;

/// Replaces each comment by spaces, so that positions in the file stay the same.
pub(super) fn without_comments(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut bytes = Cow::Borrowed(bytes);
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let length = match rest {
            [b'"', rest @ ..] => 1 + string_len(rest),
            [b'/', b'/', ..] => rest.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count(),
            // The reader reports a comment without an end.
            [b'/', b'*', rest @ ..] => rest.windows(2).position(|window| window == b"*/").map_or(2, |end| end + 4),
            _ => 1,
        };
        if rest.starts_with(b"//") || (rest.starts_with(b"/*") && length > 2) {
            bytes.to_mut().iter_mut().skip(at).take(length).for_each(|byte| *byte = b' ');
        }
        at += length;
    }
    bytes
}

/// The length of a string after its first quote, with the last one.
fn string_len(bytes: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = bytes.iter().position(|&byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(bytes.len(), |end| end + 1)
}
