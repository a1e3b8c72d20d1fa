//! Request bodies that are not needed any more.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::runtime::Handle;

/// How long the rest of a body is read.
const LINGER: Duration = Duration::from_secs(10);

/// Reads the rest of a body for up to ten seconds and drops it.
///
/// If a server closes a connection with unread data, the client gets a reset and may lose the response.
pub(crate) fn discard(mut body: Incoming) {
    if let (false, Ok(runtime)) = (body.is_end_stream(), Handle::try_current()) {
        let rest = async move { while let Some(Ok(_)) = body.frame().await {} };
        runtime.spawn(tokio::time::timeout(LINGER, rest));
    }
}

/// A request body on its way to a process. [Discards](discard) its rest if the process does not take it.
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
