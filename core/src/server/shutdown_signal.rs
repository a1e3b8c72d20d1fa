use std::future::pending;

use tokio::time::Instant;

use crate::{
    Error,
    lifecycle::{
        shutdown::{Shutdown, ShutdownFuture},
        signals::{SAME_SIGNAL, Signals},
    },
};

/// The events that begin the shutdown of a server: SIGTERM, Ctrl-C, or the user's future.
pub(crate) struct ShutdownSignal {
    future: Option<ShutdownFuture>,
    /// `None` if the user handles signals.
    signals: Option<Signals>,
}

impl ShutdownSignal {
    pub(crate) fn new(shutdown: Shutdown) -> Result<Self, Error> {
        let signals = shutdown.includes_signals().then(Signals::new).transpose()?;
        Ok(Self { future: shutdown.take_future(), signals })
    }

    /// Returns whether a signal has an effect.
    pub(crate) fn includes_signals(&self) -> bool {
        self.signals.is_some()
    }

    /// Waits for the first event.
    pub(crate) async fn wait(&mut self) {
        match (&mut self.signals, &mut self.future) {
            (Some(signals), future) => signals.next_or(future.as_mut()).await,
            (None, Some(future)) => future.await,
            (None, None) => pending().await,
        }
    }

    /// Waits for another signal. Signals within a second belong to the first one.
    pub(crate) async fn wait_for_second(&mut self) {
        let Some(signals) = &mut self.signals else { return pending().await };
        let earliest = Instant::now() + SAME_SIGNAL;
        loop {
            signals.next().await;
            if Instant::now() >= earliest {
                return;
            }
        }
    }

    /// Ends the process in the same way as the signal does by default.
    pub(crate) fn end_process(&self) {
        if let Some(signals) = &self.signals {
            signals.end_process();
        }
    }
}
