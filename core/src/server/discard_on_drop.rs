//! A request body whose rest is read even if the app drops it.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::runtime::Handle;

/// A request body that is read to its end on drop, and discarded.
///
/// hyper closes a connection whose request body is dropped before its end. A proxy that has not sent the whole body then cannot
/// read the response.
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
        let Some(mut body) = self.0.take().filter(|body| !body.is_end_stream()) else { return };
        // Without a runtime the connection is gone too. The task ends with the connection.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(
                async move { while let Some(Ok(_)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {} },
            );
        }
    }
}
