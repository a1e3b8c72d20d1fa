//! The runtime of a Lambda function: everything from the start of the process to its end.

mod call;
pub(crate) mod deadline;
pub(crate) mod group;
mod handle;
pub(crate) mod run;
mod slot;
mod snapshot;
pub(crate) mod stop;
mod stream;

use std::{fmt, mem::take, num::NonZeroUsize, sync::Arc, time::Duration};

use lodger_runtime_api::{Client, Error as ApiError, InternalExtension};

use self::{group::SlotGroup, snapshot::Snapshot};
use crate::{
    Error, Settings, Shutdown, SnapshotHooks,
    lambda::{
        EventHandler,
        api_error::{log_lost_report, with_causes},
    },
    lifecycle::{build::catch_build_panic, only_run::OnlyRun, signals::Signals},
    log,
};

/// The default grace period. Lambda waits for half a second, and less if there are other extensions.
const DEFAULT_GRACE: Duration = Duration::from_millis(400);

/// The name of the internal extension. No other extension of the function may have the same name.
const EXTENSION_NAME: &str = "lodger";

/// The runtime of a Lambda function, which receives invocations and answers them with an app.
///
/// There is one slot, or as many slots as `AWS_LAMBDA_MAX_CONCURRENCY` allows invocations at the same time. Each slot polls,
/// calls the app and responds, independently of the others.
///
/// # Example
///
/// ```no_run
/// # use lodger_core::{App, Error, Settings, Shutdown, lambda::Runtime};
/// # async fn run(settings: Settings, build: impl Future<Output = Result<impl App, Error>>) -> Result<(), Error> {
/// let mut runtime = Runtime::new(settings, Shutdown::default())?;
/// let app = runtime.build(build).await?;
/// runtime.run_local(app).await
/// # }
/// ```
pub struct Runtime {
    client: Client,
    settings: Settings,
    shutdown: Shutdown,
    slots: usize,
    /// The group of these slots, if they have started as a part of several.
    group: Option<SlotGroup>,
    /// The time limit for invocations in flight after SIGTERM. `None` if Lambda sends no SIGTERM.
    grace: Option<Duration>,
    /// The extension that makes Lambda send SIGTERM.
    extension: Option<Arc<InternalExtension>>,
    hooks: SnapshotHooks,
    handlers: Handlers,
    /// Prevents a second app of this process from using the same Runtime API.
    only: Arc<OnlyRun>,
}

/// The event handlers. The first one that takes an event handles it.
pub(crate) type Handlers = Vec<Arc<dyn EventHandler>>;

impl Runtime {
    /// Creates a runtime. Sends no request to the Runtime API yet.
    ///
    /// # Errors
    /// The settings contain no address of the Runtime API, or an invalid path; or another `Runtime` of this process uses the
    /// same Runtime API, which would send each invocation to either app.
    pub fn new(mut settings: Settings, shutdown: Shutdown) -> Result<Self, Error> {
        settings.normalize()?;
        let client = new_client(settings.lambda_runtime_api.as_deref())?;
        let wanted = settings.max_concurrency.map_or(1, NonZeroUsize::get);
        let slots = wanted.min(group::MAX_SLOTS);
        if slots < wanted {
            log::warn!("AWS_LAMBDA_MAX_CONCURRENCY is {wanted}; polling for {slots} invocations at the same time");
        }
        let only = Arc::new(OnlyRun::try_new(format!("the Lambda Runtime API at {}", client.address()))?);
        let hooks = SnapshotHooks::default();
        let handlers = Handlers::new();
        Ok(Self { client, settings, shutdown, slots, group: None, grace: None, extension: None, hooks, handlers, only })
    }

    /// Runs `hooks` around the SnapStart snapshot, if the settings say that Lambda takes one.
    ///
    /// The snapshot is taken once all [parts](Self::split) have built their apps, before any of them polls. The hooks run in
    /// the Tokio runtime in which this runtime is split or run.
    ///
    /// A hook that fails or panics is reported to Lambda and ends all parts. Only one part returns the error.
    #[must_use]
    pub fn around_snapshot(mut self, hooks: SnapshotHooks) -> Self {
        self.hooks = hooks;
        self
    }

    /// Passes events to `handler` before the route for events, after the handlers that were added before.
    #[must_use]
    pub fn with_event_handler(mut self, handler: Arc<dyn EventHandler>) -> Self {
        self.handlers.push(handler);
        self
    }

