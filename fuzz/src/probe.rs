//! The functions of the probe of `tests/` that its model of the fronts needs.

use http::HeaderMap;

/// The names and values of headers in their order. Each byte of a value is a character.
pub fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_string(), latin1(value.as_bytes()))).collect()
}

/// Converts each byte to a character, because JSON has only text.
pub fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
