use std::{fmt, pin::Pin};

/// What ends a host: the signals of the operating system, or a future of the user's own.
#[derive(Default)]
pub struct Shutdown(Option<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Shutdown {
    /// Ends the host when `future` does. It stands in place of the signals, which are then the user's to handle.
    pub fn when(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Some(Box::pin(future)))
    }

    /// Whether the user has set none.
    #[cfg(feature = "lambda")]
    pub(crate) fn is_of_signals(&self) -> bool {
        self.0.is_none()
    }

    /// The future, if the user set one.
    pub(crate) fn own(self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        self.0
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Shutdown(own future)" } else { "Shutdown(signals)" })
    }
}
