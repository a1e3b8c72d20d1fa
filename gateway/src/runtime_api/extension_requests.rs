//! Requests of extensions.
//!
//! Error types that AWS does not document are those of its
//! [emulator](https://github.com/aws/aws-lambda-runtime-interface-emulator).
//!
//! Source: [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    body::read_body,
    extensions::{Rejection, Subscriptions},
    responses::{accepted, json as json_response},
    state::{SharedState, State},
};
use crate::FunctionError;

const IDENTIFIER: HeaderName = HeaderName::from_static("lambda-extension-identifier");
const EVENT_IDENTIFIER: HeaderName = HeaderName::from_static("lambda-extension-event-identifier");
/// The time in which the gateway notices that a connection is closed.
const OLD_POLL_TIMEOUT: Duration = Duration::from_millis(500);
const ACCOUNT_ID: &str = "123456789012";

/// Registers an extension.
pub(super) async fn register(state: &SharedState, request: Request<&mut Incoming>) -> Response<Full<Bytes>> {
    let name = text(request.headers(), "lambda-extension-name");
    let has_account_id = accepts_feature(request.headers(), "accountId");
    let body: Value = serde_json::from_slice(&read_body(state, request).await).unwrap_or_default();
    state.lock().begin_init();
    let registered = add_extension(&mut state.lock(), &name, &body);
    state.changed.notify_waiters();
    let id = match registered {
        Ok(id) => id,
        Err(rejection) => return reject(state, rejection),
    };
    let mut body = state.lock().function.to_json();
    if let (true, Some(body)) = (has_account_id, body.as_object_mut()) {
        body.insert("accountId".to_owned(), ACCOUNT_ID.into());
    }
    with_header(json_response(StatusCode::OK, body.to_string()), IDENTIFIER, &id)
}

/// Adds the extension that `body` describes, and returns its id.
fn add_extension(state: &mut State, name: &str, body: &Value) -> Result<String, Rejection> {
    if name.is_empty() {
        let error = "registered an extension without a name".to_owned();
        return Err(Rejection("Extension.InvalidExtensionName", error));
    }
    let has_keys = |keys: &Value| keys.as_array().is_none_or(|keys| !keys.is_empty());
    if !body.is_object() || body.get("configurationKeys").is_some_and(has_keys) {
        let error = format!("the registration of the extension {name} is not a JSON object with `events`");
        return Err(Rejection("InvalidRequestFormat", error));
    }
    let subscriptions = read_events(body).filter(|events| state.slots.is_none() || !events.invoke);
    let subscriptions = subscriptions.ok_or_else(|| {
        let error = format!("registered the extension {name} for events that do not exist here: {}", body["events"]);
        Rejection("Extension.InvalidEventType", error)
    })?;
    let is_closed = state.is_registration_closed;
    state.extensions.register(name, subscriptions, is_closed)
}

/// Reads the events of a registration. The list may be absent.
fn read_events(body: &Value) -> Option<Subscriptions> {
    let mut subscriptions = Subscriptions::default();
    let Some(events) = body.get("events") else { return Some(subscriptions) };
    for event in events.as_array()? {
        match event.as_str()? {
            "INVOKE" => subscriptions.invoke = true,
            "SHUTDOWN" => subscriptions.shutdown = true,
            _ => return None,
        }
    }
    Some(subscriptions)
}

/// Waits for the next event of an extension. The first call ends its initialization.
pub(super) async fn event_next(state: &SharedState, request: &Request<&mut Incoming>) -> Response<Full<Bytes>> {
    let id = match identifier(request.headers()) {
        Ok(id) => id,
        Err(rejection) => return reject(state, rejection),
    };
    // After a restore, an extension polls on a new connection. Its request may be faster than the end of the old connection.
    let _ = timeout(OLD_POLL_TIMEOUT, wait_for_old_poll(state, &id)).await;
    let begun = {
        let mut state = state.lock();
        state.extensions.begin_poll(&id).map(|()| state.end_phases())
    };
    if let Err(rejection) = begun {
        return reject(state, rejection);
    }
    let poll = WaitingPoll { state, id: &id };
    // This may end the initialization or an invocation, and polls may receive the queued invocations.
    state.queued.notify_waiters();
    state.changed.notify_waiters();
    loop {
        let changed = state.changed.notified();
        let event = {
            let mut state = state.lock();
            state.extensions.take_event(poll.id).map(|event| (event, state.next_event_id()))
        };
        if let Some((event, event_id)) = event {
            // A shutdown waits until its event is delivered.
            state.changed.notify_waiters();
            let response = json_response(StatusCode::OK, event.to_json().to_string());
            let response = with_header(response, IDENTIFIER, poll.id);
            return with_header(response, EVENT_IDENTIFIER, &event_id);
        }
        changed.await;
    }
}

/// Waits until the extension has no other poll.
async fn wait_for_old_poll(state: &SharedState, id: &str) {
    loop {
        let changed = state.changed.notified();
        if !state.lock().extensions.is_polling(id) {
            return;
        }
        changed.await;
    }
}

/// A poll without a response. hyper drops it when the extension closes the connection.
struct WaitingPoll<'a> {
    state: &'a SharedState,
    id: &'a str,
}

impl Drop for WaitingPoll<'_> {
    fn drop(&mut self) {
        self.state.lock().extensions.cancel_poll(self.id);
        self.state.changed.notify_waiters();
    }
}

/// Records an error of an extension. It fails all invocations.
pub(super) async fn error(
    state: &SharedState,
    request: Request<&mut Incoming>,
    is_init: bool,
) -> Response<Full<Bytes>> {
    let error_type = text(request.headers(), "lambda-extension-function-error-type");
    let id = identifier(request.headers());
    let body = read_body(state, request).await;
    let failed = id.and_then(|id| {
        if error_type.is_empty() {
            let error = "reported an error of an extension without its type".to_owned();
            return Err(Rejection("Extension.MissingHeader", error));
        }
        let mut state = state.lock();
        state.extensions.fail(&id, is_init, FunctionError { error_type, body })?;
        state.fail_environment(if is_init { "Extension.InitError" } else { "Extension.ExitError" });
        Ok(())
    });
    match failed {
        Ok(()) => {
            state.changed.notify_waiters();
            accepted()
        }
        Err(rejection) => reject(state, rejection),
    }
}

/// Returns the id of the extension that sent a request.
pub(super) fn identifier(headers: &HeaderMap) -> Result<String, Rejection> {
    let id = text(headers, IDENTIFIER.as_str());
    let error_type = match id.as_str() {
        "" => "Extension.MissingExtensionIdentifier",
        id if !is_uuid(id) => "Extension.InvalidExtensionIdentifier",
        _ => return Ok(id),
    };
    Err(Rejection(error_type, format!("sent a request of an extension with the id {id:?}")))
}

fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn accepts_feature(headers: &HeaderMap, feature: &str) -> bool {
    text(headers, "lambda-extension-accept-feature").split(',').any(|accepted| accepted.trim() == feature)
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

fn with_header(mut response: Response<Full<Bytes>>, name: HeaderName, value: &str) -> Response<Full<Bytes>> {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Rejects a request, which is a protocol error.
pub(super) fn reject(state: &SharedState, rejection: Rejection) -> Response<Full<Bytes>> {
    let Rejection(error_type, error) = rejection;
    let body = json!({"errorMessage": error, "errorType": error_type}).to_string();
    state.add_protocol_error(error);
    json_response(StatusCode::FORBIDDEN, body)
}
