//! Subscriptions to telemetry.

use std::fmt;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::{
    body::read_body,
    extension_requests::{identifier, reject},
    responses::json as json_response,
    state::{SharedState, State},
    telemetry::{Api, Subscription},
};

/// Subscribes an extension to telemetry.
pub(super) async fn subscribe(state: &SharedState, request: Request<&mut Incoming>, api: Api) -> Response<Full<Bytes>> {
    let extension = identifier(request.headers()).and_then(|id| state.lock().extensions.name(&id));
    let body: Value = serde_json::from_slice(&read_body(state, request).await).unwrap_or_default();
    let extension = match extension {
        Ok(extension) => extension,
        Err(rejection) => return reject(state, rejection),
    };
    let added = add_subscription(&mut state.lock(), &extension, api, &body);
    let Err(error) = added else { return json_response(StatusCode::OK, r#""OK""#) };
    if !matches!(error, SubscriptionError::Version(_)) {
        state.add_protocol_error(format!("the subscription of the extension {extension} is not valid: {error}"));
    }
    error.response(api)
}

fn add_subscription(state: &mut State, extension: &str, api: Api, body: &Value) -> Result<(), SubscriptionError> {
    if state.telemetry.is_closed() {
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
