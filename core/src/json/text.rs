//! Strings of JSON.

use std::borrow::Cow;

use bytes::Bytes;

use crate::json::{
    BACKSLASH, QUOTE,
    vector::{self, LANES},
};

/// A JSON string of the input, without its quotes and with its escapes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    /// Includes the closing quote if the string has escapes. A string without escapes contains no quote, so this replaces
    /// a flag, and halves the size of a `Text`.
    raw: &'a [u8],
}

impl<'a> Text<'a> {
    /// Creates a text from the bytes of the input, with the closing quote if they contain escapes.
    pub(crate) fn from_raw(raw: &'a [u8]) -> Self {
        Self { raw }
    }

    /// Decodes the string. Returns `None` if an escape is invalid.
    pub(crate) fn decode(self) -> Option<Cow<'a, [u8]>> {
        match self.raw.split_last() {
            Some((b'"', _)) => {
                let mut decoded = Vec::new();
                self.decode_into(&mut decoded).map(|()| Cow::Owned(decoded))
            }
            _ => Some(Cow::Borrowed(self.raw)),
        }
    }

    /// Appends the decoded string to `out`. Returns `None` if an escape is invalid; `out` then ends with undefined bytes.
    pub(crate) fn decode_into(self, out: &mut Vec<u8>) -> Option<()> {
        match self.verbatim() {
            Some(bytes) => out.extend_from_slice(bytes),
            None => drop(unescape(self.raw, out)?),
        }
        Some(())
    }

    /// The bytes of the input, with escapes, and with the closing quote if there are any.
    pub(crate) fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// The bytes of the input, if the string has no escapes.
    pub(crate) fn verbatim(self) -> Option<&'a [u8]> {
        (self.raw.last() != Some(&b'"')).then_some(self.raw)
    }
}

/// A string that was decoded while it was read.
#[derive(Debug, Clone)]
pub(crate) enum DecodedText<'a> {
    /// The string has no escapes, so these are the bytes of the input.
    Verbatim(&'a [u8]),
    Decoded(Bytes),
    /// The string has an escape that RFC 8259 does not define, or half of a surrogate pair.
    Invalid,
}

impl DecodedText<'_> {
    /// The decoded string. `None` if an escape is invalid.
    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Verbatim(bytes) => Some(bytes),
            Self::Decoded(bytes) => Some(bytes),
            Self::Invalid => None,
        }
    }
}

/// Decodes the escapes of RFC 8259, section 7, up to the closing quote, and returns the input after the quote.
///
/// Appends the text to `out`. Returns `None` for an unknown escape, a lone surrogate, or without a quote.
pub(crate) fn unescape<'a>(input: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let mut rest = input;
    out.reserve(input.len().min(MAX_RESERVED) + MIN_ROOM);
    loop {
        // Writing to a slice needs fewer checks than appending to a vector. It is done in pieces: a longer piece
        // takes as many instructions to fill with zeros as it has bytes.
        let start = out.len();
        out.resize(start + (rest.len() + MIN_ROOM).min(MAX_ROOM), 0);
        let mut room = out.get_mut(start..)?;
        let end = loop {
            (rest, room) = unescape_vectors(rest, room)?;
            match rest {
                [QUOTE, after @ ..] => break Some(after),
                _ if room.len() < MIN_ROOM => break None,
                [BACKSLASH, b'u', digits @ ..] => {
                    rest = digits;
                    let length = code_point(&mut rest)?.encode_utf8(room).len();
                    room = room.get_mut(length..)?;
                }
                [BACKSLASH, kind, after @ ..] => (rest, room) = (after, put(room, unescaped(*kind)?)?),
                [byte, after @ ..] => (rest, room) = (after, put(room, *byte)?),
                [] => return None,
            }
        };
        let left = room.len();
        out.truncate(out.len() - left);
        if end.is_some() {
            return end;
        }
    }
}

/// The minimum number of bytes to write to: a character of UTF-8 takes up to four.
const MIN_ROOM: usize = 4;
/// The maximum number of bytes to write to at a time.
const MAX_ROOM: usize = 2000;
/// The maximum number of bytes reserved: the input may be much longer than the string.
const MAX_RESERVED: usize = 64 * 1024;

/// Decodes vectors of bytes until a quote or an escape `\u`, and returns the input and the room that are left.
///
/// Takes 33 instructions for an escape and 21 for a vector without one. A decoder that looked at words of eight bytes took
/// twice as many.
#[inline]
fn unescape_vectors<'a, 'b>(mut rest: &'a [u8], mut room: &'b mut [u8]) -> Option<(&'a [u8], &'b mut [u8])> {
    // An escape may begin at the end of the vector.
    while let Some(window) = rest.first_chunk::<{ LANES + 1 }>()
        && let Some(to) = room.first_chunk_mut()
    {
        let vector = window.first_chunk::<LANES>()?;
        // Copies the whole vector, because a copy of constant length is a single instruction. What follows overwrites the
        // bytes after the hit.
        *to = *vector;
        let Some(at) = vector::find_either(QUOTE, BACKSLASH, vector) else {
            rest = rest.get(LANES..)?;
            room = room.get_mut(LANES..)?;
            continue;
        };
        let kind = *window.get(at + 1)?;
        match unescaped(kind).filter(|_| vector.get(at) == Some(&BACKSLASH)) {
            Some(byte) => {
                *to.get_mut(at)? = byte;
                rest = rest.get(at + 2..)?;
                room = room.get_mut(at + 1..)?;
            }
            None => return Some((rest.get(at..)?, room.get_mut(at..)?)),
        }
    }
    Some((rest, room))
}

fn put(room: &mut [u8], byte: u8) -> Option<&mut [u8]> {
    let (first, room) = room.split_first_mut()?;
    *first = byte;
    Some(room)
}

/// Returns the byte that an escape of two characters stands for.
fn unescaped(kind: u8) -> Option<u8> {
    // The most frequent escape comes first. The compiler turns the others into a table of jumps.
    if kind == QUOTE {
        return Some(kind);
    }
    Some(match kind {
        b'\\' | b'/' => kind,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}

/// Reads the digits after `\u`, and a second escape if the first is half of a surrogate pair.
fn code_point(rest: &mut &[u8]) -> Option<char> {
    let mut code = code_unit(rest)?;
    if (0xd800..0xdc00).contains(&code) {
        *rest = rest.strip_prefix(b"\\u")?;
        let low = code_unit(rest)?;
        if !(0xdc00..0xe000).contains(&low) {
            return None;
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    char::from_u32(code)
}

fn code_unit(rest: &mut &[u8]) -> Option<u32> {
    let (digits, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    digits.iter().try_fold(0, |code, &digit| Some(code << 4 | char::from(digit).to_digit(16)?))
}
