//! What a function says apart from invocations: that it could not start, that a snapshot can be taken, and its extensions.
//!
//! Sources: [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html),
//! [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::{
    answer::error_type,
    protocol::{accepted, json as answered},
};
use crate::{
    FunctionError,
    state::{Extension, Inner, State},
};

/// What Lambda takes as the body of one of these: 1 MB.
const MAX_BODY: usize = 1024 * 1024;

/// Takes an error that is in the way of all invocations.
pub(super) async fn error(
    state: &State,
    request: Request<&mut Incoming>,
    what: &str,
    of: impl Fn(&mut Inner) -> &mut Option<FunctionError>,
) -> Response<Full<Bytes>> {
    let error_type = error_type(state, &request);
    let body = body(state, request).await;
    let is_second = {
        let mut inner = state.lock();
        inner.cannot_start = true;
        // Who starts anew registers them anew.
        inner.extensions.clear();
        of(&mut inner).replace(FunctionError { error_type, body }).is_some()
    };
    if is_second {
        state.complain(format!("an error of the {what} was reported twice"));
    }
    state.changed.notify_waiters();
    accepted()
}

/// Answers when the function is to go on from its snapshot.
pub(super) async fn restore_next(state: &State) -> Response<Full<Bytes>> {
    let is_second = std::mem::replace(&mut state.lock().asked_for_restore, true);
    if is_second {
        state.complain("asked twice for what comes after the snapshot".to_owned());
    }
    state.changed.notify_waiters();
    state.when(|inner| inner.is_restored.then_some(())).await;
    Response::default()
}

/// Registers an internal extension, which has no events.
pub(super) async fn register(state: &State, request: Request<&mut Incoming>) -> Response<Full<Bytes>> {
    let name =
        request.headers().get("lambda-extension-name").map(|name| String::from_utf8_lossy(name.as_bytes()).into());
    let name = name.filter(|name: &String| !name.is_empty());
    let body: Value = serde_json::from_slice(&body(state, request).await).unwrap_or_default();
    let Some(name) = name else {
        return refuse(state, "an extension without a name", "Extension.InvalidExtensionName");
    };
    if !body.is_object() {
        return refuse(state, &format!("the registration of {name} is no JSON object"), "InvalidRequestFormat");
    }
    // They may be left out.
    if body.get("events").is_some_and(|events| events.as_array().is_none_or(|events| !events.is_empty())) {
        return refuse(state, &format!("{name} registered for events"), "Extension.InvalidEventType");
    }
    let id = {
        let mut inner = state.lock();
        if inner.polls > 0 {
            Err(("was registered after the first poll", "Extension.RegistrationClosed"))
        } else if inner.extensions.iter().any(|extension| extension.name == name) {
            Err(("was registered twice", "Extension.InvalidExtensionState"))
        } else {
            let id = format!("9b2a4c6e-1f0d-4e3a-8c5b-{:012}", inner.extensions.len() + 1);
            inner.extensions.push(Extension { name: name.clone(), id: id.clone(), is_ready: false });
            Ok(id)
        }
    };
    match id {
        Err((what, error_type)) => refuse(state, &format!("{name} {what}"), error_type),
        Ok(id) => {
            let body = json!({"functionName": "test", "functionVersion": "$LATEST", "handler": "bootstrap"});
            let mut response = answered(StatusCode::OK, body.to_string());
            if let Ok(id) = HeaderValue::try_from(id) {
                response.headers_mut().insert(HeaderName::from_static("lambda-extension-identifier"), id);
            }
            response
        }
    }
}

/// Waits for an event, of which there is none.
pub(super) async fn event_next(state: &State, request: &Request<&mut Incoming>) -> Response<Full<Bytes>> {
    let Some(id) = request.headers().get("lambda-extension-identifier") else {
        return refuse(state, "an extension asked for events without its id", "Extension.MissingExtensionIdentifier");
    };
    let is_known = {
        let mut inner = state.lock();
        let known = inner.extensions.iter_mut().find(|extension| extension.id.as_bytes() == id.as_bytes());
        known.map(|extension| extension.is_ready = true).is_some()
    };
    if !is_known {
        return refuse(state, &format!("there is no extension {id:?}"), "Extension.UnknownExtensionIdentifier");
    }
    // What waited for it may be handed out now.
    state.queued.notify_waiters();
    std::future::pending().await
}

async fn body(state: &State, request: Request<&mut Incoming>) -> Bytes {
    let path = request.uri().path().to_owned();
    match Limited::new(request.into_body(), MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            state.complain(format!("the body to {path} is too large, or was cut off"));
            Bytes::new()
        }
    }
}

fn refuse(state: &State, why: &str, error_type: &str) -> Response<Full<Bytes>> {
    state.complain(why.to_owned());
    answered(StatusCode::FORBIDDEN, json!({"errorMessage": why, "errorType": error_type}).to_string())
}
