use std::{env, fmt, path::Path, sync::Arc, time::Duration};

use lodger_runtime_api::{ExtensionClient, LifecycleEvent, Registration};

use crate::{
    Error, Function, HandlerError, InvokeEvent, RegisteredExtension, ShutdownEvent, Stats,
    failure::Failures,
    handler::{BoxHandler, Handler, boxed},
    lifecycle::Lifecycle,
    log,
    telemetry::{Api, Record, Subscription},
    telemetry_task::TelemetryTask,
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
    name: Option<String>,
    is_internal: bool,
    address: Option<String>,
    on_invoke: Option<BoxHandler<InvokeEvent>>,
    on_shutdown: Option<BoxHandler<ShutdownEvent>>,
    on_telemetry: Option<BoxHandler<Vec<Record>>>,
    on_logs: Option<BoxHandler<Vec<Record>>>,
    subscription: Subscription,
    drain_timeout: Duration,
    failures: Failures,
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
    /// instead. [`run`](RegisteredExtension::run) therefore ends only with an error. On Managed Instances an internal extension
    /// receives no events at all.
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

    /// Sets the function that receives the errors and panics of handlers. They are logged with and without this function.
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
    /// As [`register`](Self::register) and [`RegisteredExtension::run`].
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn run(self) -> Result<(), Error> {
        self.register().await?.run().await
    }

    /// Registers the extension, starts the listener, and subscribes to telemetry.
    ///
    /// # Errors
    /// A setting is invalid, the address of the listener is in use, or Lambda cannot be reached or rejects a request. An error
    /// after the registration is reported to Lambda.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn register(mut self) -> Result<RegisteredExtension, Error> {
        let records = self.take_records_handler()?;
        let registration = self.registration()?;
        let registered = match &self.address {
            Some(address) => ExtensionClient::register_at(address, &registration).await,
            None => ExtensionClient::register(&registration).await,
        };
        let mut client = registered.map_err(|error| Error::api("start the extension", error))?;
        let telemetry = match records {
            Some((api, handler)) => {
                match TelemetryTask::start(api, handler, &self.subscription, &mut client, &self.failures).await {
                    Ok(telemetry) => Some(telemetry),
                    Err(error) => return Err(report_start(&mut client, error).await),
                }
            }
            None => None,
        };
        let function = Function::parse(client.function());
        let lifecycle = Lifecycle {
            on_invoke: self.on_invoke,
            on_shutdown: self.on_shutdown,
            drain_timeout: self.drain_timeout,
            failures: self.failures,
        };
        Ok(RegisteredExtension { client, function, telemetry, lifecycle })
    }

    fn take_records_handler(&mut self) -> Result<Option<RecordsHandler>, Error> {
        let records = match (self.on_telemetry.take(), self.on_logs.take()) {
            (None, None) => return Ok(None),
            (Some(handler), None) => (Api::Telemetry, handler),
            (None, Some(handler)) => (Api::Logs, handler),
            (Some(_), Some(_)) => {
                let message = "an extension cannot subscribe to both APIs; remove `on_logs` or `on_telemetry`";
                return Err(Error::setting(message));
            }
        };
        self.subscription.check()?;
        Ok(Some(records))
    }

    fn registration(&self) -> Result<Registration, Error> {
        if self.is_internal && self.on_shutdown.is_some() {
            let message = "an internal extension receives no SHUTDOWN event; remove `on_shutdown`, and handle SIGTERM";
            return Err(Error::setting(message));
        }
        let name = match &self.name {
            Some(name) => name.clone(),
            None => executable_name()?,
        };
        let invoke = self.on_invoke.is_some().then_some(LifecycleEvent::Invoke);
        let shutdown = (!self.is_internal).then_some(LifecycleEvent::Shutdown);
        Ok(Registration::new(name).events(invoke.into_iter().chain(shutdown)).accept_account_id())
    }
}

/// The handler of records, and the API that sends them.
type RecordsHandler = (Api, BoxHandler<Vec<Record>>);

/// The file name by which Lambda started this process.
fn executable_name() -> Result<String, Error> {
    let path = env::args_os().next().unwrap_or_default();
    let name = Path::new(&path).file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| {
        Error::setting("the executable has no name in UTF-8; set `Extension::name` to its file name in /opt/extensions")
    })
}

/// Reports that the extension cannot start because of `error`, and returns the error.
async fn report_start(client: &mut ExtensionClient, error: Error) -> Error {
    if let Err(lost) = client.fail_initialization("Extension.StartFailed", &error.report()).await {
        log::warn(format_args!("{lost}"));
    }
    error
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
