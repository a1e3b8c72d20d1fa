//! The signals of the operating system that end a process: SIGTERM and Ctrl-C.

#[cfg(not(unix))]
use std::future::pending;
#[cfg(unix)]
use std::{future::poll_fn, task::Poll};

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Error;

/// They are listened for as long as this lives, and end nothing by themselves from then on.
#[derive(Debug)]
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    /// # Errors
    /// The operating system does not have these signals, or has no handle left for them.
    pub(crate) fn new() -> Result<Self, Error> {
        let listen =
            |kind, name| signal(kind).map_err(|error| Error::new(format!("cannot listen for {name}")).because(error));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt(), "SIGINT")?,
            terminate: listen(SignalKind::terminate(), "SIGTERM")?,
        })
    }

    /// Waits for one.
    pub(crate) async fn next(&mut self) {
        poll_fn(|cx| match self.interrupt.poll_recv(cx) {
            Poll::Ready(_) => Poll::Ready(()),
            Poll::Pending => self.terminate.poll_recv(cx).map(drop),
        })
        .await;
    }
}

/// They are listened for as long as this lives.
#[derive(Debug)]
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// # Errors
    /// The operating system has them not.
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self)
    }

    /// Waits for one.
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    }
}
