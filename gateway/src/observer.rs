//! The parts of an invocation, as they occur.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::HeaderValue;

use crate::{Chunk, FunctionError, StreamEnd, Warning};

/// Receives the parts of an invocation as they occur, for a tool that shows them.
///
/// [`Invocation::observer`](crate::Invocation::observer) and [`RuntimeApi::stream_observed`](crate::RuntimeApi::stream_observed) take an
/// observer. Every method does nothing by default. The Runtime API calls them while it handles the invocation, so that they must not
/// block.
///
/// The calls have this order: [`event`](Self::event), [`delivered`](Self::delivered), [`reply`](Self::reply), each
/// [`chunk`](Self::chunk) of a streamed reply, and [`end`](Self::end). An invocation that fails ends earlier.
pub trait Observer: Send + Sync {
    /// The event, before the function receives it.
    fn event(&self, event: &Bytes) {
        let _ = event;
    }

    /// The function has received the event.
    fn delivered(&self, delivery: &EventDelivery) {
        let _ = delivery;
    }

    /// The function has sent a reply, or has begun to stream one.
    fn reply(&self, reply: &ObservedReply) {
        let _ = reply;
    }

    /// The function has sent a chunk of a streamed reply, and the front takes it.
    fn chunk(&self, chunk: &Chunk) {
        let _ = chunk;
    }

    /// A streamed reply has ended.
    fn end(&self, end: &StreamEnd) {
        let _ = end;
    }

    /// A client loses data, because settings do not match.
    fn warning(&self, warning: &Warning) {
        let _ = warning;
    }
}

/// The delivery of an event to a function.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventDelivery {
    /// The header `Lambda-Runtime-Aws-Request-Id`.
    pub request_id: String,
    /// The time from the delivery to the deadline.
    pub timeout: Duration,
    /// The time that the function took to start, if this is its first invocation and its start is known.
    pub cold_start: Option<Duration>,
}

/// A reply of a function, or its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObservedReply {
    /// The whole reply.
    Buffered {
        /// The reply, which is JSON behind a front.
        body: Bytes,
        /// The content type of the reply.
        content_type: Option<HeaderValue>,
    },
    /// The reply arrives in chunks. The first ones have the prelude.
    Streamed {
        /// The content type of the reply.
        content_type: Option<HeaderValue>,
    },
    /// The function reported an error.
    Error(FunctionError),
}

/// The observer of an invocation, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Observed(Option<Arc<dyn Observer>>);

impl Observed {
    pub(crate) fn by(observer: Arc<dyn Observer>) -> Self {
        Self(Some(observer))
    }

    /// Calls the observer.
    pub(crate) fn notify(&self, call: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = &self.0 {
            call(&**observer);
        }
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observed").field(&self.0.is_some()).finish()
    }
}
