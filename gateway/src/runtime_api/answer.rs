//! Answers to invocations.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use tokio::sync::oneshot;

use super::{
    protocol::{Closed, accepted, json},
    stream::stream,
    tap::Head,
};
use crate::{
    FunctionError,
    front::MAX_REPLY,
    state::{Answer, Open, Progress, State},
};

/// Takes a reply, whole or streamed.
///
/// # Errors
/// Nobody wants the rest of it, so that the connection is to be closed.
pub(super) async fn respond(
    state: &State,
    id: &str,
    request: Request<&mut Incoming>,
    head: &Head,
) -> Result<Response<Full<Bytes>>, Closed> {
    let Some(mode) = request.headers().get("lambda-runtime-function-response-mode") else {
        return Ok(finish(state, id, None, request).await);
    };
    if mode == "streaming" {
        return stream(state, id, request, head).await;
    }
    state.complain(format!("{mode:?} is no response mode"));
    // The invocation has ended with that.
    if let Some(answer) = take(state, id).and_then(Open::into_awaited) {
        let error_type = "Runtime.InvalidResponseModeHeader".to_owned();
        let _ = answer.send(Answer::Error(FunctionError { error_type, body: Bytes::new() }));
    }
    let body = r#"{"errorMessage":"Invalid function response mode","errorType":"InvalidFunctionResponseMode"}"#;
    Ok(json(StatusCode::BAD_REQUEST, body))
}

/// Takes a whole reply, or an error of this type.
pub(super) async fn finish(
    state: &State,
    id: &str,
    error_type: Option<String>,
    request: Request<&mut Incoming>,
) -> Response<Full<Bytes>> {
    if request.headers().get(header::CONTENT_LENGTH).is_none() {
        state.complain(format!("the answer to {id} came without its length"));
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_REPLY).collect().await else {
        // Nothing else may answer it, and the client gets an error.
        state.lock().open.remove(id);
        state.complain(format!("the answer to {id} is too large, or was cut off"));
        return json(StatusCode::PAYLOAD_TOO_LARGE, r#"{"errorType":"RequestEntityTooLarge"}"#);
    };
    let request = Request::from_parts(parts, ());
    let body = body.to_bytes();
    let Some(open) = take(state, id) else {
        return match (error_type, interrupt(state, id)) {
            (Some(error_type), Some(fail)) => {
                let _ = fail.send(FunctionError { error_type, body });
                accepted()
            }
            _ => nobody_waits(state, id),
        };
    };
    check_echo(state, open.echo.as_deref(), &request);
    if let Some(answer) = open.into_awaited() {
        let content_type = request.headers().get(header::CONTENT_TYPE).cloned();
        let _ = answer.send(match error_type {
            None => Answer::Reply { body, content_type },
            Some(error_type) => Answer::Error(FunctionError { error_type, body }),
        });
    }
    accepted()
}

/// The invocation of this id, if nobody has begun to answer it; it is not open any more.
fn take(state: &State, id: &str) -> Option<Open> {
    let mut inner = state.lock();
    match inner.open.get(id)?.progress {
        Progress::Awaited(_) => inner.open.remove(id),
        Progress::Streamed(_) => None,
    }
}

/// Where an error goes that is reported while a reply is on its way.
fn interrupt(state: &State, id: &str) -> Option<oneshot::Sender<FunctionError>> {
    let mut inner = state.lock();
    // Of no other instances it is known.
    inner.slots?;
    match &mut inner.open.get_mut(id)?.progress {
        Progress::Awaited(_) => None,
        Progress::Streamed(fail) => fail.take(),
    }
}

/// Answers an answer to what is not open.
pub(super) fn nobody_waits(state: &State, id: &str) -> Response<Full<Bytes>> {
    if state.lock().given_up.remove(id) {
        return json(StatusCode::GONE, r#"{"errorMessage":"Invoke timeout","errorType":"InvokeTimeout"}"#);
    }
    state.complain(format!("an answer to {id}, for which nobody waits"));
    json(StatusCode::BAD_REQUEST, r#"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#)
}

/// Looks whether the invocation id came back.
pub(super) fn check_echo<B>(state: &State, echo: Option<&str>, request: &Request<B>) {
    let echoed = request.headers().get("lambda-runtime-invocation-id");
    let echoed = echoed.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    if echo != echoed.as_deref() {
        state.complain(format!("the invocation id came back as {echoed:?} instead of {echo:?}"));
    }
}

/// The type of an error, which has to be `Runtime.Word` or `Function.Word`: AWS replaces all else.
pub(super) fn error_type(state: &State, request: &Request<&mut Incoming>) -> String {
    let value = request.headers().get("lambda-runtime-function-error-type");
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_error_type(value) {
        state.complain(format!("{value:?} is not the type of an error"));
    }
    value.to_owned()
}

pub(super) fn is_error_type(value: &str) -> bool {
    let word = value.strip_prefix("Runtime.").or_else(|| value.strip_prefix("Function."));
    word.is_some_and(|word| {
        word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.len() > 1
            && word.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}
