//! Bodies of requests to the process and of its responses.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use crate::{discard::discard, log::OpenEntry};

/// A request body for the process. The drop [discards](discard) the bytes that the process has not read.
#[derive(Debug)]
pub(crate) struct DiscardOnDrop(Option<Incoming>);

impl From<Incoming> for DiscardOnDrop {
    fn from(body: Incoming) -> Self {
        Self(Some(body))
    }
}

impl Body for DiscardOnDrop {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        self.0.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for DiscardOnDrop {
    fn drop(&mut self) {
        if let Some(body) = self.0.take() {
            discard(body);
        }
    }
}

/// The body of a response, with the log entry of its invocation. The drop writes the entry.
#[derive(Debug)]
pub(crate) struct Logged<B> {
    pub(crate) body: B,
    pub(crate) entry: OpenEntry,
}

impl<B: Body<Error: fmt::Display> + Unpin> Body for Logged<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Err(error)) = &frame {
            self.entry.fail(error);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
