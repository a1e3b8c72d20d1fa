//! The body of a response under actix's own server.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

use actix_http::body::{BodySize, MessageBody};
use bytes::Bytes;
use pin_project_lite::pin_project;

use super::request_count::CountedRequest;
use crate::adapter::own_server::RequestGuard;

/// The guards of a request in flight.
#[derive(Default)]
pub(super) struct Guards {
    pub(super) request: RequestGuard,
    pub(super) _counted: Option<CountedRequest>,
}

pin_project! {
    /// A body that keeps the guards of its request until actix has sent or dropped it.
    pub(super) struct TrackedBody<B> {
        // `None` after a panic.
        #[pin]
        body: Option<B>,
        // Dropped after the body.
        guards: Guards,
    }

    impl<B> PinnedDrop for TrackedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.guards.request.drop_body(this.body);
        }
    }
}

impl<B> TrackedBody<B> {
    pub(super) fn new(body: B, guards: Guards) -> Self {
        Self { body: Some(body), guards }
    }
}

impl<B: MessageBody> MessageBody for TrackedBody<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.as_ref().map_or(BodySize::None, MessageBody::size)
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        this.guards.request.poll_body(this.body, |body| body.poll_next(cx))
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
