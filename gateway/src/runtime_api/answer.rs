//! Answers to invocations.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;

use super::protocol::json;
use crate::{
    Outcome, Reported,
    response::MAX_REPLY,
    state::{Open, State},
};

/// Takes a reply, or an error of this type.
pub(super) async fn finish(
    state: &State,
    id: &str,
    error_type: Option<String>,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    if request.headers().get(header::CONTENT_LENGTH).is_none() {
        state.complain(format!("the answer to {id} came without its length"));
    }
    let echoed = request.headers().get("lambda-runtime-invocation-id");
    let echoed = echoed.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let Ok(body) = Limited::new(request.into_body(), MAX_REPLY).collect().await else {
        // The invocation stays open: nothing else may answer it, and the client gets an error.
        state.lock().open.remove(id);
        state.complain(format!("the answer to {id} is too large, or was cut off"));
        return json(StatusCode::PAYLOAD_TOO_LARGE, r#"{"errorType":"RequestEntityTooLarge"}"#);
    };
    let Some(Open { echo, outcome }) = state.lock().open.remove(id) else {
        return nobody_waits(state, id);
    };
    if echo != echoed {
        state.complain(format!("the invocation id came back as {echoed:?} instead of {echo:?}"));
    }
    let body = body.to_bytes();
    let _ = outcome.send(match error_type {
        None => Outcome::Reply(body),
        Some(error_type) => Outcome::Error(Reported { error_type, body }),
    });
    json(StatusCode::ACCEPTED, "{\"status\":\"OK\"}\n")
}

/// Answers an answer to what is not open.
fn nobody_waits(state: &State, id: &str) -> Response<Full<Bytes>> {
    if state.lock().given_up.remove(id) {
        return json(StatusCode::GONE, r#"{"errorMessage":"Invoke timeout","errorType":"InvokeTimeout"}"#);
    }
    state.complain(format!("an answer to {id}, for which nobody waits"));
    json(StatusCode::BAD_REQUEST, r#"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#)
}

/// The type of an error, which has to be `Runtime.Word` or `Function.Word`: AWS replaces all else.
pub(super) fn error_type(state: &State, request: &Request<Incoming>) -> String {
    let value = request.headers().get("lambda-runtime-function-error-type");
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let word = value.strip_prefix("Runtime.").or_else(|| value.strip_prefix("Function."));
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.len() > 1
            && word.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    if !word.is_some_and(is_word) {
        state.complain(format!("{value:?} is not the type of an error"));
    }
    value.to_owned()
}
