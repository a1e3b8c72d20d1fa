//! Streamed replies to invocations.
//!
//! Source: [Response streaming of custom runtimes](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{
    check::{check_error_type, check_invocation_id, reject_id},
    head::RawHead,
    phases::Outcome,
    responses::{ApiResponse, UnwantedReply, accepted, too_large},
    state::{FunctionReply, OpenInvocation, Progress, SharedState},
};
use crate::{Chunk, FunctionError, StreamEnd, observer::Observed, streamed::Streaming};

/// Lambda's limit for a streamed reply: 200 MB.
const MAX_STREAM: usize = 200 * 1024 * 1024;
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const ERROR_BODY: &str = "lambda-runtime-function-error-body";

/// Receives a streamed reply and passes it on as it arrives.
///
/// # Errors
/// No client waits for the rest of the reply, which closes the connection.
pub(super) async fn stream(
    state: &SharedState,
    id: &str,
    request: Request<&mut Incoming>,
    head: &RawHead,
) -> ApiResponse {
    let Some((open, errors)) = begin(state, id) else { return Ok(reject_id(state, id)) };
    let OpenInvocation { invocation_id, deadline, timeout, progress: Progress::Awaited(reply) } = open else {
        return Err(UnwantedReply);
    };
    let mut guard = OpenStream { state, id, has_ended: false, outcome: Outcome::failure("Runtime.TruncatedResponse") };
    check_head(state, id, &request, head);
    check_invocation_id(state, invocation_id.as_deref(), &request);
    let (parts, body) = request.into_parts();

    // The caller of the invocation sets the observer.
    let observed = Observed::default();
    let ((to_client, chunks), (end, ended)) = (mpsc::channel(1), oneshot::channel());
    let content_type = parts.headers.get(header::CONTENT_TYPE).cloned();
    if reply.send(FunctionReply::Streamed(Streaming { content_type, chunks, ended, observed })).is_err() {
        guard.has_ended = true;
        return Err(UnwantedReply);
    }
    let (received, total) = receive(body, &to_client, errors, deadline).await;
    // The drop of the guard reports an incomplete reply. All other ends are handled here.
    guard.has_ended = !matches!(received, Received::Incomplete);
    match received {
        Received::Complete(trailers) => {
            let error = trailers.and_then(|trailers| trailer_error(state, id, &parts.headers, &trailers));
            guard.outcome = match &error {
                None => Outcome::success(total),
                Some(error) => Outcome::error(error.error_type.as_str()),
            };
            drop(guard);
            let _ = end.send(error.map_or(StreamEnd::Complete, StreamEnd::Failed));
            Ok(accepted())
        }
        Received::Incomplete | Received::Unwanted => Err(UnwantedReply),
        Received::Error(error) => {
            guard.outcome = Outcome::error(error.error_type.as_str());
            let _ = end.send(StreamEnd::Failed(error));
            Err(UnwantedReply)
        }
        Received::TimedOut => {
            state.time_out(id);
            let _ = end.send(StreamEnd::Failed(timed_out(timeout)));
            Ok(reject_id(state, id))
        }
        Received::TooLarge => {
            state.add_protocol_error(format!("the reply to {id} is larger than {MAX_STREAM} bytes"));
            Ok(too_large())
        }
    }
}

/// The end of a streamed body.
enum Received {
    Complete(Option<HeaderMap>),
    /// The function closed the connection.
    Incomplete,
    TooLarge,
    TimedOut,
    /// The function reported an error with another request.
    Error(FunctionError),
    /// No client reads the reply.
    Unwanted,
}

/// Passes the chunks of a body on to the client. Returns the end, and the number of bytes.
///
/// The channel holds one chunk: a client that does not read makes the function wait.
async fn receive(
    body: &mut Incoming,
    to_client: &mpsc::Sender<Chunk>,
    mut errors: oneshot::Receiver<FunctionError>,
    deadline: Instant,
) -> (Received, usize) {
    let (mut total, mut trailers) = (0, None);
    let all = async {
        loop {
            let frame = match body.frame().await {
                None => return Received::Complete(trailers),
                Some(Err(_)) => return Received::Incomplete,
                Some(Ok(frame)) => frame,
            };
            let data = match frame.into_data() {
                Ok(data) => data,
                Err(frame) => {
                    trailers = frame.into_trailers().ok();
                    continue;
                }
            };
            total += data.len();
            if total > MAX_STREAM {
                return Received::TooLarge;
            }
            if !data.is_empty() && to_client.send(Chunk::now(data)).await.is_err() {
                return Received::Unwanted;
            }
        }
    };
    let received = tokio::select! {
        biased;
        () = to_client.closed() => Received::Unwanted,
        () = tokio::time::sleep_until(deadline) => Received::TimedOut,
        Ok(error) = &mut errors => Received::Error(error),
        received = all => received,
    };
    (received, total)
}

