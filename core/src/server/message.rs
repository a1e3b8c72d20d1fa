//! Requests that a platform sends as messages: the body describes the request for the app, and the response is encoded.

use std::{pin::Pin, sync::Arc};

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::{App, BoxError, Request, log, server::platform::Platform};

/// The maximum size of a message and of the response to one, in bytes.
///
/// Azure Functions accept requests of 100 MB (104,857,600 bytes). A message has them in base64, which adds a third, and metadata.
/// Source: [Limits](https://learn.microsoft.com/en-us/azure/azure-functions/functions-bindings-http-webhook-trigger#limits).
const MAX_SIZE: usize = 144 * 1024 * 1024;

/// The future of a response to a message. It is on the heap, so that the futures of all other requests stay small.
pub(crate) type MessageFuture = Pin<Box<dyn Future<Output = http::Response<Bytes>> + Send>>;

/// Decodes a message, calls the app, and encodes its response.
pub(crate) fn respond<A>(app: A, request: Request, platform: Option<Arc<dyn Platform>>) -> MessageFuture
where
    A: App<Future: Send, Body: Send> + Clone + Send,
{
    Box::pin(async move {
        let Some(platform) = platform else { return status(StatusCode::INTERNAL_SERVER_ERROR) };
        let (parts, body) = request.into_parts();
        let message = match read(body).await {
            Ok(body) => http::Request::from_parts(parts, body),
            Err(code) => return status(code),
        };
        let decoded = match platform.decode(message) {
            Ok(decoded) => decoded,
            Err(response) => return *response,
        };
        let called = app.call(decoded.request);
        drop(app);
        let (parts, body) = called.await.into_parts();
        match Limited::new(body, MAX_SIZE).collect().await {
            Ok(body) => (decoded.encode)(http::Response::from_parts(parts, body.to_bytes())),
            Err(error) => {
                log::error!("cannot send the response to the platform: {}; responding with 500", cause(&error));
                status(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    })
}

/// Reads a message.
///
/// # Errors
/// The status of the response if the message is too large or incomplete.
async fn read(body: crate::Body) -> Result<Bytes, StatusCode> {
    let body = Limited::new(body, MAX_SIZE).collect().await;
    body.map(|body| body.to_bytes()).map_err(|error| match error.is::<LengthLimitError>() {
        true => StatusCode::PAYLOAD_TOO_LARGE,
        false => StatusCode::BAD_REQUEST,
    })
}

fn cause(error: &BoxError) -> String {
    match error.is::<LengthLimitError>() {
        true => format!("the body exceeds {MAX_SIZE} bytes"),
        false => error.to_string(),
    }
}

fn status(status: StatusCode) -> http::Response<Bytes> {
    let mut response = http::Response::default();
    *response.status_mut() = status;
    response
}
