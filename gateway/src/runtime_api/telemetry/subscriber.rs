//! The delivery of the records of one subscription.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinHandle, time::timeout};

use super::{
    buffer::Buffer,
    record::Record,
    subscription::{Destination, Schema, Stream, Subscription},
};
use crate::runtime_api::freeze::Freeze;

/// The attempts to deliver a batch, and the pause after the first one, which doubles after each.
const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The timeout of an attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);

/// A subscription, and the task that delivers its records. The drop ends the task.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) extension: String,
    pub(super) subscription: Subscription,
    buffer: Arc<Buffer>,
    task: JoinHandle<()>,
}

impl Subscriber {
    /// Starts the delivery, in the current tokio runtime. It pauses while the environment is frozen.
    pub(super) fn start(extension: String, subscription: Subscription, freeze: watch::Receiver<Freeze>) -> Self {
        let buffer = Arc::new(Buffer::new(subscription.buffering));
        let has_platform = subscription.streams.contains(&Stream::Platform);
        let delivery = Delivery {
            schema: has_platform.then_some(subscription.schema),
            destination: subscription.destination.clone(),
            buffer: Arc::clone(&buffer),
            freeze,
        };
        Self { extension, subscription, buffer, task: tokio::spawn(delivery.run()) }
    }

    pub(super) fn push(&self, record: &Record) {
        if self.subscription.streams.contains(&record.stream())
            && let Some(json) = record.to_json(self.subscription.schema)
        {
            self.buffer.push(json);
        }
    }

    pub(super) fn flush(&self) {
        self.buffer.flush();
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Delivery {
    /// The schema of `platform.logsDropped`, if the subscription includes records of the platform.
    schema: Option<Schema>,
    destination: Destination,
    buffer: Arc<Buffer>,
    freeze: watch::Receiver<Freeze>,
}

impl Delivery {
    async fn run(mut self) {
        loop {
            let (mut batch, dropped) = self.buffer.next_batch().await;
            if dropped.records > 0
                && let Some(schema) = self.schema
            {
                batch.splice(0..0, Record::logs_dropped(dropped.records, dropped.bytes).to_json(schema));
            }
            if !self.deliver(&batch).await {
                self.buffer.drop_batch(&batch);
            }
        }
    }

    /// Delivers a batch, with several attempts. Returns whether the destination has accepted it.
    async fn deliver(&mut self, batch: &[String]) -> bool {
        let (mut attempt, mut pause) = (1, FIRST_PAUSE);
        loop {
            // An error means that the API is gone, and this task ends with it.
            let _ = self.freeze.wait_for(|freeze| *freeze == Freeze::Running).await;
            if matches!(timeout(ATTEMPT_TIMEOUT, self.destination.send(batch)).await, Ok(Ok(()))) {
                return true;
            }
            // A frozen listener cannot respond, so this attempt does not count.
            if *self.freeze.borrow() != Freeze::Running {
                continue;
            }
            if attempt == ATTEMPTS {
                return false;
            }
            tokio::time::sleep(pause).await;
            (attempt, pause) = (attempt + 1, pause * 2);
        }
    }
}
