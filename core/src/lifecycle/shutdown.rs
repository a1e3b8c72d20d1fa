use std::{fmt, pin::Pin};

/// A future of the user's that begins the shutdown when it completes.
#[cfg_attr(not(any(feature = "lambda", feature = "server")), allow(unreachable_pub))]
pub(crate) type ShutdownFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The events that begin the shutdown of a host: signals of the operating system, a future, or both.
///
/// By default, signals begin the shutdown.
#[derive(Default)]
pub struct Shutdown {
    future: Option<ShutdownFuture>,
    ignores_signals: bool,
}

impl Shutdown {
    /// Begins the shutdown when `future` completes. Lodger does not listen for signals.
    pub fn from_future(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { future: Some(Box::pin(future)), ignores_signals: true }
    }

    /// Begins the shutdown when `future` completes, or at a signal.
    pub fn from_future_or_signals(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { future: Some(Box::pin(future)), ignores_signals: false }
    }

    /// Returns whether signals begin the shutdown.
    #[cfg(any(feature = "lambda", feature = "server"))]
    pub(crate) fn includes_signals(&self) -> bool {
        !self.ignores_signals
    }

    /// Takes the user's future out, if there is one.
    #[cfg(any(feature = "lambda", feature = "server"))]
    pub(crate) fn take_future(self) -> Option<ShutdownFuture> {
        self.future
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (&self.future, self.ignores_signals) {
            (Some(_), true) => "Shutdown(future)",
            (Some(_), false) => "Shutdown(future, signals)",
            (None, _) => "Shutdown(signals)",
        })
    }
}
