//! Byte search with 64-bit words ("SIMD within a register"): eight bytes at a time.
//!
//! Finds a range of bytes. The searchers of [`vector`](super::vector) find at most three values.

use crate::json::{BACKSLASH, QUOTE};

/// The number of bytes in a word.
const WORD: usize = size_of::<u64>();

/// Eight bytes, the first one in the lowest bits.
#[derive(Clone, Copy)]
struct Word(u64);

/// The bytes of a word that match.
///
/// The highest bit of the first matching byte is set, and no lower bit. Bits above are undefined.
#[derive(Clone, Copy)]
struct Hits(u64);

const ONES: u64 = u64::MAX / 0xff;
const HIGHS: u64 = ONES << 7;

impl Word {
    /// Matches bytes equal to `byte`.
    fn equals(self, byte: u8) -> Hits {
        let zero_where_equal = self.0 ^ (ONES * u64::from(byte));
        Hits(zero_where_equal.wrapping_sub(ONES) & !zero_where_equal & HIGHS)
    }

    /// Matches bytes less than `limit`, which is at most 128.
    fn is_below(self, limit: u8) -> Hits {
        Hits(self.0.wrapping_sub(ONES * u64::from(limit)) & !self.0 & HIGHS)
    }
}

impl std::ops::BitOr for Hits {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Hits {
    fn first(self) -> Option<usize> {
        (self.0 != 0).then(|| self.0.trailing_zeros() as usize / 8)
    }
}

/// Returns the position of the first byte that a JSON string cannot contain: a quote, a backslash or a control character.
#[inline]
pub(crate) fn find_special(bytes: &[u8]) -> Option<usize> {
    let (words, last) = bytes.as_chunks::<WORD>();
    let hits = |word: Word| word.is_below(0x20) | word.equals(QUOTE) | word.equals(BACKSLASH);
    for (index, word) in words.iter().enumerate() {
        if let Some(at) = hits(Word(u64::from_le_bytes(*word))).first() {
            return Some(index * WORD + at);
        }
    }
    let at = last.iter().position(|&byte| byte < 0x20 || byte == QUOTE || byte == BACKSLASH)?;
    Some(words.len() * WORD + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_match(byte: u8) -> bool {
        byte < 0x20 || byte == QUOTE || byte == BACKSLASH
    }

    proptest! {
        #[test]
        fn finds_the_same_bytes_as_a_search_byte_by_byte(
            plain in 0..400_usize, bytes in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let bytes = [vec![b'x'; plain], bytes].concat();
            prop_assert_eq!(find_special(&bytes), bytes.iter().position(|&byte| is_match(byte)));
        }
    }

    #[test]
    fn finds_every_byte_value_at_every_position() {
        for place in 0..20 {
            for byte in 0..=255 {
                let mut bytes = [b'x'; 20];
                bytes[place] = byte;
                assert_eq!(find_special(&bytes), is_match(byte).then_some(place), "{byte:#x} at {place}");
            }
        }
    }
}
