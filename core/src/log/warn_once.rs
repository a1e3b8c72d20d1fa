use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A flag that limits a warning to one line in the life of the process.
#[derive(Debug)]
pub(crate) struct WarnOnce(AtomicBool);

impl WarnOnce {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Returns whether this is the first call.
    pub(crate) fn is_first(&self) -> bool {
        self.is_first_if(|| true)
    }

    /// Returns whether `condition` is true for the first time. After that, `condition` is not called again.
    pub(crate) fn is_first_if(&self, condition: impl FnOnce() -> bool) -> bool {
        !self.0.load(Relaxed) && condition() && !self.0.swap(true, Relaxed)
    }
}
