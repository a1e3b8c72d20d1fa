//! When a server ends: at SIGTERM, at Ctrl-C, or when the user's own future completes.

use std::future::pending;

use tokio::time::Instant;

use crate::{
    Error,
    lifecycle::{
        shutdown::{Ending, Shutdown},
        signals::{SAME_SIGNAL, Signals},
    },
};

pub(crate) struct ShutdownSignal {
    own: Option<Ending>,
    /// `None` if the user handles them.
    signals: Option<Signals>,
}

impl ShutdownSignal {
    pub(crate) fn new(shutdown: Shutdown) -> Result<Self, Error> {
        let signals = shutdown.hears_signals().then(Signals::new).transpose()?;
        Ok(Self { own: shutdown.own(), signals })
    }

    /// Whether a signal has an effect here.
    pub(crate) fn hears_signals(&self) -> bool {
        self.signals.is_some()
    }

    /// Waits for the shutdown to begin.
    pub(crate) async fn begins(&mut self) {
        match (&mut self.signals, &mut self.own) {
            (Some(signals), own) => signals.next_or(own.as_mut()).await,
            (None, Some(own)) => own.await,
            (None, None) => pending().await,
        }
    }

    /// Waits for a signal that is not the one that began the shutdown.
    pub(crate) async fn insists(&mut self) {
        let Some(signals) = &mut self.signals else { return pending().await };
        let meant_from = Instant::now() + SAME_SIGNAL;
        loop {
            signals.next().await;
            if Instant::now() >= meant_from {
                return;
            }
        }
    }

    /// Ends the process, as that signal does by default.
    pub(crate) fn end_process(&self) {
        if let Some(signals) = &self.signals {
            signals.end_process();
        }
    }
}
