//! Responses of the Runtime API.

use std::{error::Error, fmt};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// The response to a request, or an error that closes the connection without one.
pub(super) type ApiResponse = Result<Response<Full<Bytes>>, UnwantedReply>;

/// The error that closes a connection because no client waits for the rest of the reply.
#[derive(Debug)]
pub(super) struct UnwantedReply;

impl fmt::Display for UnwantedReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no client waits for the rest of the reply")
    }
}

impl Error for UnwantedReply {}

pub(super) fn accepted() -> Response<Full<Bytes>> {
    json(StatusCode::ACCEPTED, "{\"status\":\"OK\"}\n")
}

pub(super) fn too_large() -> Response<Full<Bytes>> {
    json(StatusCode::PAYLOAD_TOO_LARGE, r#"{"errorType":"RequestEntityTooLarge"}"#)
}

pub(super) fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
