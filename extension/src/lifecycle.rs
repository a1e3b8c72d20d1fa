//! The events of an extension, one after another.

use std::time::Duration;

use lodger_runtime_api::ExtensionClient;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::{
    Error, FatalError, InvokeEvent, ShutdownEvent,
    call::call,
    event::NextEvent,
    failure::Failures,
    handler::{BoxError, BoxHandler},
    log,
    telemetry::Queue,
};

/// The time that Lambda gives external extensions. Applies if SHUTDOWN has no deadline in the future.
const SHUTDOWN_TIME: Duration = Duration::from_secs(2);
/// The longest time of any event: the longest timeout of a function.
const MAX_TIME: Duration = Duration::from_secs(15 * 60);
/// The time before the deadline at which the handler of SHUTDOWN is cancelled, so that the process can exit.
const EXIT_TIME: Duration = Duration::from_millis(50);
/// The pause after an event that cannot be read.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The handlers of events.
pub(crate) struct Lifecycle {
    pub(crate) on_invoke: Option<BoxHandler<InvokeEvent>>,
    pub(crate) on_shutdown: Option<BoxHandler<ShutdownEvent>>,
    pub(crate) drain_timeout: Duration,
    pub(crate) failures: Failures,
}

impl Lifecycle {
    /// Polls for events and handles them. Returns after SHUTDOWN.
    pub(crate) async fn run(&mut self, client: &mut ExtensionClient, queue: Option<&Queue>) -> Result<(), Error> {
        loop {
            let json = client.next().await.map_err(|error| Error::api("run the extension", error))?;
            match NextEvent::parse(&json) {
                Ok(NextEvent::Invoke(event)) => self.invoke(event, queue).await?,
                Ok(NextEvent::Shutdown(event)) => return Ok(self.shut_down(event, queue).await?),
                Ok(NextEvent::Other(kind)) => log::warn(format_args!("ignored an event of the unknown type {kind:?}")),
                Err(error) => {
                    log::error(format_args!("cannot read an event of Lambda: {error}; polling for the next one"));
                    sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    async fn invoke(&mut self, event: InvokeEvent, queue: Option<&Queue>) -> Result<(), FatalError> {
        let ends_at = event.remaining_time().map(|time| Instant::now() + time.min(MAX_TIME));
        if let Some(handler) = &mut self.on_invoke {
            let called = limited(ends_at, call(handler, event)).await;
            self.failures.report("on_invoke", called.unwrap_or_else(deadline_error))?;
        }
        if let Some(queue) = queue {
            limited(ends_at, timeout(self.drain_timeout, queue.idle())).await;
        }
        Ok(())
    }

    async fn shut_down(&mut self, event: ShutdownEvent, queue: Option<&Queue>) -> Result<(), FatalError> {
        // After the deadline, the process can still handle records until Lambda sends SIGKILL.
        let time = event.remaining_time().filter(|time| !time.is_zero()).unwrap_or(SHUTDOWN_TIME);
        let time = time.min(MAX_TIME).saturating_sub(EXIT_TIME);
        let ends_at = Instant::now() + time;
        if let Some(queue) = queue {
            // The handler of SHUTDOWN needs a part of the time.
            let limit = if self.on_shutdown.is_some() { time / 2 } else { time };
            queue.drain(limit).await;
        }
        if let Some(handler) = &mut self.on_shutdown {
            let called = limited(Some(ends_at), call(handler, event)).await;
            self.failures.report("on_shutdown", called.unwrap_or_else(deadline_error))?;
        }
        Ok(())
    }
}

/// Returns the output of `future`, or `None` at `ends_at`.
async fn limited<T>(ends_at: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match ends_at {
        Some(ends_at) => timeout_at(ends_at, future).await.ok(),
        None => Some(future.await),
    }
}

fn deadline_error() -> Result<(), BoxError> {
    Err("the deadline of the event came before the end of the handler".into())
}
