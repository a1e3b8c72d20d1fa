//! The differences from hyper that are on purpose. Each makes Lodger stricter.

use lodger_runtime_api::fuzzing::Response;

use crate::parts::{Parts, values};

/// Returns the reason for which Lodger rejects a response that hyper accepts.
pub fn reason_to_reject(parts: &Parts<'_>) -> Option<&'static str> {
    if parts.heads.iter().any(|head| has_line_feed_alone(head)) {
        return Some("a line feed alone");
    }
    if has_two_empty_lines_first(parts) {
        return Some("two empty lines before a head");
    }
    if has_many_headers(parts) {
        return Some("many headers");
    }
    // Only now, because hyper ends a head elsewhere in the cases above.
    let (status, headers) = parts.read_by_httparse();
    if has_other_coding(&headers) {
        return Some("a transfer coding other than chunked");
    }
    if has_unclear_length(&headers) {
        return Some("an unclear content-length");
    }
    let is_chunked = !values(&headers, "transfer-encoding").is_empty() && !matches!(status, 204 | 304);
    (is_chunked && has_rejected_trailers(parts.trailers())).then_some("trailers")
}

/// Returns the reason for which Lodger closes a connection that hyper keeps.
pub fn reason_to_close(parts: &Parts<'_>, read: &Response) -> Option<&'static str> {
    let head = parts.final_head();
    if head.strip_prefix(b"\r\n").unwrap_or(head).starts_with(b"HTTP/1.0") {
        // `keep-alive` is an extension of HTTP/1.0 with known problems (RFC 9112, appendix C.2.2). Lodger ignores it.
        return Some("HTTP/1.0");
    }
    if has_two_framings(&read.headers) {
        return Some("a content-length and a transfer-encoding");
    }
    has_unreadable_close(&read.headers).then_some("`close` among bytes that are not ASCII")
}

/// RFC 9112, section 2.2: a recipient may accept a line feed without a carriage return. hyper does in heads and trailers. Lodger does not, so
/// that it never disagrees with the peer about the end of a head.
fn has_line_feed_alone(lines: &[u8]) -> bool {
    let is_alone = |at: usize| lines[at] == b'\n' && (at == 0 || lines[at - 1] != b'\r');
    (0..lines.len()).any(is_alone)
}

/// RFC 9112, section 2.2, asks servers to ignore an empty line before a request, and does not mention responses. hyper ignores any number,
/// and Lodger one.
fn has_two_empty_lines_first(parts: &Parts<'_>) -> bool {
    parts.heads.iter().any(|head| head.is_empty())
}

/// RFC 9110, section 5.4, leaves limits to the recipient. Lodger accepts 64 headers, and hyper 100.
fn has_many_headers(parts: &Parts<'_>) -> bool {
    let headers = |head: &&[u8]| count_lines(head.strip_prefix(b"\r\n").unwrap_or(head)) - 1;
    parts.heads.iter().map(headers).any(|headers| headers > 64)
}

/// Lodger rejects the same lines as trailers and as headers. It drops trailers, which RFC 9112, section 7.1.2, allows.
fn has_rejected_trailers(trailers: &[u8]) -> bool {
    has_line_feed_alone(trailers) || count_lines(trailers) > 64
}

fn count_lines(lines: &[u8]) -> usize {
    lines.windows(2).filter(|pair| pair == b"\r\n").count() + 1
}

/// RFC 9110, section 10.1.4: a request without `TE` accepts `chunked` only, and RFC 9112, section 6.1, allows that once. hyper passes on a body
/// that is still encoded.
fn has_other_coding(headers: &[(Vec<u8>, Vec<u8>)]) -> bool {
    let codings = values(headers, "transfer-encoding");
    !codings.is_empty() && !matches!(codings[..], [coding] if coding.eq_ignore_ascii_case(b"chunked"))
}

/// RFC 9110, section 8.6: a recipient may reject a list of equal lengths. hyper accepts it, and ignores lengths beside a
/// transfer coding or without a body.
fn has_unclear_length(headers: &[(Vec<u8>, Vec<u8>)]) -> bool {
    let length = |value: &[u8]| {
        let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        is_number.then(|| std::str::from_utf8(value).ok()?.parse::<u64>().ok()).flatten()
    };
    let lengths: Vec<_> = values(headers, "content-length").into_iter().map(length).collect();
    lengths.iter().any(|length| length.is_none() || *length != lengths[0])
}

/// RFC 9112, section 6.3: the transfer coding decides, and the message may be an attempt to make two readers disagree.
fn has_two_framings(headers: &[(Vec<u8>, Vec<u8>)]) -> bool {
    let has = |name| !values(headers, name).is_empty();
    has("content-length") && has("transfer-encoding")
}

/// RFC 9112, section 9.6: `close` means that no other response follows. hyper ignores the value because of its other bytes.
fn has_unreadable_close(headers: &[(Vec<u8>, Vec<u8>)]) -> bool {
    let is_close = |option: &[u8]| option.trim_ascii().eq_ignore_ascii_case(b"close");
    let closes = |value: &&[u8]| !value.is_ascii() && value.split(|byte| *byte == b',').any(is_close);
    values(headers, "connection").iter().any(closes)
}
