//! Replies that are streamed.
//!
//! Source: [Response streaming of custom runtimes](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::{
    answer::{check_echo, is_error_type, nobody_waits},
    protocol::{Closed, accepted, json as answered},
    tap::Head,
};
use crate::{
    Chunk, FunctionError, StreamEnd,
    state::{Answer, Open, Progress, State},
    streamed::Streaming,
};

/// What Lambda takes as a streamed reply: 200 MB.
const MAX_STREAM: usize = 200 * 1024 * 1024;
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const ERROR_BODY: &str = "lambda-runtime-function-error-body";

/// Takes a reply and hands it on as it arrives.
///
/// # Errors
/// Nobody wants the rest of it, so that the connection is to be closed.
pub(super) async fn stream(
    state: &State,
    id: &str,
    request: Request<&mut Incoming>,
    head: &Head,
) -> Result<Response<Full<Bytes>>, Closed> {
    let Some((open, mut failed)) = begin(state, id) else { return Ok(nobody_waits(state, id)) };
    let Open { echo, deadline, timeout, progress: Progress::Awaited(answer) } = open else { return Err(Closed) };
    let mut under_way = UnderWay { state, id, is_told: false };
    check_head(state, id, &request, head);
    check_echo(state, echo.as_deref(), &request);
    let (parts, body) = request.into_parts();

    let ((to_client, chunks), (end, ended)) = (mpsc::channel(1), oneshot::channel());
    let content_type = parts.headers.get(header::CONTENT_TYPE).cloned();
    if answer.send(Answer::Stream(Streaming { content_type, chunks, ended })).is_err() {
        return Err(under_way.unwanted());
    }
    let (mut total, mut trailers) = (0, None);
    loop {
        // The next is read when this one is handed on, so that who does not take it makes the function wait.
        let next = async {
            let frame = match body.frame().await {
                None => return Step::End,
                Some(Err(_)) => return Step::CutOff,
                Some(Ok(frame)) => frame,
            };
            let data = match frame.into_data() {
                Ok(data) => data,
                Err(frame) => return frame.into_trailers().map_or(Step::More, Step::Trailers),
            };
            total += data.len();
            if total > MAX_STREAM {
                return Step::TooLarge;
            }
            if !data.is_empty() && to_client.send(Chunk::now(data)).await.is_err() {
                return Step::Unwanted;
            }
            Step::More
        };
        let step = tokio::select! {
            biased;
            () = to_client.closed() => Step::Unwanted,
            () = tokio::time::sleep_until(deadline) => Step::TimedOut,
            Ok(reported) = &mut failed => Step::FunctionError(reported),
            step = next => step,
        };
        match step {
            Step::More => {}
            Step::Trailers(found) => trailers = Some(found),
            Step::End => break,
            // That it was cut off is told when it is no longer under way.
            Step::CutOff => return Err(Closed),
            Step::Unwanted => return Err(under_way.unwanted()),
            Step::FunctionError(reported) => {
                let _ = end.send(StreamEnd::Failed(reported));
                return Err(under_way.unwanted());
            }
            Step::TimedOut => {
                under_way.is_told = true;
                state.give_up(id);
                let _ = end.send(StreamEnd::Failed(timed_out(timeout)));
                return Ok(nobody_waits(state, id));
            }
            Step::TooLarge => {
                under_way.is_told = true;
                state.complain(format!("the answer to {id} is larger than {MAX_STREAM} bytes"));
                return Ok(answered(StatusCode::PAYLOAD_TOO_LARGE, r#"{"errorType":"RequestEntityTooLarge"}"#));
            }
        }
    }
    under_way.is_told = true;
    drop(under_way);
    let reported = trailers.and_then(|trailers| reported(state, id, &parts.headers, &trailers));
    let _ = end.send(reported.map_or(StreamEnd::Complete, StreamEnd::Failed));
    Ok(accepted())
}

enum Step {
    More,
    Trailers(HeaderMap),
    End,
    CutOff,
    TooLarge,
    TimedOut,
    /// An error, by another request.
    FunctionError(FunctionError),
    /// Nobody reads.
    Unwanted,
}

/// The invocation, if nobody has answered it yet, and what tells of an error in the meantime.
fn begin(state: &State, id: &str) -> Option<(Open, oneshot::Receiver<FunctionError>)> {
    let mut inner = state.lock();
    let open = inner.open.get_mut(id)?;
    if let Progress::Streamed(_) = open.progress {
        return None;
    }
    let (fail, failed) = oneshot::channel();
    let progress = std::mem::replace(&mut open.progress, Progress::Streamed(Some(fail)));
    Some((Open { echo: open.echo.clone(), progress, ..*open }, failed))
}

/// A reply that is on its way. When this is dropped, it is no longer: the server drops it when the connection is closed.
struct UnderWay<'a> {
    state: &'a State,
    id: &'a str,
    is_told: bool,
}

impl UnderWay<'_> {
    fn unwanted(&mut self) -> Closed {
        self.is_told = true;
        Closed
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.state.lock().open.remove(self.id);
        if !self.is_told {
            self.state.complain(format!("the answer to {} was cut off", self.id));
        }
    }
}

fn check_head(state: &State, id: &str, request: &Request<&mut Incoming>, head: &Head) {
    if head.has("content-length") {
        state.complain(format!("the answer to {id} is streamed, and came with a length"));
    }
    let encoding = request.headers().get(header::TRANSFER_ENCODING);
    if encoding.is_none_or(|value| !value.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        state.complain(format!("the answer to {id} is streamed, and came without `transfer-encoding: chunked`"));
    }
}

/// The error that trailers tell of.
fn reported(state: &State, id: &str, headers: &HeaderMap, trailers: &HeaderMap) -> Option<FunctionError> {
    let declared = |name: &str| {
        let values = headers.get_all(header::TRAILER).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|declared| declared.trim().eq_ignore_ascii_case(name))
    };
    for name in trailers.keys() {
        if ![ERROR_TYPE, ERROR_BODY].contains(&name.as_str()) {
            state.complain(format!("the answer to {id} ended with a trailer {name}"));
        } else if !declared(name.as_str()) {
            state.complain(format!("the answer to {id} ended with {name}, which `trailer` does not tell of"));
        }
    }
    let value = |name| trailers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let (error_type, body) = (value(ERROR_TYPE), value(ERROR_BODY));
    if error_type.is_none() && body.is_none() {
        return None;
    }
    let error_type = error_type.unwrap_or_default();
    if !is_error_type(&error_type) {
        state.complain(format!("{error_type:?} is not the type of an error"));
    }
    let body = body.and_then(|body| STANDARD.decode(body).ok()).filter(|body| is_error(body));
    if body.is_none() {
        state.complain(format!(
            "the trailer {ERROR_BODY} of {id} is no base64 of `errorType` and `errorMessage` as JSON"
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
