//! Replies: from a response of the app to the JSON that the front wants for it.

use std::{fmt, pin::pin};

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName, Response, StatusCode,
    header::{
        CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, PROXY_AUTHENTICATE, SET_COOKIE, TE, TRAILER,
        TRANSFER_ENCODING, UPGRADE,
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

/// Why the app's body did not become a reply.
#[derive(Debug)]
pub(super) enum BodyError {
    Failed(BoxError),
    /// It was longer than any reply can be: so many bytes, or more.
    TooLarge(u64),
}

/// The reply for a response: reads its body, and writes both in the front's shape.
pub(super) async fn write<B>(shape: Shape, response: Response<B>) -> Result<Payload, BodyError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let (parts, body) = response.into_parts();
    let has_no_body = shape.without_body || is_bodiless(parts.status);
    let body = if has_no_body { Bytes::new() } else { read(body).await? };
    let payload = v2(parts.status, parts.headers, body, shape);
    if payload.len() > MAX_REPLY { Err(BodyError::TooLarge(payload.len() as u64)) } else { Ok(payload) }
}

/// A reply that Lodger itself gives: plain text.
pub(super) fn text(shape: Shape, status: StatusCode, text: String) -> Payload {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("text/plain; charset=utf-8"));
    let body = if shape.without_body { Bytes::new() } else { text.into() };
    v2(status, headers, body, shape)
}

/// 1xx, 204, 205 and 304 have no body (RFC 9110, section 6.4.1 and 15.3.6).
fn is_bodiless(status: StatusCode) -> bool {
    status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

/// Reads a body, as long as it can still become a reply. One that is in one piece is not copied.
async fn read<B>(body: B) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    if body.size_hint().lower() > MAX_REPLY as u64 {
        return Err(BodyError::TooLarge(body.size_hint().lower()));
    }
    let mut body = pin!(body);
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // Trailers have no place in a reply.
        let Ok(data) = frame.map_err(|error| BodyError::Failed(error.into()))?.into_data() else {
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
            return Err(BodyError::TooLarge(whole.len() as u64));
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
    let mut has_type = false;
    let mut cookies = Vec::new();
    let mut open = false;
    let mut skipping = false;
    // A name comes with its first value; the further values follow without one.
    for (name, value) in headers {
        match name {
            Some(name) => {
                if std::mem::take(&mut open) {
                    out.push(b'"');
                }
                skipping = !is_for_the_client(&name, status, shape);
                if name == SET_COOKIE {
                    skipping = true;
                    cookies.push(value);
                } else if !skipping {
                    has_type |= name == CONTENT_TYPE;
                    if out.last() != Some(&b'{') {
                        out.push(b',');
                    }
                    out.push(b'"');
                    // A header's name needs no escape.
                    out.extend_from_slice(name.as_str().as_bytes());
                    out.extend_from_slice(b"\":\"");
                    json::push_escaped_or_latin1(value.as_bytes(), &mut out);
                    open = true;
                }
            }
            None if !skipping => {
                out.extend_from_slice(b", ");
                json::push_escaped_or_latin1(value.as_bytes(), &mut out);
            }
            None if !cookies.is_empty() => cookies.push(value),
            None => {}
        }
    }
    if open {
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

/// Whether a header of the app is for its client. Those about a connection are not (RFC 9110, section 7.6.1): the front
/// has one of its own, and measures the body itself. Of the answer to a HEAD the length is all there is.
fn is_for_the_client(name: &HeaderName, status: StatusCode, shape: Shape) -> bool {
    match *name {
        CONNECTION | TRANSFER_ENCODING | TE | TRAILER | UPGRADE | PROXY_AUTHENTICATE => false,
        CONTENT_LENGTH => shape.without_body && !is_bodiless(status),
        CONTENT_TYPE => !is_bodiless(status),
        _ => !matches!(name.as_str(), "keep-alive" | "proxy-connection"),
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(source) => write!(f, "the response body failed: {source}"),
            Self::TooLarge(size) => write!(
                f,
                "the response is too large for Lambda: as a reply it takes {size} bytes or more, and {MAX_REPLY} is the most"
            ),
        }
    }
}

impl BodyError {
    /// What may be told to a client, who cannot help what fails but may ask for less.
    pub(super) fn for_the_client(&self) -> Option<String> {
        matches!(self, Self::TooLarge(_)).then(|| self.to_string())
    }
}

#[cfg(test)]
mod tests;
