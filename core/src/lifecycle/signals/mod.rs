//! The signals of the operating system that end a process: SIGTERM and Ctrl-C.

#[cfg(not(unix))]
mod ctrl_c;
#[cfg(unix)]
mod unix;

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

#[cfg(not(unix))]
pub(crate) use ctrl_c::CtrlC as Signals;
#[cfg(unix)]
pub(crate) use unix::UnixSignals as Signals;

use crate::lifecycle::shutdown::ShutdownFuture;

/// Signals within this time count as one: a supervisor may signal a process and then its group.
#[cfg(any(unix, feature = "server"))]
pub(crate) const SAME_SIGNAL: Duration = Duration::from_secs(1);

impl Signals {
    /// Waits for a signal, or for the user's future if there is one.
    pub(crate) async fn next_or(&mut self, mut shutdown: Option<&mut ShutdownFuture>) {
        let mut next = pin!(self.next());
        poll_fn(|cx| match shutdown.as_mut().map_or(Poll::Pending, |shutdown| shutdown.as_mut().poll(cx)) {
            Poll::Pending => next.as_mut().poll(cx),
            ready => ready,
        })
        .await;
    }
}
