//! Replies: from a response of the app to the JSON that the front wants for it, or to what it wants before a stream.

mod format;
mod headers;
mod json_syntax;
pub(crate) mod payload;
mod result;

use std::{fmt, future::poll_fn, pin::pin};

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body::Body;
use tokio::task::coop::consume_budget;

use self::payload::Payload;
use crate::{
    BoxError, log,
    util::guarded_body::{BodyError, GuardedBody},
};

use format::MAX_PRELUDE;
pub(crate) use format::{API_HEADERS, HeaderFormat, ReplyFormat};

/// The most that the Runtime API takes: 6 MiB and 100 bytes, as its source has it (`MaxPayloadSize`).
pub(crate) const MAX_REPLY: usize = 6 * 1024 * 1024 + 100;

/// The type of a body of which nobody has said what it is.
const UNTYPED: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// The end of the prelude's object, and what stands between it and the body.
const END_OF_PRELUDE: &[u8] = b"}\0\0\0\0\0\0\0\0";

/// What the reply has to look like, handed out with the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplyShape {
    pub(crate) style: &'static ReplyFormat,
    /// The request was a HEAD: the answer has the headers of a body and none.
    pub(crate) without_body: bool,
}

/// What an invocation is answered with.
#[derive(Debug)]
pub(crate) enum Reply {
    Payload(Payload),
    /// The start of a stream: the prelude, and what is at hand of the body.
    Stream(Vec<u8>),
    /// Nobody would see a response that says so.
    Error {
        /// As the Runtime API wants it: `Function.Reason`.
        error_type: &'static str,
        message: String,
    },
}

/// Why the app's response did not become a reply.
#[derive(Debug)]
pub(crate) enum ReplyError {
    /// The body failed, or panicked.
    BodyError(BodyError),
    /// It is longer than the front takes, or Lambda: so many bytes, or more.
    TooLarge(u64, &'static ReplyFormat),
    /// No front passes it on: others follow it, and there is room for one; or HTTP has none such.
    Status(StatusCode),
}

/// The answer that a response makes, in the front's shape. Its body is read for it, or comes back to be streamed behind it.
pub(crate) async fn write<B>(
    shape: ReplyShape,
    response: Response<B>,
    request_id: &str,
) -> Result<(Reply, Option<B>), ReplyError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let (mut parts, body) = response.into_parts();
    // RFC 9110, section 15: what is not from 100 to 599 is invalid.
    if !(200..600).contains(&parts.status.as_u16()) {
        return Err(ReplyError::Status(parts.status));
    }
    let body = if is_bodiless(parts.status) {
        Bytes::new()
    } else if shape.without_body {
        // As a server does: of the answer to a HEAD the length is all there is.
        if let Some(length @ 1..) = body.size_hint().exact() {
            parts.headers.entry(CONTENT_LENGTH).or_insert(length.into());
        }
        // And the type, that of the answer to a GET (RFC 9110, section 9.3.2).
        if parts.headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0") || !body.is_end_stream() {
            parts.headers.entry(CONTENT_TYPE).or_insert(UNTYPED);
        }
        Bytes::new()
    } else if shape.style.is_prelude {
        if !body.is_end_stream() {
            parts.headers.entry(CONTENT_TYPE).or_insert(UNTYPED);
        }
        return Ok((answer(shape, parts.status, parts.headers, Bytes::new(), request_id), Some(body)));
    } else {
        read(body, shape.style).await?
    };
    match answer(shape, parts.status, parts.headers, body, request_id) {
        Reply::Payload(payload) if payload.len() > shape.style.max_size => {
            Err(ReplyError::TooLarge(payload.len() as u64, shape.style))
        }
        answer => Ok((answer, None)),
    }
}

/// An answer that Lodger itself gives: plain text.
pub(crate) fn text(shape: ReplyShape, status: StatusCode, text: String, request_id: &str) -> Reply {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let body = if shape.without_body { Bytes::new() } else { text.into() };
    answer(shape, status, headers, body, request_id)
}

