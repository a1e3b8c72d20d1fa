//! Whether an app waits for the body of a request.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether an app has polled a body that had no data yet. The app may poll on another thread than that of the connection.
#[derive(Debug, Default)]
pub(crate) struct BodyDemand(AtomicBool);

impl BodyDemand {
    pub(crate) fn get(&self) -> bool {
        self.0.load(Relaxed)
    }

    pub(crate) fn set(&self, is_waiting: bool) {
        self.0.store(is_waiting, Relaxed);
    }
}
