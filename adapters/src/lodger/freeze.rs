//! Hooks before a freeze.

use crate::Lodger;

impl Lodger {
    /// Adds a hook that runs each time before the host may freeze the process.
    ///
    /// For data that is sent in batches, such as spans of OpenTelemetry. Without a hook the process would send them with the
    /// next request or never. Lodger calls `hook` and waits for its future. Hooks run in the order in which they were added.
    ///
    /// | host | call | limit |
    /// |---|---|---|
    /// | Lambda | after each invocation: the response has been sent, [work after the response](crate::AfterResponse) is complete, and the span of the request is closed. Lodger polls for the next invocation afterwards | half a second before the deadline of the invocation ([`deadline_margin`](Self::deadline_margin)). Then Lodger cancels the hook and logs it. After a request that took until then, no time is left for the hook. With [`sigterm`](Self::sigterm), the end of the [`grace`](Self::grace) period cancels the hook too |
    /// | Lambda with concurrent invocations | never: Lambda does not freeze the process | |
    /// | Vercel | after each request, before Lodger reports its end; several calls at once for concurrent requests | the time limit of the function; at shutdown the [`grace`](Self::grace) period |
    /// | server, Lambda Web Functions, Azure Functions | never: the process keeps running | |
    ///
    /// The client does not wait for the hook. The function stays busy, and its time is billed. A panic of the hook is logged.
    /// To send the rest at the end of the process, use code after [`run`](crate::run) in `main`.
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
    ///         // `force_flush` blocks its thread.
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
