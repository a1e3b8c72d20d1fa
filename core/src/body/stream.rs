//! Streams of chunks as bodies, and bodies as streams of chunks.

use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::{Stream, TryStream};
use http_body::Frame;

use crate::{Body, BoxError, Error};

/// The data frames of a [`Body`]. See [`Body::into_data_stream`].
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct BodyDataStream(Body);

impl BodyDataStream {
    pub(super) fn new(body: Body) -> Self {
        Self(body)
    }
}

impl Stream for BodyDataStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let frame = ready!(http_body::Body::poll_frame(Pin::new(&mut self.0), cx));
            match frame.transpose()?.map(Frame::into_data) {
                Some(Ok(data)) => return Poll::Ready(Some(Ok(data))),
                // Trailers.
                Some(Err(_)) => {}
                None => return Poll::Ready(None),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self.0.as_bytes() {
            Some(bytes) if bytes.is_empty() => (0, Some(0)),
            Some(_) => (1, Some(1)),
            None => (0, None),
        }
    }
}

/// A stream as a body. The mutex makes the stream `Sync`, and is never locked.
pub(super) struct ChunkedBody<S>(Mutex<Pin<Box<S>>>);

impl<S> ChunkedBody<S> {
    pub(super) fn new(stream: S) -> Self {
        Self(Mutex::new(Box::pin(stream)))
    }
}

impl<S> http_body::Body for ChunkedBody<S>
where
    S: TryStream<Ok: Into<Bytes>, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let stream = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        stream
            .as_mut()
            .try_poll_next(cx)
            .map(|chunk| chunk.map(|chunk| chunk.map(|chunk| Frame::data(chunk.into())).map_err(Into::into)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, TryStreamExt, stream};
    use http_body_util::StreamBody;

    #[tokio::test]
    async fn makes_a_frame_of_each_chunk_of_a_stream() {
        let chunks = [Ok("one"), Ok(""), Ok("two"), Err("cut off")];
        let mut frames = Body::from_stream(stream::iter(chunks)).into_data_stream();
        for chunk in ["one", "", "two"] {
            assert_eq!(frames.try_next().await.unwrap().unwrap(), chunk);
        }
        let error = frames.try_next().await.unwrap_err();
        assert_eq!(format!("{error:?}"), "cannot read the body: cut off");
        assert!(error.is_request_body());
    }

    #[tokio::test]
    async fn a_data_stream_drops_trailers() {
        let frames = [Frame::data(Bytes::from_static(b"hello")), Frame::trailers(http::HeaderMap::new())];
        let body = Body::new(StreamBody::new(stream::iter(frames.map(Ok::<_, Error>))));
        let data: Vec<_> = body.into_data_stream().map(Result::unwrap).collect().await;
        assert_eq!(data, ["hello"]);
        assert_eq!(Body::empty().into_data_stream().try_next().await.unwrap(), None);
    }

    #[test]
    fn can_be_kept_in_any_task() {
        fn check<T: Send + Sync + Unpin + 'static>() {}
        check::<BodyDataStream>();
    }
}
