//! Requests that a platform sends as messages: the body describes the request for the app, and the response is encoded.

use std::{
    pin::{Pin, pin},
    sync::Arc,
};

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{App, BoxError, Request, log, server::platform::Platform};

/// The maximum size of a message and of the encoded response to one, in bytes.
///
/// Azure Functions accept requests of 100 MB (104,857,600 bytes). A message has them in base64, which adds a third, and metadata.
/// Source: [Limits](https://learn.microsoft.com/en-us/azure/azure-functions/functions-bindings-http-webhook-trigger#limits).
pub(crate) const MAX_SIZE: usize = 144 * 1024 * 1024;

/// The size above which a message or the response to it is large, in bytes.
const MAX_SMALL_SIZE: usize = 4 * 1024 * 1024;

/// The permits for large messages. A large message waits until one of four before it has its response.
///
/// The permits count messages, not bytes: the Functions host sends no `Content-Length`. One permit covers a message and its response, so
/// that no message waits for a second one. Static, because all servers share the memory of the process.
static LARGE_MESSAGES: Semaphore = Semaphore::const_new(4);

/// The future of a response to a message. It is on the heap, so that the futures of all other requests stay small.
pub(crate) type MessageFuture = Pin<Box<dyn Future<Output = http::Response<Bytes>> + Send>>;

/// Decodes a message, calls the app, and encodes its response.
pub(crate) fn respond<A>(app: A, request: Request, platform: Option<Arc<dyn Platform>>) -> MessageFuture
where
    A: App<Future: Send, Body: Send> + Clone + Send,
{
    Box::pin(async move {
        let Some(platform) = platform else { return status(StatusCode::INTERNAL_SERVER_ERROR) };
        let mut collector = Collector::new(&LARGE_MESSAGES);
        let (parts, body) = request.into_parts();
        let message = match collector.collect(body).await {
            Ok(body) => http::Request::from_parts(parts, body),
            Err(error) if error.is::<LengthLimitError>() => return status(StatusCode::PAYLOAD_TOO_LARGE),
            Err(_) => return status(StatusCode::BAD_REQUEST),
        };
        let decoded = match platform.decode(message) {
            Ok(decoded) => decoded,
            Err(response) => return *response,
        };
        let called = app.call(decoded.request);
        drop(app);
        let (parts, body) = called.await.into_parts();
        match collector.collect(body).await {
            Ok(body) => (decoded.encode)(http::Response::from_parts(parts, body)),
            Err(error) => {
                log::error!("cannot send the response to the platform: {}; responding with 500", cause(&error));
                status(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    })
}

/// Collects the bodies of a message and of the response to it.
struct Collector {
    permits: &'static Semaphore,
    /// The permit of a large message.
    permit: Option<SemaphorePermit<'static>>,
}

impl Collector {
    fn new(permits: &'static Semaphore) -> Self {
        Self { permits, permit: None }
    }

    /// Reads a body. Waits for a permit once the body is large.
    ///
    /// # Errors
    /// The body has more than [`MAX_SIZE`] bytes, or fails.
    async fn collect<B>(&mut self, body: B) -> Result<Bytes, BoxError>
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
    {
        let mut body = pin!(Limited::new(body, MAX_SIZE));
        let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
        while let Some(frame) = body.frame().await.transpose()? {
            let Ok(data) = frame.into_data() else { continue };
            if self.permit.is_none() && first.len() + rest.len() + data.len() > MAX_SMALL_SIZE {
                // The semaphore is never closed.
                self.permit = self.permits.acquire().await.ok();
            }
            // A body of one piece is not copied.
            if first.is_empty() && rest.is_empty() {
                first = data;
            } else {
                rest.extend_from_slice(&std::mem::take(&mut first));
                rest.extend_from_slice(&data);
            }
        }
        Ok(if rest.is_empty() { first } else { rest.freeze() })
    }
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

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, future::poll_fn, task::Poll};

    use http_body::Frame;
    use http_body_util::{Full, StreamBody};

    use super::*;

    fn leaked(permits: usize) -> &'static Semaphore {
        Box::leak(Box::new(Semaphore::new(permits)))
    }

    /// A body in pieces of 1 MiB.
    fn pieces(count: usize) -> impl http_body::Body<Data = Bytes, Error = Infallible> {
        let piece = Bytes::from(vec![b'a'; 1024 * 1024]);
        StreamBody::new(futures_util::stream::iter((0..count).map(move |_| Ok(Frame::data(piece.clone())))))
    }

    #[tokio::test]
    async fn joins_the_pieces_of_a_body() {
        for count in 0..4 {
            let body = Collector::new(leaked(0)).collect(pieces(count)).await.unwrap();
            assert_eq!((body.len(), body.iter().all(|&byte| byte == b'a')), (count * 1024 * 1024, true));
        }
    }

    #[tokio::test]
    async fn limits_the_large_messages_in_flight() {
        let permits = leaked(1);
        let mut first = Collector::new(permits);
        first.collect(pieces(5)).await.unwrap();
        // The response has the permit of its message.
        first.collect(pieces(5)).await.unwrap();

        let mut second = Collector::new(permits);
        second.collect(pieces(4)).await.unwrap();
        let mut waiting = pin!(second.collect(pieces(5)));
        assert!(poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await);
        drop(first);
        assert_eq!(waiting.await.unwrap().len(), 5 * 1024 * 1024);
    }

    #[tokio::test]
    async fn rejects_a_body_above_the_limit() {
        let body = Full::new(Bytes::from(vec![0; MAX_SIZE + 1]));
        let error = Collector::new(leaked(1)).collect(body).await.unwrap_err();
        assert_eq!(cause(&error), "the body exceeds 150994944 bytes");
    }
}
