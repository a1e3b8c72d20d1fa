use std::{fmt, pin::Pin};

/// A shutdown of the user's own.
#[cfg_attr(not(any(feature = "lambda", feature = "server")), allow(unreachable_pub))]
pub(crate) type Ending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The reason for a host to end: the signals of the operating system, a future of the user's own, or either.
///
/// By default it is the signals.
#[derive(Default)]
pub struct Shutdown {
    future: Option<Ending>,
    ignores_signals: bool,
}

impl Shutdown {
    /// Ends the host when `future` completes. The signals are then the user's to handle.
    pub fn when(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { future: Some(Box::pin(future)), ignores_signals: true }
    }

    /// Ends the host at a signal, or when `future` completes.
    pub fn when_or_signal(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { future: Some(Box::pin(future)), ignores_signals: false }
    }

    /// Whether signals end the host.
    #[cfg(any(feature = "lambda", feature = "server"))]
    pub(crate) fn hears_signals(&self) -> bool {
        !self.ignores_signals
    }

    /// The user's own future, if there is one.
    #[cfg(any(feature = "lambda", feature = "server"))]
    pub(crate) fn own(self) -> Option<Ending> {
        self.future
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (&self.future, self.ignores_signals) {
            (Some(_), true) => "Shutdown(own future)",
            (Some(_), false) => "Shutdown(own future, signals)",
            (None, _) => "Shutdown(signals)",
        })
    }
}