/// Marks the reply to an invocation as streamed, unless it has begun already.
///
/// The receiver gets an error that the function reports with another request.
fn begin(state: &SharedState, id: &str) -> Option<(OpenInvocation, oneshot::Receiver<FunctionError>)> {
    let mut state = state.lock();
    state.begin_response(id);
    let open = state.open.get_mut(id)?;
    if let Progress::Streamed(_) = open.progress {
        return None;
    }
    let (sender, errors) = oneshot::channel();
    let progress = std::mem::replace(&mut open.progress, Progress::Streamed(Some(sender)));
    Some((OpenInvocation { invocation_id: open.invocation_id.clone(), progress, ..*open }, errors))
}

/// An invocation whose reply is streamed. The drop closes the invocation: hyper drops this when the connection closes.
struct OpenStream<'a> {
    state: &'a SharedState,
    id: &'a str,
    has_ended: bool,
    outcome: Outcome,
}

impl Drop for OpenStream<'_> {
    fn drop(&mut self) {
        self.state.lock().close(self.id, self.outcome.clone());
        if !self.has_ended {
            self.state.add_protocol_error(format!("the reply to {} is incomplete", self.id));
        }
    }
}

fn check_head(state: &SharedState, id: &str, request: &Request<&mut Incoming>, head: &RawHead) {
    if head.has("content-length") {
        state.add_protocol_error(format!("the streamed reply to {id} has a content-length"));
    }
    let encoding = request.headers().get(header::TRANSFER_ENCODING);
    if encoding.is_none_or(|value| !value.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        state.add_protocol_error(format!("the streamed reply to {id} has no `transfer-encoding: chunked`"));
    }
}

/// Returns the error in the trailers of a reply, and checks the trailers.
fn trailer_error(state: &SharedState, id: &str, headers: &HeaderMap, trailers: &HeaderMap) -> Option<FunctionError> {
    let is_declared = |name: &str| {
        let values = headers.get_all(header::TRAILER).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|declared| declared.trim().eq_ignore_ascii_case(name))
    };
    for name in trailers.keys() {
        if ![ERROR_TYPE, ERROR_BODY].contains(&name.as_str()) {
            state.add_protocol_error(format!("the reply to {id} has the unknown trailer {name}"));
        } else if !is_declared(name.as_str()) {
            state.add_protocol_error(format!("the header `trailer` of the reply to {id} does not list {name}"));
        }
    }
    let value = |name| trailers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let (error_type, body) = (value(ERROR_TYPE), value(ERROR_BODY));
    if error_type.is_none() && body.is_none() {
        return None;
    }
    let error_type = error_type.unwrap_or_default();
    check_error_type(state, &error_type);
    let body = body.and_then(|body| STANDARD.decode(body).ok()).filter(|body| is_error(body));
    if body.is_none() {
        state.add_protocol_error(format!(
            "the trailer {ERROR_BODY} of the reply to {id} is not base64 of a JSON object with `errorType` and `errorMessage`"
        ));
    }
    Some(FunctionError { error_type, body: body.unwrap_or_default().into() })
}

fn is_error(body: &[u8]) -> bool {
    let error: Value = serde_json::from_slice(body).unwrap_or_default();
    ["errorType", "errorMessage"].iter().all(|name| error.get(name).is_some_and(Value::is_string))
}

fn timed_out(after: Duration) -> FunctionError {
    let message = format!("Task timed out after {:.2} seconds", after.as_secs_f64());
    let body = json!({"errorType": "Sandbox.Timedout", "errorMessage": message}).to_string();
    FunctionError { error_type: "Sandbox.Timedout".to_owned(), body: body.into() }
}
