//! A request body whose rest is read even if the app drops it.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::runtime::Handle;

use crate::util::spawn::TaskFuture;

/// A request body that is read to its end on drop, and discarded.
///
/// hyper closes a connection whose request body is dropped before its end. A proxy that has not sent the whole body then cannot
/// read the response.
#[derive(Debug)]
pub(crate) struct DiscardOnDrop {
    body: Option<Incoming>,
    /// The runtime of the connection. The app may drop the body on a thread that has none.
    runtime: Handle,
}

impl DiscardOnDrop {
    /// Creates a body on the runtime of the connection.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime.
    pub(crate) fn new(body: Incoming) -> Self {
        Self { body: Some(body), runtime: Handle::current() }
    }
}

impl Body for DiscardOnDrop {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        self.body.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for DiscardOnDrop {
    fn drop(&mut self) {
        let Some(mut body) = self.body.take().filter(|body| !body.is_end_stream()) else { return };
        // The task ends with the connection.
        let rest: TaskFuture =
            Box::pin(async move { while let Some(Ok(_)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {} });
        self.runtime.spawn(rest);
    }
}
