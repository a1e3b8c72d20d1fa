use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt as _, combinators::BoxBody};

use crate::{BoxError, Error};

/// The body of a request: bytes that are at hand, or a stream of them.
///
/// On Lambda a body is at hand as a whole; on a server it arrives in frames. An app reads both alike, through
/// [`http_body::Body`]; one that gains from bytes at hand asks [`Body::as_bytes`] first. It is `Send` and `Sync`, so it
/// fits every framework's own body type.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// let body = lodger::Body::from("hello");
/// assert_eq!(body.as_bytes().unwrap(), "hello");
/// ```
#[derive(Default)]
pub struct Body(Kind);

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Bytes(Bytes),
    #[cfg(feature = "server")]
    Incoming(hyper::body::Incoming),
    Stream(BoxBody<Bytes, BoxError>),
}

impl Body {
    /// A body without a byte in it.
    pub const fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// A body that streams from any other. The stream is boxed; for bytes at hand use [`From`].
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + Sync + 'static,
    {
        Self(Kind::Stream(body.map_err(Into::into).boxed()))
    }

    /// What is left of it, if that is at hand: all bytes before the first has been read, none after that; `None` for a stream.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        static NOTHING: Bytes = Bytes::new();
        match &self.0 {
            Kind::Empty => Some(&NOTHING),
            Kind::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

#[cfg(feature = "server")]
impl From<hyper::body::Incoming> for Body {
    fn from(incoming: hyper::body::Incoming) -> Self {
        Self(Kind::Incoming(incoming))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::empty() } else { Self(Kind::Bytes(bytes)) }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Bytes(bytes) => {
                let all = std::mem::take(bytes);
                self.0 = Kind::Empty;
                Poll::Ready(Some(Ok(Frame::data(all))))
            }
            #[cfg(feature = "server")]
            Kind::Incoming(incoming) => Pin::new(incoming).poll_frame(cx).map_err(unreadable),
            Kind::Stream(stream) => Pin::new(stream).poll_frame(cx).map_err(unreadable),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Bytes(_) => false,
            #[cfg(feature = "server")]
            Kind::Incoming(incoming) => incoming.is_end_stream(),
            Kind::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            #[cfg(feature = "server")]
            Kind::Incoming(incoming) => incoming.size_hint(),
            Kind::Stream(stream) => stream.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_bytes() {
            Some(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            None => f.write_str("Body(stream)"),
        }
    }
}

fn unreadable(source: impl Into<BoxError>) -> Error {
    Error::request_body("cannot read the request body").with_source(source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body::Body as _;
    use http_body_util::{BodyExt, Full};

    #[tokio::test]
    async fn bytes_at_hand_come_out_as_they_went_in() {
        let body = Body::from("hello");
        assert_eq!(body.size_hint().exact(), Some(5));
        assert!(!body.is_end_stream());
        assert_eq!(body.collect().await.unwrap().to_bytes(), "hello");
        assert!(Body::from("").is_end_stream());
    }

    #[tokio::test]
    async fn a_stream_is_read_frame_by_frame() {
        let body = Body::new(Full::from("hello"));
        assert!(body.as_bytes().is_none());
        assert_eq!(body.size_hint().exact(), Some(5));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "hello");
    }

    #[tokio::test]
    async fn an_error_of_the_stream_is_the_source() {
        struct Fails;
        impl http_body::Body for Fails {
            type Data = Bytes;
            type Error = &'static str;
            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
                Poll::Ready(Some(Err("cut off")))
            }
        }
        let error = Body::new(Fails).collect().await.unwrap_err();
        assert_eq!(format!("{error:?}"), "cannot read the request body: cut off");
    }

    #[test]
    fn it_fits_every_frameworks_body() {
        fn fits<T: Send + Sync + Unpin + 'static>() {}
        fits::<Body>();
    }
}
