#[cfg(feature = "server")]
mod demand;
mod stream;

use std::{
    borrow::Cow,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

#[cfg(feature = "server")]
use std::sync::Arc;

use bytes::Bytes;
use futures_core::TryStream;
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt as _, combinators::BoxBody};

use self::stream::ChunkedBody;
use crate::{BoxError, Error};

#[cfg(feature = "server")]
pub(crate) use demand::BodyDemand;
#[cfg(feature = "server")]
use demand::WatchedBody;
pub use stream::BodyDataStream;

/// A body: complete bytes, or a stream of them. The type of every request body, and a response body for apps without a framework.
///
/// On Lambda the body of a request is complete. On a server it arrives in frames. An app reads both through [`http_body::Body`].
/// Code that is faster with complete bytes calls [`Body::as_bytes`] first. `Body` is `Send` and `Sync`, like the body types of all frameworks.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// let body = lodger::Body::from("hello");
/// assert_eq!(body.as_bytes().unwrap(), "hello");
/// ```
#[derive(Default)]
pub struct Body(BodyKind);

#[derive(Default)]
enum BodyKind {
    #[default]
    Empty,
    Bytes(Bytes),
    #[cfg(feature = "server")]
    Incoming(hyper::body::Incoming),
    /// The body of a request whose connection has timeouts.
    #[cfg(feature = "server")]
    Watched(WatchedBody),
    Stream(BoxBody<Bytes, BoxError>),
}

impl Body {
    /// Creates an empty body.
    pub const fn empty() -> Self {
        Self(BodyKind::Empty)
    }

    /// Creates a body from any other body. The other body is boxed; use [`From`] for complete bytes.
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + Sync + 'static,
    {
        Self(BodyKind::Stream(body.map_err(Into::into).boxed()))
    }

    /// Creates a body from a stream of chunks. Each chunk becomes one frame.
    ///
    /// # Example
    ///
    /// ```
    /// # use lodger_core as lodger;
    /// use futures_util::stream;
    /// use http_body_util::BodyExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), lodger::Error> {
    /// let body = lodger::Body::from_stream(stream::iter(["one ", "two"].map(Ok::<_, std::io::Error>)));
    /// assert_eq!(body.collect().await?.to_bytes(), "one two");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_stream<S>(stream: S) -> Self
    where
        S: TryStream<Ok: Into<Bytes>, Error: Into<BoxError>> + Send + 'static,
    {
        Self::new(ChunkedBody::new(stream))
    }

    /// Creates the body of a request, which reports to its connection whether the app waits for data.
    #[cfg(feature = "server")]
    pub(crate) fn watched(incoming: hyper::body::Incoming, demand: Arc<BodyDemand>) -> Self {
        Self(BodyKind::Watched(WatchedBody::new(incoming, demand)))
    }

    /// Converts the body into a stream of its data frames. Trailers are dropped.
    ///
    /// # Example
    ///
    /// ```
    /// # use lodger_core as lodger;
    /// use futures_util::TryStreamExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), lodger::Error> {
    /// let mut stream = lodger::Body::from("hello").into_data_stream();
    /// assert_eq!(stream.try_next().await?.unwrap(), "hello");
    /// assert_eq!(stream.try_next().await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_data_stream(self) -> BodyDataStream {
        BodyDataStream::new(self)
    }

    /// The complete rest of the body, or `None` if the body is a stream. The rest is empty after the first frame was read.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        static EMPTY: Bytes = Bytes::new();
        match &self.0 {
            BodyKind::Empty => Some(&EMPTY),
            BodyKind::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

#[cfg(feature = "server")]
impl From<hyper::body::Incoming> for Body {
    fn from(incoming: hyper::body::Incoming) -> Self {
        Self(BodyKind::Incoming(incoming))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::empty() } else { Self(BodyKind::Bytes(bytes)) }
    }
}

impl From<()> for Body {
    fn from((): ()) -> Self {
        Self::empty()
    }
}

/// Converts types that `Bytes` converts from.
macro_rules! from_via_bytes {
    ($($type:ty),+) => {$(
        impl From<$type> for Body {
            fn from(bytes: $type) -> Self {
                Bytes::from(bytes).into()
            }
        }
    )+};
}
from_via_bytes!(Vec<u8>, String, &'static str, &'static [u8]);

impl From<Cow<'static, str>> for Body {
    fn from(text: Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl From<Cow<'static, [u8]>> for Body {
    fn from(bytes: Cow<'static, [u8]>) -> Self {
        match bytes {
            Cow::Borrowed(bytes) => bytes.into(),
            Cow::Owned(bytes) => bytes.into(),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.0 {
            BodyKind::Empty => Poll::Ready(None),
            BodyKind::Bytes(bytes) => {
                let all = std::mem::take(bytes);
                self.0 = BodyKind::Empty;
                Poll::Ready(Some(Ok(Frame::data(all))))
            }
            #[cfg(feature = "server")]
            BodyKind::Incoming(incoming) => Pin::new(incoming).poll_frame(cx).map_err(cannot_read),
            #[cfg(feature = "server")]
            BodyKind::Watched(body) => body.poll_frame(cx).map_err(cannot_read),
            BodyKind::Stream(stream) => Pin::new(stream).poll_frame(cx).map_err(cannot_read),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            BodyKind::Empty => true,
            BodyKind::Bytes(_) => false,
            #[cfg(feature = "server")]
            BodyKind::Incoming(incoming) | BodyKind::Watched(WatchedBody { incoming, .. }) => incoming.is_end_stream(),
            BodyKind::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            BodyKind::Empty => SizeHint::with_exact(0),
            BodyKind::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            #[cfg(feature = "server")]
            BodyKind::Incoming(incoming) | BodyKind::Watched(WatchedBody { incoming, .. }) => incoming.size_hint(),
            BodyKind::Stream(stream) => stream.size_hint(),
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

fn cannot_read(source: impl Into<BoxError>) -> Error {
    Error::request_body("cannot read the body").with_source(source)
}

#[cfg(test)]
mod tests;
