//! The clock of tokio, which a test with one thread can stop and advance: a busy machine does not change the result.

use std::{sync::mpsc, time::Duration};

use lodger_tests::wait::SOON;
use tokio::{task::spawn_blocking, time};

/// The stopped clock of this thread's runtime, until this is dropped. No timer fires.
///
/// The clock runs again after [`SOON`], so that a test that waits for a timer fails instead of hanging.
pub struct Stopped {
    _until_dropped: mpsc::Sender<()>,
}

impl Stopped {
    /// Stops the clock.
    pub fn stop() -> Self {
        let (until_dropped, is_dropped) = mpsc::channel();
        time::pause();
        // tokio advances a paused clock when all tasks are idle, except while a blocking task runs.
        spawn_blocking(move || is_dropped.recv_timeout(SOON));
        Self { _until_dropped: until_dropped }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        time::resume();
    }
}

/// Advances the clock of this thread's runtime.
pub async fn advance(by: Duration) {
    time::pause();
    time::advance(by).await;
    time::resume();
}
