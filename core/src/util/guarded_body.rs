//! A response body that catches the panics of the app.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;

use crate::{
    BoxError,
    util::catch_panic::{Panicked, catch_panic},
};

/// The reason why a body ended early.
#[derive(Debug)]
pub(crate) enum BodyError {
    Body(BoxError),
    Panicked(String),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(error) => write!(f, "the response body failed: {error}"),
            Self::Panicked(message) => write!(f, "the app panicked: {message}"),
        }
    }
}

pin_project! {
    /// A body whose panics become errors.
    ///
    /// Panics of the destructor are caught too. A panic in a destructor during another panic would abort the process.
    pub(crate) struct GuardedBody<B> {
        #[pin]
        body: Option<B>,
    }

    impl<B> PinnedDrop for GuardedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            this.drop_body();
        }
    }
}

impl<B> GuardedBody<B> {
    pub(crate) fn new(body: Option<B>) -> Self {
        Self { body }
    }

    fn drop_body(self: Pin<&mut Self>) {
        let mut body = self.project().body;
        let _ = catch_panic(|| body.set(None));
    }
}

impl<B> GuardedBody<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    pub(crate) fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(body) = self.as_mut().project().body.as_pin_mut() else { return Poll::Ready(None) };
        match catch_panic(|| body.poll_frame(cx)) {
            Ok(polled) => polled.map_err(|error| BodyError::Body(error.into())),
            Err(Panicked(message)) => {
                self.drop_body();
                Poll::Ready(Some(Err(BodyError::Panicked(message))))
            }
        }
    }
}
