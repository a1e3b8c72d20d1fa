use std::{fmt, sync::Arc, time::Duration};

use crate::{
    Error, HandlerError, InvokeEvent, ShutdownEvent, Stats,
    failure::Failures,
    handler::{BoxHandler, Handler, boxed},
    telemetry::{Record, Subscription},
};

/// An extension that is not registered yet.
///
/// # Example
///
/// An extension that prints the log lines of the function:
///
/// ```no_run
/// use lodger_extension::{Extension, telemetry::{Record, TelemetryEvent}};
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), lodger_extension::Error> {
///     Extension::new()
///         .on_telemetry(async |records: Vec<Record>| {
///             for record in &records {
///                 if let Ok(TelemetryEvent::Function(line)) = record.event() {
///                     println!("{line:?}");
///                 }
///             }
///         })
///         .run()
///         .await
/// }
/// ```
#[must_use = "does nothing until `run` or `register` is called"]
pub struct Extension {
    pub(crate) name: Option<String>,
    pub(crate) is_internal: bool,
    pub(crate) address: Option<String>,
    pub(crate) on_invoke: Option<BoxHandler<InvokeEvent>>,
    pub(crate) on_shutdown: Option<BoxHandler<ShutdownEvent>>,
    pub(crate) on_telemetry: Option<BoxHandler<Vec<Record>>>,
    pub(crate) on_logs: Option<BoxHandler<Vec<Record>>>,
    pub(crate) subscription: Subscription,
    pub(crate) drain_timeout: Duration,
    pub(crate) failures: Failures,
}

impl Default for Extension {
    fn default() -> Self {
        Self::new()
    }
}

impl Extension {
    /// Creates an external extension: a process of its own, which Lambda starts from `/opt/extensions`.
    pub fn new() -> Self {
        Self {
            name: None,
            is_internal: false,
            address: None,
            on_invoke: None,
            on_shutdown: None,
            on_telemetry: None,
            on_logs: None,
            subscription: Subscription::default(),
            drain_timeout: Duration::from_secs(1),
            failures: Failures { stats: Stats::default(), on_error: None },
        }
    }

    /// Creates an internal extension: a part of the function's process.
    ///
    /// Call [`register`](Self::register) before the runtime polls for the first invocation, and run the result in a task.
    /// An internal extension receives no SHUTDOWN event: Lambda rejects a registration for it, and sends SIGTERM to the process
    /// instead. [`run`](crate::RegisteredExtension::run) therefore ends only with an error. On Managed Instances an internal extension
    /// receives no events at all.
    ///
    /// Log lines of an internal extension are log lines of the function. If it subscribes to
    /// [`Stream::Function`](crate::telemetry::Stream::Function), its handler must not log a line for each record.
    ///
    /// `name` is not the file name of an external extension. It consists of ASCII letters, digits, `.`, `_` and `-`.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use lodger_extension::{Extension, InvokeEvent};
    ///
    /// # async fn start() -> Result<(), lodger_extension::Error> {
    /// let extension = Extension::internal("request-log")
    ///     .on_invoke(async |event: InvokeEvent| println!("{}", event.request_id))
    ///     .register()
    ///     .await?;
    /// tokio::spawn(extension.run());
    /// // Start the runtime here.
    /// # Ok(())
    /// # }
    /// ```
    pub fn internal(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), is_internal: true, ..Self::new() }
    }

    /// Sets the name. The default is the file name of the executable, which Lambda requires of external extensions.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the address of the Extensions API: a host and a port. The default is the value of `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// Sets the handler of invocations, and registers the extension for INVOKE.
    ///
    /// The invocation does not end before the handler returns: its time counts as time of the function. At the deadline of the
    /// invocation the handler is cancelled. Managed Instances reject extensions that register for INVOKE.
    pub fn on_invoke<M: 'static>(mut self, handler: impl Handler<InvokeEvent, M>) -> Self {
        self.on_invoke = Some(boxed(handler));
        self
    }

    /// Sets the handler of the end of the environment. It is called after the handler of telemetry has received the rest of the
    /// records, and is cancelled shortly before the deadline.
    ///
    /// An external extension is registered for SHUTDOWN with and without this handler.
    pub fn on_shutdown<M: 'static>(mut self, handler: impl Handler<ShutdownEvent, M>) -> Self {
        self.on_shutdown = Some(boxed(handler));
        self
    }

    /// Sets the handler of records of the Telemetry API, and subscribes the extension.
    ///
    /// The handler receives one batch at a time, in the order in which Lambda sends them. It runs while the function and the
    /// other handlers run.
    pub fn on_telemetry<M: 'static>(mut self, handler: impl Handler<Vec<Record>, M>) -> Self {
        self.on_telemetry = Some(boxed(handler));
        self
    }

    /// Sets the handler of records of the Logs API, and subscribes the extension.
    ///
    /// The [Telemetry API](Self::on_telemetry) supersedes the Logs API. Lambda rejects a subscription to both. Managed Instances
    /// have no Logs API.
    pub fn on_logs<M: 'static>(mut self, handler: impl Handler<Vec<Record>, M>) -> Self {
        self.on_logs = Some(boxed(handler));
        self
    }

    /// Sets the function that receives the errors and panics of handlers. They are logged with and without this function, and
    /// so is a panic of this function.
    pub fn on_error(mut self, report: impl Fn(&HandlerError) + Send + Sync + 'static) -> Self {
        self.failures.on_error = Some(Arc::new(report));
        self
    }

    /// Sets the streams, the buffering and the listener of the subscription to telemetry or logs.
    pub fn subscription(mut self, subscription: Subscription) -> Self {
        self.subscription = subscription;
        self
    }

    /// Limits the time for which an invocation waits until the records that have arrived are handled. The default is 1 second.
    ///
    /// The extension polls for the next event after that. Lambda then freezes the process, and a request to a collector of logs
    /// would be interrupted. The limit keeps a slow collector from slowing down every invocation. Applies to extensions with a
    /// handler of [invocations](Self::on_invoke).
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain_timeout = timeout;
        self
    }

    /// The counters of the extension.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.failures.stats.clone()
    }

    /// Registers the extension, and handles events until Lambda ends the environment.
    ///
    /// # Errors
    /// As [`register`](Self::register) and [`RegisteredExtension::run`](crate::RegisteredExtension::run).
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn run(self) -> Result<(), Error> {
        self.register().await?.run().await
    }
}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extension")
            .field("name", &self.name)
            .field("is_internal", &self.is_internal)
            .field("subscription", &self.subscription)
            .finish_non_exhaustive()
    }
}