fn answer(shape: ReplyShape, status: StatusCode, headers: HeaderMap, body: Bytes, request_id: &str) -> Reply {
    let style = shape.style;
    // A redirect of what nobody sees is followed by nobody either.
    if style.fails_by_status && !status.is_success() {
        return result::failed(status, &body);
    }
    if style.is_result {
        return result::of(&body);
    }
    let mut out = Vec::with_capacity(256 + headers.len() * 48);
    out.extend_from_slice(b"{\"statusCode\":");
    out.extend_from_slice(status.as_str().as_bytes());
    if style.is_explicit {
        let reason = status.canonical_reason().unwrap_or("Unknown");
        out.extend_from_slice(b",\"statusDescription\":\"");
        out.extend_from_slice(status.as_str().as_bytes());
        out.push(b' ');
        out.extend_from_slice(reason.as_bytes());
        out.push(b'"');
    }
    let is_encoded = headers.get_all(CONTENT_ENCODING).iter().any(|value| !is_identity(value.as_bytes()));
    let written = headers::push(&mut out, headers, status, shape, !body.is_empty());
    if let Some(most) = style.max_headers.filter(|most| is_close_to(*most, written.size)) {
        log::warn!(
            "request {request_id}: the headers of the answer take {} bytes, and {most} is the most that the front takes of them, \
             with its own; it would answer with an error instead",
            written.size
        );
    }
    let prelude = out.len() + END_OF_PRELUDE.len();
    if style.is_prelude && is_close_to(MAX_PRELUDE, prelude) {
        log::warn!(
            "request {request_id}: the headers take {prelude} bytes as the JSON before the streamed body, and the front \
             accepts at most {MAX_PRELUDE}; it responds with an error to more. Send fewer or shorter headers"
        );
    }
    if let Some(most) = style.max_message.filter(|most| body.len() > *most) {
        log::warn!(
            "request {request_id}: the answer to the message takes {} bytes, and {most} is the most that reaches the client",
            body.len()
        );
    }
    if written.lost_cookies > 0 {
        log::warn!(
            "request {request_id}: the front has no room for all cookies of the answer; dropped: {}",
            written.lost_cookies
        );
    }
    if style.is_prelude {
        out.extend_from_slice(END_OF_PRELUDE);
        out.extend_from_slice(&body);
        return Reply::Stream(out);
    }
    Reply::Payload(Payload::new(out, body, is_encoded, style))
}

/// Whether a limit is exceeded, or nearly: a twentieth is left for what the front adds.
fn is_close_to(limit: usize, size: usize) -> bool {
    size > limit - limit / 20
}

/// 204, 205 and 304 have no body (RFC 9110, sections 6.4.1 and 15.3.6).
fn is_bodiless(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

/// Reads a body, as long as it can still become a reply. One that is in one piece is not copied.
async fn read<B>(body: B, style: &'static ReplyFormat) -> Result<Bytes, ReplyError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    if body.size_hint().lower() > style.max_size as u64 {
        return Err(ReplyError::TooLarge(body.size_hint().lower(), style));
    }
    let mut body = pin!(GuardedBody::new(Some(body)));
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    loop {
        // A body that always has a frame at hand, such as an empty one, is not to keep all else from running.
        consume_budget().await;
        let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await else { break };
        // Trailers have no place in a reply.
        let Ok(data) = frame.map_err(ReplyError::BodyError)?.into_data() else { continue };
        if first.is_empty() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            whole.reserve(first.len() + data.len());
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&data);
        if whole.len() > style.max_size {
            return Err(ReplyError::TooLarge(whole.len() as u64, style));
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

/// `identity` is the one coding that leaves text as text.
fn is_identity(codings: &[u8]) -> bool {
    codings.split(|&byte| byte == b',').all(|coding| {
        let coding = coding.trim_ascii();
        coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
    })
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BodyError(failed) => failed.fmt(f),
            Self::Status(status) if status.is_informational() => {
                write!(f, "{status} is no final status, and there is no connection to upgrade")
            }
            Self::Status(status) => write!(f, "{} is no status of HTTP, and no front passes it on", status.as_u16()),
            Self::TooLarge(size, ReplyFormat { taker, max_size, .. }) => write!(
                f,
                "the response is too large for {taker}: as a reply it takes {size} bytes or more, and {max_size} is the most"
            ),
        }
    }
}

impl ReplyError {
    /// What may be told to a client, who cannot help what fails but may ask for less.
    pub(crate) fn for_the_client(&self) -> Option<String> {
        matches!(self, Self::TooLarge(..)).then(|| self.to_string())
    }
}

#[cfg(test)]
mod tests;
