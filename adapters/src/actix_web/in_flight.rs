//! How many requests are being answered: at the end one has to know whether something is cut off. Each worker counts its
//! own, because a number that all of them write costs a hundredth of a small request.

use std::{
    error::Error,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use actix_http::body::{BodySize, MessageBody};
use bytes::Bytes;
use pin_project_lite::pin_project;

use crate::server::RequestGuard;

/// The counts of all workers.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<Vec<Arc<AtomicUsize>>>>);

impl InFlight {
    /// A count for one worker more.
    pub(super) fn worker(&self) -> Count {
        let count = Count::default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&count.0));
        count
    }

    pub(super) fn is_any(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|count| count.load(Relaxed) > 0)
    }
}

/// The count of one worker.
#[derive(Default)]
pub(super) struct Count(Arc<AtomicUsize>);

impl Count {
    pub(super) fn one(&self) -> One {
        self.0.fetch_add(1, Relaxed);
        One(Arc::clone(&self.0))
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
    /// A body, and what is to be kept until it has been sent: what counts it, and its pass.
    pub(super) struct Kept<B> {
        // None once it has panicked.
        #[pin]
        body: Option<B>,
        // Dropped after the body.
        kept: Both,
    }

    impl<B> PinnedDrop for Kept<B> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.kept.0.drop_body(this.body);
        }
    }
}

pub(super) type Both = (RequestGuard, Option<One>);

impl<B> Kept<B> {
    pub(super) fn new(body: B, kept: Both) -> Self {
        Self { body: Some(body), kept }
    }
}

impl<B: MessageBody> MessageBody for Kept<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.as_ref().map_or(BodySize::None, MessageBody::size)
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        this.kept.0.poll_body(this.body, |body| body.poll_next(cx))
    }

    fn try_into_bytes(mut self) -> Result<Bytes, Self> {
        match self.body.take().map(MessageBody::try_into_bytes) {
            Some(Ok(bytes)) => Ok(bytes),
            Some(Err(body)) => {
                self.body = Some(body);
                Err(self)
            }
            None => Err(self),
        }
    }
}
