//! Replies: encodes a response of the app as the JSON that the front expects, or as the prelude of a stream.

mod body;
mod error;
mod format;
mod headers;
mod limits;
pub(crate) mod payload;
mod result;
mod shape;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
    response::Parts,
};
use http_body::Body;

use self::{
    headers::{DEFAULT_CONTENT_TYPE, HeaderStats, is_bodiless},
    limits::{MAX_PRELUDE, is_close_to},
    payload::ReplyPayload,
};
use crate::{BoxError, log};

pub(crate) use error::ReplyError;
pub(crate) use format::{Envelope, HeaderFormat, ReplyFormat, ReplyKind};
pub(crate) use limits::MAX_API_HEADERS;
pub(crate) use shape::{Reply, ReplyShape};

/// The end of the prelude's object, and the separator between prelude and body.
const END_OF_PRELUDE: &[u8] = b"}\0\0\0\0\0\0\0\0";

/// Encodes a response in the format of the front. If the response is streamed, returns the body for the caller to stream.
///
/// # Errors
/// The body fails, the reply exceeds a limit, or the status cannot be sent.
pub(crate) async fn write<B>(
    shape: ReplyShape,
    response: Response<B>,
    request_id: &str,
) -> Result<(Reply, Option<B>), ReplyError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let (mut parts, body) = response.into_parts();
    // RFC 9110, section 15: a status outside of 100 to 599 is invalid.
    if !(200..600).contains(&parts.status.as_u16()) {
        return Err(ReplyError::Status(parts.status));
    }
    let body = if is_bodiless(parts.status) {
        Bytes::new()
    } else if shape.without_body {
        describe_body(&mut parts, &body);
        Bytes::new()
    } else if shape.is_streamed() {
        if !body.is_end_stream() {
            parts.headers.entry(CONTENT_TYPE).or_insert(DEFAULT_CONTENT_TYPE);
        }
        return Ok((encode(shape, parts.status, parts.headers, Bytes::new(), request_id), Some(body)));
    } else {
        body::collect(body, shape.format).await?
    };
    match encode(shape, parts.status, parts.headers, body, request_id) {
        Reply::Payload(payload) if payload.len() > shape.format.max_size => {
            Err(ReplyError::TooLarge { size: payload.len() as u64, format: shape.format })
        }
        reply => Ok((reply, None)),
    }
}

/// Adds the length and the type of the body to the response to a HEAD, like an HTTP server.
fn describe_body(parts: &mut Parts, body: &impl Body) {
    if let Some(length @ 1..) = body.size_hint().exact() {
        parts.headers.entry(CONTENT_LENGTH).or_insert(length.into());
    }
    // The headers of a HEAD are those of the GET (RFC 9110, section 9.3.2), and a GET would have the default type.
    if parts.headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0") || !body.is_end_stream() {
        parts.headers.entry(CONTENT_TYPE).or_insert(DEFAULT_CONTENT_TYPE);
    }
}

/// Encodes a response of Lodger's own: plain text.
pub(crate) fn text(shape: ReplyShape, status: StatusCode, text: String, request_id: &str) -> Reply {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let body = if shape.without_body { Bytes::new() } else { text.into() };
    encode(shape, status, headers, body, request_id)
}

fn encode(shape: ReplyShape, status: StatusCode, headers: HeaderMap, body: Bytes, request_id: &str) -> Reply {
    // Redirects fail as well: no client is there to follow one.
    if !shape.format.client_sees_status && !status.is_success() {
        return result::from_error_status(status, &body);
    }
    match shape.format.kind {
        ReplyKind::Result => result::from_body(&body),
        ReplyKind::Prelude => {
            let mut out = encode_head(shape, status, headers, &body, request_id);
            out.extend_from_slice(END_OF_PRELUDE);
            out.extend_from_slice(&body);
            Reply::Stream(out)
        }
        ReplyKind::Envelope(envelope) => {
            let mut codings = headers.iter().filter(|(name, _)| **name == CONTENT_ENCODING);
            let is_encoded = codings.any(|(_, value)| !is_identity(value.as_bytes()));
            let out = encode_head(shape, status, headers, &body, request_id);
            Reply::Payload(ReplyPayload::new(out, body, is_encoded, envelope))
        }
    }
}

/// Encodes the status and the headers as a JSON object without its closing brace.
fn encode_head(shape: ReplyShape, status: StatusCode, headers: HeaderMap, body: &Bytes, request_id: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(256 + headers.len() * 48);
    out.extend_from_slice(b"{\"statusCode\":");
    out.extend_from_slice(status.as_str().as_bytes());
    if shape.format.kind == ReplyKind::Envelope(Envelope::LoadBalancer) {
        let reason = status.canonical_reason().unwrap_or("Unknown");
        out.extend_from_slice(b",\"statusDescription\":\"");
        out.extend_from_slice(status.as_str().as_bytes());
        out.push(b' ');
        out.extend_from_slice(reason.as_bytes());
        out.push(b'"');
    }
    let stats = headers::write(&mut out, headers, status, shape, !body.is_empty());
    warn_about_limits(shape.format, &stats, out.len() + END_OF_PRELUDE.len(), body.len(), request_id);
    out
}

/// Logs limits of the front that the response is close to, or exceeds, and cookies that it loses.
fn warn_about_limits(format: &ReplyFormat, stats: &HeaderStats, prelude: usize, body: usize, request_id: &str) {
    if let Some(max) = format.max_headers.filter(|max| is_close_to(*max, stats.size)) {
        log::warn!(
            "request {request_id}: the response headers take {} bytes, and the front accepts at most {max}, including its \
             own; it responds with an error to more. Send fewer or shorter headers",
            stats.size
        );
    }
    if format.kind == ReplyKind::Prelude && is_close_to(MAX_PRELUDE, prelude) {
        log::warn!(
            "request {request_id}: the headers take {prelude} bytes as the JSON before the streamed body, and the front \
             accepts at most {MAX_PRELUDE}; it responds with an error to more. Send fewer or shorter headers"
        );
    }
    if let Some(max) = format.max_message.filter(|max| body > *max) {
        log::warn!(
            "request {request_id}: the response to the message takes {body} bytes, and the WebSocket API sends at most {max} \
             to the client"
        );
    }
    if stats.dropped_cookies > 0 {
        log::warn!(
            "request {request_id}: dropped {} cookies of the response, for which the reply format of the front has no room",
            stats.dropped_cookies
        );
    }
}

/// Returns whether every coding is `identity`, the only one that leaves text as text.
fn is_identity(codings: &[u8]) -> bool {
    codings.split(|&byte| byte == b',').all(|coding| {
        let coding = coding.trim_ascii();
        coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
    })
}

#[cfg(test)]
mod tests;
