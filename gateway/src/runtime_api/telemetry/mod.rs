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

use std::fmt;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::watch;

pub(super) use self::{
    record::{Record, millis, span},
    subscription::Api,
};
use self::{subscriber::Subscriber, subscription::Subscription};
use super::{
    body::read_body,
    extensions,
    freeze::Freeze,
    responses::json as json_response,
    state::{SharedState, State},
};

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

    /// Adds a subscription, unless the extension has the same one.
    fn subscribe(&mut self, extension: String, subscription: Subscription, freeze: watch::Receiver<Freeze>) {
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
    fn has_other_api(&self, extension: &str, api: Api) -> bool {
        let mut own = self.subscribers.iter().filter(|subscriber| subscriber.extension == extension);
        own.any(|subscriber| subscriber.subscription.schema.api() != api)
    }
}

/// Subscribes an extension to telemetry.
pub(super) async fn subscribe(state: &SharedState, request: Request<&mut Incoming>, api: Api) -> Response<Full<Bytes>> {
    let extension = extensions::identifier(request.headers()).and_then(|id| state.lock().extensions.name(&id));
    let body: Value = serde_json::from_slice(&read_body(state, request).await).unwrap_or_default();
    let extension = match extension {
        Ok(extension) => extension,
        Err(rejection) => return extensions::reject(state, rejection),
    };
    let added = add_subscription(&mut state.lock(), &extension, api, &body);
    let Err(error) = added else { return json_response(StatusCode::OK, r#""OK""#) };
    if !matches!(error, SubscriptionError::Version(_)) {
        state.add_protocol_error(format!("the subscription of the extension {extension} is not valid: {error}"));
    }
    error.response(api)
}

fn add_subscription(state: &mut State, extension: &str, api: Api, body: &Value) -> Result<(), SubscriptionError> {
    if state.telemetry.is_closed {
        return Err(SubscriptionError::Closed);
    }
    let version = body.get("schemaVersion").and_then(Value::as_str).unwrap_or_default();
    if let (Api::Telemetry, Some(versions)) = (api, &state.telemetry_versions)
        && !versions.iter().any(|available| available == version)
    {
        return Err(SubscriptionError::Version(versions.join(" or ")));
    }
    if state.telemetry.has_other_api(extension, api) {
        let problem = "the extension has subscribed with the other one of the Telemetry API and the Logs API";
        return Err(SubscriptionError::Invalid(problem.to_owned()));
    }
    let subscription = Subscription::parse(api, state.slots.is_some(), body).map_err(SubscriptionError::Invalid)?;
    state.telemetry.subscribe(extension.to_owned(), subscription, state.freeze.subscribe());
    Ok(())
}

/// The reason why the API rejects a subscription.
#[derive(Debug)]
enum SubscriptionError {
    /// The initialization is over.
    Closed,
    /// The test has restricted the versions of the schema to these.
    Version(String),
    Invalid(String),
}

impl fmt::Display for SubscriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("subscriptions end with the initialization"),
            Self::Version(versions) => write!(f, "schemaVersion should be {versions}"),
            Self::Invalid(problem) => f.write_str(problem),
        }
    }
}

impl SubscriptionError {
    fn response(&self, api: Api) -> Response<Full<Bytes>> {
        let (status, error_type) = match (self, api) {
            (Self::Closed, Api::Telemetry) => (StatusCode::FORBIDDEN, "Telemetry.SubscriptionClosed"),
            (Self::Closed, Api::Logs) => (StatusCode::FORBIDDEN, "Logs.SubscriptionClosed"),
            (_, Api::Telemetry) => (StatusCode::BAD_REQUEST, "ValidationError"),
            (_, Api::Logs) => (StatusCode::BAD_REQUEST, "Logs.ValidationError"),
        };
        json_response(status, json!({"errorType": error_type, "errorMessage": self.to_string()}).to_string())
    }
}
