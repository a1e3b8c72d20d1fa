//! Quotes input in error messages.

/// Quotes the first 40 bytes for an error message: the input may be megabytes long.
pub(crate) fn quote(bytes: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(bytes.get(..40).unwrap_or(bytes)))
}
