//! The body of a streamed response: chunks, and the trailers of a stream that failed.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::report::{NO_TRACE, error_json, header_error_type};

/// The number of zero bytes between the prelude and the body.
const SEPARATOR_LEN: usize = 8;

/// Appends the prelude, the separator and the rest, each in a chunk of its own, as AWS's runtimes do.
///
/// Lambda accepts any chunks. `cargo lambda watch` expects the prelude in the first chunk and the separator in the second.
pub(super) fn push_prelude(out: &mut Vec<u8>, prelude: &[u8]) {
    // JSON contains no zero byte.
    let end = memchr::memchr(0, prelude).unwrap_or(prelude.len());
    let (prelude, rest) = prelude.split_at(end);
    let (separator, body) = rest.split_at(rest.len().min(SEPARATOR_LEN));
    for chunk in [prelude, separator, body] {
        if !chunk.is_empty() {
            push_chunk(out, chunk);
        }
    }
}

pub(super) fn push_chunk(out: &mut Vec<u8>, data: &[u8]) {
    push_length(out, data.len());
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
}

pub(super) fn push_length(out: &mut Vec<u8>, length: usize) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "{length:x}\r\n");
}

/// Appends the trailers that mark a stream as failed.
pub(super) fn push_error_trailers(out: &mut Vec<u8>, error_type: &str, message: &str) {
    // Writing to a vector cannot fail.
    let _ = write!(
        out,
        "Lambda-Runtime-Function-Error-Type: {}\r\nLambda-Runtime-Function-Error-Body: {}\r\n",
        header_error_type("Function", error_type),
        STANDARD.encode(error_json(error_type, message, NO_TRACE))
    );
}
