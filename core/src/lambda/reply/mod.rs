//! Replies: from a response of the app to the JSON that the front wants for it.

use std::{fmt, pin::pin};

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName, Response, StatusCode,
    header::{
        CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
    },
};
use http_body::Body;
use http_body_util::BodyExt as _;

use super::{json, payload::Payload};
use crate::BoxError;

/// The most that the Runtime API takes: 6 MiB and 100 bytes, as its source has it (`MaxPayloadSize`).
pub(super) const MAX_REPLY: usize = 6 * 1024 * 1024 + 100;

/// What the reply has to look like, handed out with the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// The request was a HEAD: the answer has the headers of a body and none.
    pub(super) without_body: bool,
}

/// Why the app's response did not become a reply.
#[derive(Debug)]
pub(super) enum Unanswerable {
    /// The body failed.
    Failed(BoxError),
    /// It is longer than any reply can be: so many bytes, or more.
    TooLarge(u64),
    /// It is one that others follow, and there is room for one.
    Interim(StatusCode),
}

/// The reply for a response: reads its body, and writes both in the front's shape.
pub(super) async fn write<B>(shape: Shape, response: Response<B>) -> Result<Payload, Unanswerable>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let (mut parts, body) = response.into_parts();
    if parts.status.is_informational() {
        return Err(Unanswerable::Interim(parts.status));
    }
    let body = if is_bodiless(parts.status) {
        Bytes::new()
    } else if shape.without_body {
        // As a server does: of the answer to a HEAD the length is all there is.
        if let Some(length @ 1..) = body.size_hint().exact() {
            parts.headers.entry(CONTENT_LENGTH).or_insert(length.into());
        }
        Bytes::new()
    } else {
        read(body).await?
    };
    let payload = v2(parts.status, parts.headers, body, shape);
    if payload.len() > MAX_REPLY { Err(Unanswerable::TooLarge(payload.len() as u64)) } else { Ok(payload) }
}

/// A reply that Lodger itself gives: plain text.
pub(super) fn text(shape: Shape, status: StatusCode, text: String) -> Payload {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("text/plain; charset=utf-8"));
    let body = if shape.without_body { Bytes::new() } else { text.into() };
    v2(status, headers, body, shape)
}

/// 204, 205 and 304 have no body (RFC 9110, sections 6.4.1 and 15.3.6).
fn is_bodiless(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

/// Reads a body, as long as it can still become a reply. One that is in one piece is not copied.
async fn read<B>(body: B) -> Result<Bytes, Unanswerable>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    if body.size_hint().lower() > MAX_REPLY as u64 {
        return Err(Unanswerable::TooLarge(body.size_hint().lower()));
    }
    let mut body = pin!(body);
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // Trailers have no place in a reply.
        let Ok(data) = frame.map_err(|error| Unanswerable::Failed(error.into()))?.into_data() else {
            continue;
        };
        if first.is_empty() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            whole.reserve(first.len() + data.len());
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&data);
        if whole.len() > MAX_REPLY {
            return Err(Unanswerable::TooLarge(whole.len() as u64));
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

/// The reply of payload format version 2.0: values of a repeated header joined, cookies apart.
///
/// Source: [Lambda response for format 2.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response).
fn v2(status: StatusCode, headers: HeaderMap, body: Bytes, shape: Shape) -> Payload {
    let mut out = Vec::with_capacity(256 + headers.len() * 48);
    out.extend_from_slice(b"{\"statusCode\":");
    out.extend_from_slice(status.as_str().as_bytes());
    out.extend_from_slice(b",\"headers\":{");

    let is_encoded = headers.get_all(CONTENT_ENCODING).iter().any(|value| !is_identity(value.as_bytes()));
    let named = named_by_connection(&headers);
    let mut has_type = false;
    let mut cookies = Vec::new();
    let mut kind = Kind::Dropped;
    // A name comes with its first value; the further values follow without one.
    for (name, value) in headers {
        let is_first = name.is_some();
        if let Some(name) = name {
            if kind == Kind::Kept {
                out.push(b'"');
            }
            kind = if named.contains(&name) { Kind::Dropped } else { Kind::of(&name, status, shape) };
            if kind == Kind::Kept {
                has_type |= name == CONTENT_TYPE;
                if out.last() != Some(&b'{') {
                    out.push(b',');
                }
                out.push(b'"');
                // A header's name needs no escape.
                out.extend_from_slice(name.as_str().as_bytes());
                out.extend_from_slice(b"\":\"");
            }
        }
        match kind {
            Kind::Dropped => {}
            Kind::Cookie => cookies.push(value),
            Kind::Kept => {
                if !is_first {
                    out.extend_from_slice(b", ");
                }
                json::push_escaped_or_latin1(value.as_bytes(), &mut out);
            }
        }
    }
    if kind == Kind::Kept {
        out.push(b'"');
    }
    if !has_type && !body.is_empty() {
        // Without one the front would make up a type that is more of a claim.
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        out.extend_from_slice(b"\"content-type\":\"application/octet-stream\"");
    }
    out.push(b'}');
    if !cookies.is_empty() {
        out.extend_from_slice(b",\"cookies\":[");
        for cookie in &cookies {
            if out.last() != Some(&b'[') {
                out.push(b',');
            }
            out.push(b'"');
            json::push_escaped_or_latin1(cookie.as_bytes(), &mut out);
            out.push(b'"');
        }
        out.push(b']');
    }
    Payload::new(out, body, is_encoded)
}

/// `identity` is the one coding that leaves text as text.
fn is_identity(codings: &[u8]) -> bool {
    codings.split(|&byte| byte == b',').all(|coding| {
        let coding = coding.trim_ascii();
        coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
    })
}

/// What becomes of a header of the app's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Kept,
    Cookie,
    Dropped,
}

impl Kind {
    /// Headers about a connection are not for the client (RFC 9110, section 7.6.1): the front has one of its own, and
    /// measures the body itself.
    fn of(name: &HeaderName, status: StatusCode, shape: Shape) -> Self {
        let is_kept = match *name {
            SET_COOKIE => return Self::Cookie,
            CONNECTION | TRANSFER_ENCODING | TE | TRAILER | UPGRADE => false,
            CONTENT_LENGTH => shape.without_body && !is_bodiless(status),
            CONTENT_TYPE => !is_bodiless(status),
            _ => !matches!(name.as_str(), "keep-alive" | "proxy-connection"),
        };
        if is_kept { Self::Kept } else { Self::Dropped }
    }
}

/// The headers that `connection` says are about it as well.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(CONNECTION).iter();
    let names = values.flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    names.filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok()).collect()
}

impl fmt::Display for Unanswerable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(source) => write!(f, "the response body failed: {source}"),
            Self::Interim(status) => write!(f, "{status} is no final status, and there is no connection to upgrade"),
            Self::TooLarge(size) => write!(
                f,
                "the response is too large for Lambda: as a reply it takes {size} bytes or more, and {MAX_REPLY} is the most"
            ),
        }
    }
}

impl Unanswerable {
    /// What may be told to a client, who cannot help what fails but may ask for less.
    pub(super) fn for_the_client(&self) -> Option<String> {
        matches!(self, Self::TooLarge(_)).then(|| self.to_string())
    }
}

#[cfg(test)]
mod tests;
