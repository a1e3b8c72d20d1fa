//! How many requests are being answered: at the end one has to know whether something is cut off.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use actix_http::body::{BodySize, MessageBody};
use bytes::Bytes;
use pin_project_lite::pin_project;

#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    pub(super) fn one(&self) -> One {
        self.0.fetch_add(1, Relaxed);
        One(Arc::clone(&self.0))
    }

    pub(super) fn is_any(&self) -> bool {
        self.0.load(Relaxed) > 0
    }
}

/// Counts as long as it lives.
pub(super) struct One(Arc<AtomicUsize>);

impl Drop for One {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

pin_project! {
    /// A body that counts until it has been sent.
    pub(super) struct Counted<B> {
        #[pin]
        body: B,
        one: Option<One>,
    }
}

impl<B> Counted<B> {
    pub(super) fn new(body: B, one: Option<One>) -> Self {
        Self { body, one }
    }
}

impl<B: MessageBody> MessageBody for Counted<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        self.project().body.poll_next(cx)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { body, one } = self;
        body.try_into_bytes().map_err(|body| Self { body, one })
    }
}
