//! Streamed replies and responses.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use crate::{FunctionError, log::OpenEntry, observer::Observed};

/// A response whose body may still be arriving, from [`RuntimeApi::stream`](crate::RuntimeApi::stream).
///
/// The head is complete. The body has a buffer of one chunk, so the function waits until the test reads it. If the response is
/// dropped before the end of the body, the Runtime API closes the connection of the function.
#[derive(Debug)]
pub struct StreamedResponse {
    head: Response<()>,
    first: Option<Chunk>,
    rest: Option<Streaming>,
    ended: Option<StreamEnd>,
    entry: OpenEntry,
}

/// A part of a body, with the boundaries of the function's HTTP chunks.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The bytes, at least one.
    pub bytes: Bytes,
    /// The time at which the Runtime API received the chunk.
    pub at: Instant,
}

/// The end of a body. [`RuntimeApi::send`](crate::RuntimeApi::send) adds it to the
/// [`extensions`](http::Response::extensions) of a response whose reply was streamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEnd {
    /// The body is complete.
    Complete,
    /// The function reported an error or exceeded its timeout during the body. The connection of the client is closed.
    Failed(FunctionError),
    /// The function closed its connection during the body, or sent more than 200 MB. The connection of the client is closed.
    Truncated,
}

impl StreamedResponse {
    /// Returns a response with a complete body.
    pub(crate) fn whole(response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        let first = Some(body).filter(|body| !body.is_empty()).map(Chunk::now);
        Self {
            head: Response::from_parts(parts, ()),
            first,
            rest: None,
            ended: Some(StreamEnd::Complete),
            entry: OpenEntry::default(),
        }
    }

    /// Returns a response whose body is `begin`, followed by `rest`.
    pub(crate) fn streamed(head: Response<()>, begin: Option<Chunk>, rest: Streaming) -> Self {
        let first = begin.filter(|chunk| !chunk.bytes.is_empty());
        Self { head, first, rest: Some(rest), ended: None, entry: OpenEntry::default() }
    }

    /// The head.
    pub(crate) fn head_mut(&mut self) -> &mut Response<()> {
        &mut self.head
    }

    /// Writes the log entry at the end of the body.
    pub(crate) fn with_entry(mut self, mut entry: OpenEntry) -> Self {
        entry.set_status(self.status());
        self.entry = entry;
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.head.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.head.headers()
    }

    /// Waits for the next chunk of the body. Returns `None` at the end: [`end`](Self::end) returns how the body ended.
    ///
    /// This method is cancel safe: a cancelled call loses no chunk.
    pub async fn chunk(&mut self) -> Option<Chunk> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Waits for the end of the body, drops the chunks before the end, and returns how the body ended.
    pub async fn end(&mut self) -> StreamEnd {
        while self.chunk().await.is_some() {}
        self.ended.clone().unwrap_or(StreamEnd::Truncated)
    }

    /// Waits for the whole body. If the reply was streamed, the response has the [`StreamEnd`] as an extension.
    pub async fn collect(mut self) -> Response<Bytes> {
        let mut body = BytesMut::new();
        let was_streamed = self.rest.is_some();
        while let Some(chunk) = self.chunk().await {
            body.extend_from_slice(&chunk.bytes);
        }
        let ended = self.end().await;
        let mut response = self.head.map(|()| body.freeze());
        if was_streamed {
            response.extensions_mut().insert(ended);
        }
        response
    }

    /// Converts it to a response for a client.
    pub(crate) fn into_response(mut self) -> Response<ResponseBody> {
        std::mem::take(&mut self.head).map(|()| ResponseBody(self))
    }

    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Chunk>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        if let (None, Some(rest)) = (&self.ended, &mut self.rest) {
            match ready!(rest.poll(cx)) {
                Ok(chunk) => return Poll::Ready(Some(chunk)),
                Err(ended) => {
                    match &ended {
                        StreamEnd::Complete => {}
                        StreamEnd::Failed(error) => self.entry.fail(error),
                        StreamEnd::Truncated => self.entry.fail(&TruncatedBody),
                    }
                    self.ended = Some(ended);
                }
            }
        }
        Poll::Ready(None)
    }
}

