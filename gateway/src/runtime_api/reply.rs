//! Buffered replies to invocations, and errors.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use tokio::sync::oneshot;

use super::{
    check::{check_invocation_id, reject_id},
    head::RawHead,
    phases::Outcome,
    responses::{ApiResponse, accepted, json, too_large},
    state::{FunctionReply, OpenInvocation, Progress, SharedState},
    stream::stream,
};
use crate::{FunctionError, front::MAX_REPLY};

/// Receives a reply, buffered or streamed.
///
/// # Errors
/// No client waits for the rest of the reply, which closes the connection.
pub(super) async fn respond(
    state: &SharedState,
    id: &str,
    request: Request<&mut Incoming>,
    head: &RawHead,
) -> ApiResponse {
    let Some(mode) = request.headers().get("lambda-runtime-function-response-mode") else {
        return Ok(finish(state, id, None, request).await);
    };
    if mode == "streaming" {
        return stream(state, id, request, head).await;
    }
    state.add_protocol_error(format!("{mode:?} is not a valid response mode"));
    // This completes the invocation.
    let error_type = "Runtime.InvalidResponseModeHeader".to_owned();
    let outcome = || Outcome::error(error_type.as_str());
    if let Some(reply) = take(state, id, outcome).and_then(OpenInvocation::into_awaited) {
        let _ = reply.send(FunctionReply::Error(FunctionError { error_type, body: Bytes::new() }));
    }
    let body = r#"{"errorMessage":"Invalid function response mode","errorType":"InvalidFunctionResponseMode"}"#;
    Ok(json(StatusCode::BAD_REQUEST, body))
}

/// Receives a buffered reply, or an error if there is an `error_type`.
pub(super) async fn finish(
    state: &SharedState,
    id: &str,
    error_type: Option<String>,
    request: Request<&mut Incoming>,
) -> Response<Full<Bytes>> {
    state.lock().begin_response(id);
    if request.headers().get(header::CONTENT_LENGTH).is_none() {
        state.add_protocol_error(format!("the reply to {id} has no content-length"));
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_REPLY).collect().await else {
        // The invocation has failed: a second reply does not count.
        state.lock().close(id, Outcome::failure("Function.ResponseSizeTooLarge"));
        state.add_protocol_error(format!("the reply to {id} is too large or incomplete"));
        return too_large();
    };
    let request = Request::from_parts(parts, ());
    let body = body.to_bytes();
    let outcome = || match &error_type {
        None => Outcome::success(body.len()),
        Some(error_type) => Outcome::error(error_type.as_str()),
    };
    let Some(open) = take(state, id, outcome) else {
        return match (error_type, take_error_sender(state, id)) {
            (Some(error_type), Some(error)) => {
                let _ = error.send(FunctionError { error_type, body });
                accepted()
            }
            _ => reject_id(state, id),
        };
    };
    check_invocation_id(state, open.invocation_id.as_deref(), &request);
    if let Some(reply) = open.into_awaited() {
        let content_type = request.headers().get(header::CONTENT_TYPE).cloned();
        let _ = reply.send(match error_type {
            None => FunctionReply::Buffered { body, content_type },
            Some(error_type) => FunctionReply::Error(FunctionError { error_type, body }),
        });
    }
    accepted()
}

/// Closes the invocation and returns it, unless its reply has begun.
fn take(state: &SharedState, id: &str, outcome: impl FnOnce() -> Outcome) -> Option<OpenInvocation> {
    let mut state = state.lock();
    match state.open.get(id)?.progress {
        Progress::Awaited(_) => state.close(id, outcome()),
        Progress::Streamed(_) => None,
    }
}

/// Returns the channel for an error that the function reports while it streams the reply.
fn take_error_sender(state: &SharedState, id: &str) -> Option<oneshot::Sender<FunctionError>> {
    let mut state = state.lock();
    // Only Managed Instances are known to accept such an error.
    state.slots?;
    match &mut state.open.get_mut(id)?.progress {
        Progress::Awaited(_) => None,
        Progress::Streamed(error) => error.take(),
    }
}
