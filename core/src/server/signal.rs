//! When a server ends: SIGTERM, Ctrl-C, or what the user says.

use std::{future::pending, pin::Pin, time::Duration};

use tokio::time::Instant;

use crate::{Error, shutdown::Shutdown, signals::Signals};

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
