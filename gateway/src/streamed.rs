//! Responses whose bodies arrive piece by piece.

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

use crate::{FunctionError, log::OpenEntry};

/// The response to a request of which the reply may still be under way, from [`RuntimeApi::stream`](crate::RuntimeApi::stream).
///
/// The head is there from the start. The body is handed on as it arrives, and no more than a chunk of it is kept: whoever
/// does not take it makes the function wait. When this is dropped before the body has ended, the Runtime API closes the
/// connection that the function sends it on.
#[derive(Debug)]
pub struct StreamedResponse {
    head: Response<()>,
    first: Option<Chunk>,
    rest: Option<Streaming>,
    ended: Option<StreamEnd>,
    entry: OpenEntry,
}

/// A piece of a body, as it arrived from the function.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// What it has, at least a byte.
    pub bytes: Bytes,
    /// When it arrived at the Runtime API.
    pub at: Instant,
}

/// How a body ended. The response that [`RuntimeApi::send`](crate::RuntimeApi::send) makes of a streamed reply has it among
/// its [`extensions`](http::Response::extensions).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEnd {
    /// All of it came.
    Complete,
    /// The function reported an error when a part of it was sent, or its time was over. The client's connection is cut.
    Failed(FunctionError),
    /// The function closed its connection amid the body, or sent more than 200 MB. The client's connection is cut.
    Truncated,
}

impl StreamedResponse {
    /// One that is there as a whole.
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

    /// One whose body starts with `begin`, and goes on with `rest`.
    pub(crate) fn streamed(head: Response<()>, begin: Option<Chunk>, rest: Streaming) -> Self {
        let first = begin.filter(|chunk| !chunk.bytes.is_empty());
        Self { head, first, rest: Some(rest), ended: None, entry: OpenEntry::default() }
    }

    /// Writes this entry when the body has ended.
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

    /// Waits for the next piece of the body; `None` at its end, of which [`ended`](Self::ended) tells more.
    ///
    /// It is cancel safe: what it has not given is given by the next call.
    pub async fn chunk(&mut self) -> Option<Chunk> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Waits for the end of the body, without what is left of it, and tells how it came.
    pub async fn end(&mut self) -> StreamEnd {
        while self.chunk().await.is_some() {}
        self.ended.clone().unwrap_or(StreamEnd::Truncated)
    }

    /// Waits for all of the body. If it was streamed, how it [`StreamEnd`] is an extension of the response.
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

    /// It, for who sends it on.
    pub(crate) fn into_response(mut self) -> Response<Rest> {
        std::mem::take(&mut self.head).map(|()| Rest(self))
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
                        StreamEnd::Truncated => self.entry.fail(&CutOff),
                    }
                    self.ended = Some(ended);
                }
            }
        }
        Poll::Ready(None)
    }
}

/// The body of a response that goes to a client, whose going away the function does not learn of.
#[derive(Debug)]
pub(crate) struct Rest(StreamedResponse);

impl Body for Rest {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        Poll::Ready(match (ready!(self.0.poll_chunk(cx)), &self.0.ended) {
            (Some(chunk), _) => Some(Ok(Frame::data(chunk.bytes))),
            (None, Some(StreamEnd::Complete)) => None,
            (None, _) => Some(Err(CutOff)),
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

impl From<Bytes> for Rest {
    fn from(body: Bytes) -> Self {
        Self(StreamedResponse::whole(Response::new(body)))
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        // AWS takes the rest as well when there is nobody to send it to.
        if let (None, Some(rest)) = (&self.0.ended, self.0.rest.take()) {
            rest.drain();
        }
    }
}

/// The body did not come to its end.
#[derive(Debug)]
pub(crate) struct CutOff;

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the function's reply was cut off")
    }
}

impl std::error::Error for CutOff {}

impl Chunk {
    pub(crate) fn now(bytes: Bytes) -> Self {
        Self { bytes, at: Instant::now() }
    }
}

/// What a function sends as its reply, prelude and all.
#[derive(Debug)]
pub(crate) struct Streaming {
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) chunks: mpsc::Receiver<Chunk>,
    pub(crate) ended: oneshot::Receiver<StreamEnd>,
}

impl Streaming {
    /// Returns a reply that is complete.
    pub(crate) fn complete(reply: Bytes, content_type: Option<HeaderValue>) -> Self {
        let ((chunk, chunks), (end, ended)) = (mpsc::channel(1), oneshot::channel());
        if !reply.is_empty() {
            let _ = chunk.try_send(Chunk::now(reply));
        }
        let _ = end.send(StreamEnd::Complete);
        Self { content_type, chunks, ended }
    }

    pub(crate) async fn next(&mut self) -> Result<Chunk, StreamEnd> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// All of it; an error if that is more than `limit`.
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

    /// Takes what still comes, so that the function is not disturbed.
    pub(crate) fn drain(mut self) {
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { while self.next().await.is_ok() {} });
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Chunk, StreamEnd>> {
        if let Some(chunk) = ready!(self.chunks.poll_recv(cx)) {
            return Poll::Ready(Ok(chunk));
        }
        let ended = ready!(Pin::new(&mut self.ended).poll(cx));
        Poll::Ready(Err(ended.unwrap_or(StreamEnd::Truncated)))
    }
}

/// It is more than is taken.
#[derive(Debug)]
pub(crate) struct TooLarge;
