//! The listener, the queue and the handler of records.

use std::future::pending;

use lodger_runtime_api::ExtensionClient;

use crate::{
    Error, FatalError,
    call::call,
    failure::Failures,
    handler::BoxHandler,
    log,
    telemetry::{Api, Batches, Listener, Queue, Record, Subscription},
};

/// Receives records and passes them to a handler.
pub(crate) struct TelemetryTask {
    api: Api,
    pub(crate) schema_version: &'static str,
    pub(crate) queue: Queue,
    batches: Batches,
    handler: BoxHandler<Vec<Record>>,
    failures: Failures,
    // Dropped with the task, which closes the listener.
    _listener: Listener,
}

impl TelemetryTask {
    /// Starts the listener, and subscribes.
    pub(crate) async fn start(
        api: Api,
        handler: BoxHandler<Vec<Record>>,
        subscription: &Subscription,
        client: &mut ExtensionClient,
        failures: &Failures,
    ) -> Result<Self, Error> {
        let stats = &failures.stats;
        let (queue, batches) = Queue::new(subscription.queue_size(), stats.clone());
        let listener = Listener::start(subscription, queue.clone(), stats.clone()).await?;
        let subscribed = api.subscribe(client, subscription, listener.port()).await;
        let (schema_version, status) = subscribed.map_err(|error| Error::api("start the extension", error))?;
        if status != 200 {
            log::warn(format_args!("the platform accepts the subscription with {status}; it may send no records"));
        }
        let failures = failures.clone();
        Ok(Self { api, schema_version, queue, batches, handler, failures, _listener: listener })
    }

    /// Passes batches to the handler, one at a time. Ends only if the handler ends the extension.
    pub(crate) async fn run(&mut self) -> FatalError {
        while let Some(batch) = self.batches.recv().await {
            let count = batch.records.len();
            let handled = call(&mut self.handler, batch.records).await;
            self.failures.stats.add_handled_records(count);
            if let Err(error) = self.failures.report(self.api.handler(), handled) {
                return error;
            }
            drop(batch.place);
        }
        // Not reached: `queue` is a sender.
        pending().await
    }
}