    /// Builds the app. Reports a failure or a panic to Lambda as the reason why the function does not start.
    ///
    /// If several [parts](Self::split) fail, only the first is reported. If the settings ask for SIGTERM, this method first
    /// registers the extension that makes Lambda send the signal.
    ///
    /// # Errors
    /// The error of `build`, which has been reported.
    pub async fn build<T>(&mut self, build: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        if self.settings.sigterm && self.grace.is_none() {
            self.listen_for_sigterm().await;
        }
        let built = catch_build_panic(build).await;
        if let Err(error) = &built
            && self.group.as_ref().is_none_or(SlotGroup::stop)
        {
            log_lost_report(self.client.fail_initialization("Runtime.InitFailed", &format!("{error:?}")).await);
        }
        built
    }

    /// Prepares for SIGTERM. After a failure the function works, but is not notified of its end.
    async fn listen_for_sigterm(&mut self) {
        let grace = self.settings.grace.unwrap_or(DEFAULT_GRACE);
        self.grace = Some(grace);
        if self.shutdown.includes_signals() {
            match Signals::new() {
                Ok(mut signals) => {
                    let mut own = take(&mut self.shutdown).take_future();
                    // This future owns the signals. Once the future is dropped, a signal ends the process again.
                    self.shutdown = Shutdown::from_future(async move {
                        signals.next_or(own.as_mut()).await;
                        log::info!("shutting down: waiting up to {grace:?} for invocations in flight (LODGER_GRACE)");
                    });
                }
                Err(error) => log::warn!("cannot listen for SIGTERM (LODGER_SIGTERM): {error:?}"),
            }
        }
        match self.client.register_extension(EXTENSION_NAME).await {
            Ok(extension) => self.extension = Some(Arc::new(extension)),
            Err(error) => {
                log::warn!("cannot make Lambda send SIGTERM (LODGER_SIGTERM): {}", with_causes(&error));
            }
        }
    }

    /// The number of invocations that are answered at the same time.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Divides the slots into at most `parts` runtimes, for threads that each have an app of their own.
    ///
    /// No part polls before all parts are ready. All parts end once one of them ends or is dropped.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn split(mut self, parts: usize) -> Vec<Self> {
        let parts = parts.clamp(1, self.slots);
        if self.slots == 1 && (self.group.is_some() || !self.settings.snap_start) {
            return vec![self];
        }
        let snapshot = self.snapshot();
        let Self { client, settings, shutdown, slots, group, grace, extension, handlers, only, .. } = self;
        let group = group.unwrap_or_else(|| SlotGroup::new(shutdown, grace, snapshot));
        let part = |(number, group)| Self {
            client: client.sibling(),
            settings: settings.clone(),
            shutdown: Shutdown::default(),
            // The first parts have one slot more each if the slots cannot be divided evenly.
            slots: slots / parts + usize::from(number < slots % parts),
            group: Some(group),
            grace,
            extension: extension.clone(),
            hooks: SnapshotHooks::default(),
            handlers: handlers.clone(),
            only: Arc::clone(&only),
        };
        group.split(parts).into_iter().enumerate().map(part).collect()
    }

    /// The snapshot to be taken, unless another part takes it.
    fn snapshot(&mut self) -> Option<Snapshot> {
        (self.settings.snap_start && self.group.is_none()).then(|| Snapshot {
            client: self.client.sibling(),
            hooks: take(&mut self.hooks),
            extension: self.extension.clone(),
        })
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("client", &self.client)
            .field("settings", &self.settings)
            .field("slots", &self.slots)
            .finish_non_exhaustive()
    }
}

/// Creates the client, which logs retries as Lodger's own lines.
fn new_client(address: Option<&str>) -> Result<Client, Error> {
    let Some(address) = address else {
        return Err(Error::invalid_setting(with_causes(&ApiError::missing_address())));
    };
    // The only cause is an invalid address.
    let client = Client::new(address).map_err(|error| Error::invalid_setting(with_causes(&error)))?;
    Ok(client.on_retry(|message| log::log(tracing::Level::WARN, message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_for_at_most_4096_invocations_at_once() {
        for (wanted, slots) in [(4096, 4096), (4097, 4096), (usize::MAX, 4096)] {
            let settings = Settings {
                lambda_runtime_api: Some(format!("127.0.0.1:1/{wanted}")),
                max_concurrency: NonZeroUsize::new(wanted),
                ..Settings::default()
            };
            assert_eq!(Runtime::new(settings, Shutdown::default()).unwrap().slots(), slots);
        }
    }

    #[test]
    fn a_missing_or_invalid_runtime_api_is_an_invalid_setting() {
        for address in [None, Some("nowhere:x")] {
            let error = new_client(address).unwrap_err();
            assert!(error.is_invalid_setting(), "{error}");
            assert!(error.to_string().contains("AWS_LAMBDA_RUNTIME_API"), "{error}");
        }
    }
}
