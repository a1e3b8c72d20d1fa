//! Whether an app waits for the body of a request.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as _, Frame};
use hyper::body::Incoming;

/// The demand of an app for the body of one request. The app may poll on another thread than that of the connection.
#[derive(Debug, Default)]
pub(crate) struct BodyDemand {
    is_waiting: AtomicBool,
    has_ended: AtomicBool,
}

impl BodyDemand {
    /// Whether the app has polled the body, and there was no data yet.
    pub(crate) fn is_waiting(&self) -> bool {
        self.is_waiting.load(Relaxed)
    }

    /// Whether the app has read the whole body, or has dropped it.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended.load(Relaxed)
    }

    fn end(&self) {
        self.is_waiting.store(false, Relaxed);
        self.has_ended.store(true, Relaxed);
    }
}

/// The body of a request that reports the demand of the app to its connection.
#[derive(Debug)]
pub(super) struct WatchedBody {
    pub(super) incoming: Incoming,
    demand: Arc<BodyDemand>,
}

impl WatchedBody {
    pub(super) fn new(incoming: Incoming, demand: Arc<BodyDemand>) -> Self {
        Self { incoming, demand }
    }

    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(cx);
        self.demand.is_waiting.store(polled.is_pending(), Relaxed);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) || self.incoming.is_end_stream() {
            self.demand.end();
        }
        polled
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        self.demand.end();
    }
}
