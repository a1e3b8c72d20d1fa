//! What is done before the host may freeze the process.

use crate::Lodger;

impl Lodger {
    /// Has `hook` called, after those that were added before, whenever the host may freeze the process next, and waits
    /// for what it gives: for what is sent to others in batches, as spans to OpenTelemetry, which would be sent with the
    /// next request or never.
    ///
    /// | host | when | how long |
    /// |---|---|---|
    /// | Lambda | after each invocation: the response has been sent, [work after it](crate::AfterResponse) is done, and its [span](crate#the-log) closed. The next one is asked for afterwards | until half a second before the end of the invocation's time ([`deadline_margin`](Self::deadline_margin)); it is cancelled then, and the log says so |
    /// | Lambda, several invocations at once | never: there is no freeze | |
    /// | Vercel | likewise after each request, before it is said to be at its end; for several requests several times at once | as long as the function may run; as long as the grace is ([`grace`](Self::grace)) at the end of the process |
    /// | server | never | |
    ///
    /// The client does not wait for it, but the function is billed for it, and busy meanwhile. A panic is a line in the
    /// log. What is still to be sent at the end of the process is for what stands after [`run`](crate::run) in `main`.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use axum::Router;
    /// # #[derive(Clone)] struct Provider;
    /// # impl Provider { fn force_flush(&self) {} }
    /// # async fn run(provider: Provider) -> Result<(), lodger::Error> {
    /// let flushed = provider.clone();
    /// lodger::Lodger::new()
    ///     .before_freeze(move || {
    ///         let provider = flushed.clone();
    ///         // It blocks its thread.
    ///         async { drop(tokio::task::spawn_blocking(move || provider.force_flush()).await) }
    ///     })
    ///     .run(Router::new())
    ///     .await?;
    /// provider.force_flush();
    /// # Ok(())
    /// # }
    /// ```
    pub fn before_freeze<F>(mut self, hook: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.settings.before_freeze.add(hook);
        self
    }
}
