//! The shutdown of the process.

use std::time::Duration;

use lodger_core::Shutdown;

use crate::Lodger;

impl Lodger {
    /// Sets the grace period: the timeout of requests in flight at shutdown. The default is 10 seconds, and 0.4 seconds
    /// on Lambda. `LODGER_GRACE` is in seconds, and may have a fraction.
    ///
    /// On Lambda it takes effect with [`sigterm`](Self::sigterm) only. Another signal, a second or more after the first, ends
    /// the process at once: code after `run` does not run.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.settings.grace = Some(grace);
        self
    }

    /// Sets whether Lambda sends SIGTERM before it ends the process, so that `run` returns. The default is no.
    ///
    /// After SIGTERM Lodger polls for no more events, and waits for requests in flight for the [`grace`](Self::grace) period.
    /// A request that takes longer is cancelled like one at its [deadline](Self::deadline_margin): the response is 504, a stream
    /// ends with an error, and any other event fails. Then `run` returns.
    ///
    /// Without this setting Lambda kills an idle process without a signal. Lambda sends SIGTERM only to functions that have an
    /// extension, so Lodger registers an internal one with the name `lodger`. The costs are a request and an open connection at
    /// the start, and the time of the shutdown, up to half a second, which Lambda bills as it does for every extension. After
    /// that time Lambda kills the process. Lambda sends no signal if it kills the process for another reason, such as a timeout.
    ///
    /// If Lambda refuses the registration, Lodger logs a warning, and the function runs without it.
    ///
    /// With [`shutdown`](Self::shutdown) Lodger registers the extension, and your program handles the signal.
    pub fn sigterm(mut self, is_wanted: bool) -> Self {
        self.settings.sigterm = is_wanted;
        self
    }

    /// Shuts down when `shutdown` completes, instead of at SIGTERM or Ctrl-C.
    ///
    /// Lodger does not listen for signals then: use this method if your program listens for them itself.
    ///
    /// On Lambda the shutdown takes effect between two invocations. With [`sigterm`](Self::sigterm) it also cancels requests
    /// in flight after the [`grace`](Self::grace) period.
    pub fn shutdown(mut self, shutdown: impl Future<Output = ()> + Send + 'static) -> Self {
        self.shutdown = Shutdown::from_future(shutdown);
        self
    }

    /// Shuts down when `shutdown` completes, or at SIGTERM or Ctrl-C.
    ///
    /// For a server that ends together with another task of the program: the book
    /// (`docs/src/guides/several_tasks.md` in the repository) has an example.
    ///
    /// On Lambda, SIGTERM counts only with [`sigterm`](Self::sigterm). This method and [`shutdown`](Self::shutdown) replace each
    /// other: the last call wins.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use axum::Router;
    /// # use tokio::sync::oneshot;
    /// # async fn run(stopped: oneshot::Receiver<()>) -> Result<(), lodger::Error> {
    /// lodger::Lodger::new()
    ///     .shutdown_or_signal(async { drop(stopped.await) })
    ///     .run(Router::new())
    ///     .await
    /// # }
    /// ```
    pub fn shutdown_or_signal(mut self, shutdown: impl Future<Output = ()> + Send + 'static) -> Self {
        self.shutdown = Shutdown::from_future_or_signals(shutdown);
        self
    }
}
