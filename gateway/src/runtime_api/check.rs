//! Checks of requests that the function sends. A failed check is a protocol error.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;

use super::{responses::json, state::SharedState};

/// Checks that a reply repeats the invocation id.
pub(super) fn check_invocation_id<B>(state: &SharedState, expected: Option<&str>, request: &Request<B>) {
    let received = request.headers().get("lambda-runtime-invocation-id");
    let received = received.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    if expected != received.as_deref() {
        state.add_protocol_error(format!("the reply has the invocation id {received:?} instead of {expected:?}"));
    }
}

/// Returns the error type of a request, and checks that it is a valid one.
pub(super) fn error_type<B>(state: &SharedState, request: &Request<B>) -> String {
    let value = request.headers().get("lambda-runtime-function-error-type");
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    check_error_type(state, value);
    value.to_owned()
}

/// Checks that an error type is `Runtime.Word` or `Function.Word`. AWS replaces all others.
pub(super) fn check_error_type(state: &SharedState, value: &str) {
    let word = value.strip_prefix("Runtime.").or_else(|| value.strip_prefix("Function."));
    let is_valid = word.is_some_and(|word| {
        word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.len() > 1
            && word.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    if !is_valid {
        state.add_protocol_error(format!("{value:?} is not a valid error type"));
    }
}

/// Rejects a reply whose request id has no open invocation.
pub(super) fn reject_id(state: &SharedState, id: &str) -> Response<Full<Bytes>> {
    if state.lock().timed_out.remove(id) {
        return json(StatusCode::GONE, r#"{"errorMessage":"Invoke timeout","errorType":"InvokeTimeout"}"#);
    }
    state.add_protocol_error(format!("the request id {id} of the reply has no open invocation"));
    json(StatusCode::BAD_REQUEST, r#"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#)
}
