//! Base64 in events and replies: the standard alphabet. Decoding accepts missing padding, encoding writes padding.

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

/// Decodes `text`, with or without padding, ignoring white space. Returns `None` if `text` is not base64.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    ENGINE.decode(text).ok().or_else(|| {
        let dense: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        (dense.len() < text.len()).then(|| ENGINE.decode(dense).ok()).flatten()
    })
}

/// Returns the length of `length` bytes in base64, or `usize::MAX` on overflow.
pub(crate) fn encoded_len(length: usize) -> usize {
    base64::encoded_len(length, true).unwrap_or(usize::MAX)
}

/// Appends `bytes` in base64.
///
/// A longer input can be encoded in pieces if three divides the length of every piece except the last.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    // Encodes into a small buffer and copies: encoding into `out` itself would require filling it with zeros first, which
    // takes as long as encoding.
    let mut characters = [0; 4096];
    out.reserve(encoded_len(bytes.len()));
    for chunk in bytes.chunks(characters.len() / 4 * 3) {
        let length = ENGINE.encode_slice(chunk, &mut characters).unwrap_or_default();
        out.extend_from_slice(characters.get(..length).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accepts_missing_padding_and_white_space_only() {
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
        fn decodes_pieces_that_were_encoded_separately(bytes in proptest::collection::vec(any::<u8>(), 0..9000), cut in 0..2000_usize) {
            let mut encoded = vec![];
            let (first, second) = bytes.split_at((cut * 3).min(bytes.len()));
            encode(first, &mut encoded);
            encode(second, &mut encoded);
            prop_assert_eq!(encoded.len(), encoded_len(bytes.len()));
            prop_assert_eq!(decode(&encoded).unwrap(), bytes);
        }
    }
}
