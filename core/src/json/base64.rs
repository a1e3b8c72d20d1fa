//! Base64 as events and replies carry it: the standard alphabet, read tolerantly and written with padding.

use std::sync::LazyLock;

use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurposeConfig},
};

const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static ENGINE: LazyLock<base64::engine::Simd> = LazyLock::new(|| base64::engine::Simd::standard(CONFIG));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static ENGINE: LazyLock<base64::engine::GeneralPurpose> =
    LazyLock::new(|| base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, CONFIG));

/// Decodes `text`, with or without padding; white space in it does not matter. `None` if it is no base64.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    ENGINE.decode(text).ok().or_else(|| {
        let dense: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        (dense.len() < text.len()).then(|| ENGINE.decode(dense).ok()).flatten()
    })
}

/// The length of `length` bytes in base64; `usize::MAX` if it cannot be expressed.
pub(crate) fn encoded_len(length: usize) -> usize {
    base64::encoded_len(length, true).unwrap_or(usize::MAX)
}

/// Appends `bytes` in base64. Pieces of a whole can be encoded one by one if all but the last are of a length that
/// three divides.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    // By way of a small buffer: what is appended to cannot be written to before it has been filled, and to fill it with
    // zeros takes as long as to encode does.
    let mut characters = [0; 4096];
    out.reserve(encoded_len(bytes.len()));
    for some in bytes.chunks(characters.len() / 4 * 3) {
        let length = ENGINE.encode_slice(some, &mut characters).unwrap_or_default();
        out.extend_from_slice(characters.get(..length).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decoding_is_tolerant_and_not_more() {
        for text in ["aGVsbG8=", "aGVsbG8", "aGVs\r\nbG8=\n", " aGVsbG8 "] {
            assert_eq!(decode(text.as_bytes()).unwrap(), b"hello", "{text}");
        }
        for text in ["aGVsbG8*", "a", "aGVs-_8=", "aGVsbG8==="] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
        assert_eq!(decode(b"").unwrap(), b"");
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..9000), cut in 0..2000_usize) {
            let mut encoded = vec![];
            let (first, second) = bytes.split_at((cut * 3).min(bytes.len()));
            encode(first, &mut encoded);
            encode(second, &mut encoded);
            prop_assert_eq!(encoded.len(), encoded_len(bytes.len()));
            prop_assert_eq!(decode(&encoded).unwrap(), bytes);
        }
    }
}
