//! Telemetry of the environment, for extensions that subscribe to it.
//!
//! Sources: [Telemetry API](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html),
//! [Logs API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html).

mod api;
mod buffer;
mod destination;
mod record;
mod subscriber;
mod subscription;
mod time;

use serde_json::json;
use tokio::sync::watch;

use self::subscriber::Subscriber;
pub(super) use self::{
    record::{Record, millis, span},
    subscription::{Api, Subscription},
};
use super::freeze::Freeze;

/// The most records of the initialization that a later subscriber gets.
const MAX_INIT_RECORDS: usize = 1000;

/// The subscribers, and the records that later subscribers get.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    subscribers: Vec<Subscriber>,
    /// The records of the initialization so far.
    init_records: Vec<Record>,
    /// Whether the initialization, and with it the time of subscriptions, is over.
    is_closed: bool,
}

impl Telemetry {
    /// Delivers a record to all subscribers.
    pub(super) fn send(&mut self, record: Record) {
        for subscriber in &self.subscribers {
            subscriber.push(&record);
        }
        if !self.is_closed && self.init_records.len() < MAX_INIT_RECORDS {
            self.init_records.push(record);
        }
    }

    /// Delivers all waiting records without delay.
    pub(super) fn flush(&self) {
        self.subscribers.iter().for_each(Subscriber::flush);
    }

    /// Ends the time of subscriptions.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        self.init_records.clear();
    }

    /// Whether the time of subscriptions is over.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Adds a subscription, unless the extension has the same one.
    pub(super) fn subscribe(&mut self, extension: String, subscription: Subscription, freeze: watch::Receiver<Freeze>) {
        let mut own = self.subscribers.iter().filter(|subscriber| subscriber.extension == extension);
        if own.any(|subscriber| subscriber.subscription == subscription) {
            return;
        }
        let kind = match subscription.schema.api() {
            Api::Logs => "platform.logsSubscription",
            Api::Telemetry => "platform.telemetrySubscription",
        };
        let types: Vec<_> = subscription.streams.iter().map(|stream| stream.name()).collect();
        let content = json!({"name": extension, "state": "Subscribed", "types": types});
        let subscriber = Subscriber::start(extension, subscription, freeze);
        for record in &self.init_records {
            subscriber.push(record);
        }
        self.subscribers.push(subscriber);
        self.send(Record::new(kind, content));
    }

    /// Whether an extension has a subscription with the other API, which excludes this one.
    pub(super) fn has_other_api(&self, extension: &str, api: Api) -> bool {
        let mut own = self.subscribers.iter().filter(|subscriber| subscriber.extension == extension);
        own.any(|subscriber| subscriber.subscription.schema.api() != api)
    }
}
