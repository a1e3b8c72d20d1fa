//! Initialization and restore errors, snapshots, and extensions.
//!
//! Sources: [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html),
//! [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::{
    check::error_type,
    responses::{accepted, json as json_response},
    state::{Extension, SharedState, State},
};
use crate::FunctionError;

/// Lambda's limit for the body of these requests: 1 MB.
const MAX_BODY: usize = 1024 * 1024;

/// Records an error that fails all invocations until the function polls again.
///
/// `name` is for the message about a second error, and `field` selects the place of the error in the state.
pub(super) async fn error(
    state: &SharedState,
    request: Request<&mut Incoming>,
    name: &str,
    field: impl Fn(&mut State) -> &mut Option<FunctionError>,
) -> Response<Full<Bytes>> {
    let error_type = error_type(state, &request);
    let body = read_body(state, request).await;
    let is_second = {
        let mut state = state.lock();
        state.has_failed_to_start = true;
        // A function that starts again registers its extensions again.
        state.extensions.clear();
        field(&mut state).replace(FunctionError { error_type, body }).is_some()
    };
    if is_second {
        state.add_protocol_error(format!("reported {name} twice"));
    }
    state.changed.notify_waiters();
    accepted()
}

/// Responds when the function is restored from its snapshot.
pub(super) async fn restore_next(state: &SharedState) -> Response<Full<Bytes>> {
    let is_second = std::mem::replace(&mut state.lock().has_snapshot, true);
    if is_second {
        state.add_protocol_error("requested the restore of its snapshot twice".to_owned());
    }
    state.changed.notify_waiters();
    state.wait_for(|state| state.is_restored.then_some(())).await;
    Response::default()
}

/// Registers an internal extension, which has no events.
pub(super) async fn register(state: &SharedState, request: Request<&mut Incoming>) -> Response<Full<Bytes>> {
    let name = request.headers().get("lambda-extension-name");
    let name = name.map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned()).unwrap_or_default();
    let body: Value = serde_json::from_slice(&read_body(state, request).await).unwrap_or_default();
    if name.is_empty() {
        return reject(state, "registered an extension without a name", "Extension.InvalidExtensionName");
    }
    if !body.is_object() {
        let error = format!("the registration of the extension {name} is not a JSON object");
        return reject(state, &error, "InvalidRequestFormat");
    }
    // The list may be absent.
    if body.get("events").is_some_and(|events| events.as_array().is_none_or(|events| !events.is_empty())) {
        let error = format!("registered the internal extension {name} for events");
        return reject(state, &error, "Extension.InvalidEventType");
    }
    let added = add_extension(&mut state.lock(), &name);
    match added {
        Ok(id) => {
            let body = json!({"functionName": "test", "functionVersion": "$LATEST", "handler": "bootstrap"});
            let mut response = json_response(StatusCode::OK, body.to_string());
            if let Ok(id) = HeaderValue::try_from(id) {
                response.headers_mut().insert(HeaderName::from_static("lambda-extension-identifier"), id);
            }
            response
        }
        Err((problem, error_type)) => reject(state, &format!("registered the extension {name} {problem}"), error_type),
    }
}

/// Adds an extension and returns its id.
///
/// # Errors
/// The problem and its error type.
fn add_extension(state: &mut State, name: &str) -> Result<String, (&'static str, &'static str)> {
    if state.poll_count > 0 {
        return Err(("after the first poll", "Extension.RegistrationClosed"));
    }
    if state.extensions.iter().any(|extension| extension.name == name) {
        return Err(("twice", "Extension.InvalidExtensionState"));
    }
    let id = format!("9b2a4c6e-1f0d-4e3a-8c5b-{:012}", state.extensions.len() + 1);
    state.extensions.push(Extension { name: name.to_owned(), id: id.clone(), is_ready: false });
    Ok(id)
}

/// Waits forever, because an internal extension has no events.
pub(super) async fn event_next(state: &SharedState, request: &Request<&mut Incoming>) -> Response<Full<Bytes>> {
    let Some(id) = request.headers().get("lambda-extension-identifier") else {
        let error = "requested the events of an extension without its id";
        return reject(state, error, "Extension.MissingExtensionIdentifier");
    };
    let is_known = {
        let mut state = state.lock();
        let known = state.extensions.iter_mut().find(|extension| extension.id.as_bytes() == id.as_bytes());
        known.map(|extension| extension.is_ready = true).is_some()
    };
    if !is_known {
        let error = format!("requested the events of the unknown extension {id:?}");
        return reject(state, &error, "Extension.UnknownExtensionIdentifier");
    }
    // This may end the initialization, and polls may receive the queued invocations.
    state.queued.notify_waiters();
    std::future::pending().await
}

async fn read_body(state: &SharedState, request: Request<&mut Incoming>) -> Bytes {
    let path = request.uri().path().to_owned();
    match Limited::new(request.into_body(), MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            state.add_protocol_error(format!("the body of the request to {path} is too large or incomplete"));
            Bytes::new()
        }
    }
}

fn reject(state: &SharedState, error: &str, error_type: &str) -> Response<Full<Bytes>> {
    state.add_protocol_error(error.to_owned());
    json_response(StatusCode::FORBIDDEN, json!({"errorMessage": error, "errorType": error_type}).to_string())
}
