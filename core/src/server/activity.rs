//! The activity of a connection, from which its timeouts follow.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::Relaxed},
};

use crate::body::BodyDemand;

/// The activity of one connection: the part of a request that it is in, and whether the client makes progress.
///
/// The socket, the service and the bodies of a connection report to it. Each report is a store without a clock: a request has several
/// reports, and almost no connection ever needs its timeouts.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    stage: AtomicU8,
    /// The number of requests so far. The numbers of this type wrap around.
    requests: AtomicUsize,
    /// The number of reads and writes that moved bytes.
    reads: AtomicUsize,
    writes: AtomicUsize,
    /// Whether the server waits for bytes from the client.
    is_read_blocked: AtomicBool,
    /// Whether bytes wait for the client to read.
    is_write_blocked: AtomicBool,
    /// Whether the client has not read a response in time.
    is_abandoned: AtomicBool,
    /// The demand of the app for the body of the last upload.
    demand: Mutex<Arc<BodyDemand>>,
}

/// The part of a request that a connection is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionStage {
    /// No request has begun. Clients may keep such a connection.
    Idle,
    /// Some bytes of a head have come.
    Head,
    /// A request of HTTP/1.1 with a body is being served, and the response has not begun.
    Upload,
    /// A request without a body is being served, or the response has begun.
    Busy,
    /// A request of HTTP/2, or one whose body the server reads even after the response. Bytes from the client may belong to the body or
    /// to a head, until the next request.
    Overlapping,
}

impl Activity {
    pub(crate) fn stage(&self) -> ConnectionStage {
        match self.stage.load(Relaxed) {
            0 => ConnectionStage::Idle,
            1 => ConnectionStage::Head,
            2 => ConnectionStage::Upload,
            3 => ConnectionStage::Busy,
            _ => ConnectionStage::Overlapping,
        }
    }

    fn enter(&self, stage: ConnectionStage) {
        self.stage.store(stage as u8, Relaxed);
    }

    /// Reports bytes from the client.
    pub(crate) fn received(&self, bytes: &[u8]) {
        count(&self.reads);
        self.is_read_blocked.store(false, Relaxed);
        // Some old clients send an empty line after a body.
        if self.stage() == ConnectionStage::Idle && bytes != b"\r\n" {
            self.enter(ConnectionStage::Head);
        }
    }

    /// Reports that the client has not sent more bytes yet.
    pub(crate) fn block_read(&self) {
        self.is_read_blocked.store(true, Relaxed);
    }

    /// Reports bytes to the client.
    pub(crate) fn sent(&self) {
        count(&self.writes);
        self.is_write_blocked.store(false, Relaxed);
    }

    /// Reports bytes that the client does not read yet.
    pub(crate) fn block_write(&self) {
        self.is_write_blocked.store(true, Relaxed);
    }

    /// Reports a request. For an upload it returns the demand that the body has to set.
    pub(crate) fn begin_request(&self, stage: ConnectionStage) -> Option<Arc<BodyDemand>> {
        count(&self.requests);
        self.enter(stage);
        (stage == ConnectionStage::Upload).then(|| {
            let demand = Arc::<BodyDemand>::default();
            *self.lock_demand() = Arc::clone(&demand);
            demand
        })
    }

    /// Reports that the response of a request of HTTP/1.1 has begun. The client may stay silent from now on, even within its body.
    pub(crate) fn begin_response(&self) {
        match self.stage() {
            ConnectionStage::Overlapping => {}
            // A task of the app may read the body after the response.
            ConnectionStage::Upload if self.is_upload_open() => self.enter(ConnectionStage::Overlapping),
            _ => self.enter(ConnectionStage::Busy),
        }
    }

    /// Reports that the response of a request of HTTP/1.1 has ended.
    pub(crate) fn end_response(&self) {
        if self.stage() != ConnectionStage::Overlapping {
            self.enter(ConnectionStage::Idle);
        }
    }

    /// Reports that the client has not read a response in time.
    pub(crate) fn abandon(&self) {
        self.is_abandoned.store(true, Relaxed);
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Relaxed)
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Relaxed)
    }

    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Relaxed)
    }

    pub(crate) fn writes(&self) -> usize {
        self.writes.load(Relaxed)
    }

    pub(crate) fn is_write_blocked(&self) -> bool {
        self.is_write_blocked.load(Relaxed)
    }

    /// Whether the response to an upload has not begun, and the app has neither read the whole body nor dropped it.
    pub(crate) fn is_upload_open(&self) -> bool {
        self.stage() == ConnectionStage::Upload && !self.lock_demand().has_ended()
    }

    /// Whether the app waits for bytes of an upload that the client has not sent.
    pub(crate) fn is_upload_awaited(&self) -> bool {
        self.stage() == ConnectionStage::Upload && self.is_read_blocked.load(Relaxed) && self.lock_demand().is_waiting()
    }

    fn lock_demand(&self) -> MutexGuard<'_, Arc<BodyDemand>> {
        self.demand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds one. Only the task of the connection counts, so that no atomic addition is necessary.
fn count(counter: &AtomicUsize) {
    counter.store(counter.load(Relaxed).wrapping_add(1), Relaxed);
}
