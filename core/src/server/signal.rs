//! When a server ends: SIGTERM, Ctrl-C, or what the user says.

use std::{future::pending, pin::Pin, time::Duration};

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use crate::{Error, shutdown::Shutdown};

/// Signals that come closer together than this are one.
const SAME_SIGNAL: Duration = Duration::from_secs(1);

pub(super) enum End {
    Own(Pin<Box<dyn Future<Output = ()> + Send>>),
    Signals(Signals),
}

impl End {
    pub(super) fn new(shutdown: Shutdown) -> Result<Self, Error> {
        match shutdown.own() {
            Some(future) => Ok(Self::Own(future)),
            None => Signals::new().map(Self::Signals),
        }
    }

    /// Waits for the end to begin.
    pub(super) async fn begins(&mut self) {
        match self {
            Self::Own(future) => future.await,
            Self::Signals(signals) => signals.next().await,
        }
    }

    /// Waits for somebody to signal once more, who does not want to wait.
    pub(super) async fn insists(&mut self) {
        match self {
            Self::Own(_) => pending().await,
            Self::Signals(signals) => {
                // Supervisors signal the process and its group, which is one signal meant and two received.
                let meant_from = Instant::now() + SAME_SIGNAL;
                loop {
                    signals.next().await;
                    if Instant::now() >= meant_from {
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(unix)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Result<Self, Error> {
        let listen =
            |kind, name| signal(kind).map_err(|error| Error::new(format!("cannot listen for {name}")).because(error));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt(), "SIGINT")?,
            terminate: listen(SignalKind::terminate(), "SIGTERM")?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Result<Self, Error> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    }
}
