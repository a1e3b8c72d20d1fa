//! Tokio's clock, which a test of one thread can stop and move on. How busy the machine is does not matter to it then.

use std::{sync::mpsc, time::Duration};

use lodger_tests::raw_api::SOON;
use tokio::{task::spawn_blocking, time};

/// The clock of this thread's runtime, stopped until this is dropped: no timer goes off, so that everything that happens happens
/// without one. After [`SOON`] the timers go off after all, and a test that waits for one can fail.
pub struct Stopped {
    _until_dropped: mpsc::Sender<()>,
}

impl Stopped {
    pub fn stop() -> Self {
        let (until_dropped, is_dropped) = mpsc::channel();
        time::pause();
        // Tokio moves a paused clock on when nothing else can happen, except while something blocks.
        spawn_blocking(move || is_dropped.recv_timeout(SOON));
        Self { _until_dropped: until_dropped }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        time::resume();
    }
}

/// Moves the clock of this thread's runtime on by `by`, and lets it run again.
pub async fn advance(by: Duration) {
    time::pause();
    time::advance(by).await;
    time::resume();
}