/// The body of a response to a client. If the client leaves, the function can still send its whole reply.
#[derive(Debug)]
pub(crate) struct ResponseBody(StreamedResponse);

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = TruncatedBody;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, TruncatedBody>>> {
        Poll::Ready(match (ready!(self.0.poll_chunk(cx)), &self.0.ended) {
            (Some(chunk), _) => Some(Ok(Frame::data(chunk.bytes))),
            (None, Some(StreamEnd::Complete)) => None,
            (None, _) => Some(Err(TruncatedBody)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.first.is_none() && self.0.ended == Some(StreamEnd::Complete)
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.0.first.as_ref().map_or(0, |chunk| chunk.bytes.len() as u64);
        if self.0.rest.is_none() { SizeHint::with_exact(first) } else { SizeHint::default() }
    }
}

impl From<Bytes> for ResponseBody {
    fn from(body: Bytes) -> Self {
        Self(StreamedResponse::whole(Response::new(body)))
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        // AWS also reads the whole reply after the client has left.
        if let (None, Some(rest)) = (&self.0.ended, self.0.rest.take()) {
            rest.drain();
        }
    }
}

/// The error of a body that did not end.
#[derive(Debug)]
pub(crate) struct TruncatedBody;

impl fmt::Display for TruncatedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the function did not send the whole reply")
    }
}

impl std::error::Error for TruncatedBody {}

impl Chunk {
    pub(crate) fn now(bytes: Bytes) -> Self {
        Self { bytes, at: Instant::now() }
    }
}

/// A streamed reply of a function, with its prelude.
#[derive(Debug)]
pub(crate) struct Streaming {
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) chunks: mpsc::Receiver<Chunk>,
    pub(crate) ended: oneshot::Receiver<StreamEnd>,
    pub(crate) observed: Observed,
}

impl Streaming {
    /// Returns a reply that is complete.
    pub(crate) fn complete(reply: Bytes, content_type: Option<HeaderValue>) -> Self {
        let ((chunk, chunks), (end, ended)) = (mpsc::channel(1), oneshot::channel());
        if !reply.is_empty() {
            let _ = chunk.try_send(Chunk::now(reply));
        }
        let _ = end.send(StreamEnd::Complete);
        Self { content_type, chunks, ended, observed: Observed::default() }
    }

    pub(crate) async fn next(&mut self) -> Result<Chunk, StreamEnd> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Waits for the whole reply.
    ///
    /// # Errors
    /// The reply exceeds `limit`.
    pub(crate) async fn collect(mut self, limit: usize) -> Result<(Bytes, StreamEnd), TooLarge> {
        let mut all = BytesMut::new();
        loop {
            match self.next().await {
                Ok(chunk) if all.len() + chunk.bytes.len() > limit => return Err(TooLarge),
                Ok(chunk) => all.extend_from_slice(&chunk.bytes),
                Err(ended) => return Ok((all.freeze(), ended)),
            }
        }
    }

    /// Reads and drops the rest of the reply, so that the function does not fail.
    pub(crate) fn drain(mut self) {
        if let Ok(runtime) = Handle::try_current() {
            // A reply that has ended must not be polled again.
            runtime.spawn(async move { while !self.ended.is_terminated() && self.next().await.is_ok() {} });
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Chunk, StreamEnd>> {
        if let Some(chunk) = ready!(self.chunks.poll_recv(cx)) {
            self.observed.notify(|observer| observer.chunk(&chunk));
            return Poll::Ready(Ok(chunk));
        }
        let ended = ready!(Pin::new(&mut self.ended).poll(cx)).unwrap_or(StreamEnd::Truncated);
        self.observed.notify(|observer| observer.end(&ended));
        Poll::Ready(Err(ended))
    }
}

/// The error of a reply that exceeds a limit.
#[derive(Debug)]
pub(crate) struct TooLarge;
