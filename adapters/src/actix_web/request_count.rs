//! The number of requests in flight, so that the log can report whether the end of the grace period cut one off.
//!
//! Each worker has a counter of its own. One counter that all workers write costs a hundredth of a small request.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// The counters of all workers.
#[derive(Clone, Default)]
pub(super) struct RequestCounters(Arc<Mutex<Vec<Arc<AtomicUsize>>>>);

impl RequestCounters {
    /// Adds the counter of a new worker.
    pub(super) fn add_worker(&self) -> WorkerCounter {
        let counter = WorkerCounter::default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&counter.0));
        counter
    }

    pub(super) fn is_any_in_flight(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|count| count.load(Relaxed) > 0)
    }
}

/// The counter of one worker.
#[derive(Default)]
pub(super) struct WorkerCounter(Arc<AtomicUsize>);

impl WorkerCounter {
    /// Counts a request until the result is dropped.
    pub(super) fn count(&self) -> CountedRequest {
        self.0.fetch_add(1, Relaxed);
        CountedRequest(Arc::clone(&self.0))
    }
}

/// A request that is counted as in flight.
pub(super) struct CountedRequest(Arc<AtomicUsize>);

impl Drop for CountedRequest {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
