use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether something that goes for the whole process has been said.
#[derive(Debug)]
pub(crate) struct WarnOnce(AtomicBool);

impl WarnOnce {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Whether it is asked for the first time.
    pub(crate) fn is_first(&self) -> bool {
        self.is_first_if(|| true)
    }

    /// Whether `is_so`, and it is the first time that it is. It is not asked again after that.
    pub(crate) fn is_first_if(&self, is_so: impl FnOnce() -> bool) -> bool {
        !self.0.load(Relaxed) && is_so() && !self.0.swap(true, Relaxed)
    }
}
