//! What a function says to a Runtime API, and what it is answered.

use std::{
    error::Error,
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, time::Instant};

use super::{
    PATIENCE,
    answer::{error_type, finish, respond},
    lifecycle,
    tap::{Head, Tapped},
};
use crate::{
    access::{Hosts, check_origin, forbidden},
    discard::discard,
    state::{HandedOut, Inner, Open, Progress, Queued, State},
};

const RUNTIME: &str = "/2018-06-01/runtime/";
const EXTENSION: &str = "/2020-01-01/extension/";

pub(super) async fn serve(listener: TcpListener, state: Arc<State>, hosts: Arc<Hosts>) {
    // Connections end with the server, so that a function notices.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        // A small answer must not wait for an acknowledgement.
        let _ = socket.set_nodelay(true);
        state.lock().connections += 1;
        let (state, hosts) = (Arc::clone(&state), Arc::clone(&hosts));
        connections.spawn(async move {
            let head = Head::default();
            let service = service_fn(|request| {
                let (state, hosts, head) = (Arc::clone(&state), Arc::clone(&hosts), head.clone());
                async move { answer(&state, &hosts, request, &head).await }
            });
            let socket = TokioIo::new(Tapped::new(socket, head.clone()));
            let _ = http1::Builder::new().serve_connection(socket, service).await;
        });
    }
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub(super) struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody wants the rest of the reply")
    }
}

impl Error for Closed {}

async fn answer(
    state: &State,
    hosts: &Hosts,
    request: Request<Incoming>,
    head: &Head,
) -> Result<Response<Full<Bytes>>, Closed> {
    let refused = check_origin(&request).and_then(|()| hosts.check(&request));
    let (parts, mut body) = request.into_parts();
    let answered = match refused {
        Ok(()) => route(state, Request::from_parts(parts, &mut body), head).await,
        Err(why) => Ok(forbidden(why)),
    };
    if answered.is_ok() {
        discard(body);
    }
    answered
}

async fn route(state: &State, request: Request<&mut Incoming>, head: &Head) -> Result<Response<Full<Bytes>>, Closed> {
    let path = request.uri().path().to_owned();
    let Some(call) = path.strip_prefix(RUNTIME) else {
        return Ok(match (request.method(), path.strip_prefix(EXTENSION)) {
            (&Method::POST, Some("register")) => lifecycle::register(state, request).await,
            (&Method::GET, Some("event/next")) => lifecycle::event_next(state, &request).await,
            _ => unknown(state, &request),
        });
    };
    let snap_start = state.lock().snap_start;
    let parts: Vec<&str> = call.split('/').collect();
    Ok(match (request.method(), parts.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(state).await,
        (&Method::POST, ["invocation", id, "response"]) => return respond(state, id, request, head).await,
        (&Method::POST, ["invocation", id, "error"]) => {
            let error_type = error_type(state, &request);
            finish(state, id, Some(error_type), request).await
        }
        (&Method::POST, ["init", "error"]) => {
            lifecycle::error(state, request, "start", |inner| &mut inner.init_error).await
        }
        (&Method::GET, ["restore", "next"]) if snap_start => lifecycle::restore_next(state).await,
        (&Method::POST, ["restore", "error"]) if snap_start => {
            lifecycle::error(state, request, "restore", |inner| &mut inner.restore_error).await
        }
        _ => unknown(state, &request),
    })
}

async fn next(state: &State) -> Response<Full<Bytes>> {
    {
        let mut inner = state.lock();
        inner.polls += 1;
        if let Some(started) = inner.function_started.take() {
            inner.cold_start = Some(started.elapsed());
        }
        // It was started again.
        inner.cannot_start = false;
        if inner.snap_start && !inner.is_restored {
            inner.complaints.push("polled without having asked what comes after the snapshot".to_owned());
        }
        let busy = inner.waiting + inner.open.len();
        if let Some(slots) = inner.slots.filter(|slots| busy >= *slots) {
            inner.complaints.push(format!("polled with all of {slots} slots busy"));
            let body = r#"{"errorMessage":"Internal Server Error","errorType":"InternalServerError"}"#;
            return json(StatusCode::INTERNAL_SERVER_ERROR, body);
        }
        inner.waiting += 1;
    }
    let mut waiting = Waiting(Some(state));
    loop {
        let queued = state.queued.notified();
        {
            let mut inner = state.lock();
            if inner.slots.is_none() && !inner.open.is_empty() {
                inner.complaints.push("polled before the last invocation was answered".to_owned());
            }
            // Who has given up waiting is not to have it done after all.
            inner.queue.retain(|queued| !queued.answer.is_closed());
            // The start is over when each extension has asked for its events as well.
            let is_started = inner.extensions.iter().all(|extension| extension.is_ready);
            if let Some(queued) = is_started.then(|| inner.queue.pop_front()).flatten() {
                // In one go, as the slot is busy throughout.
                waiting.0 = None;
                inner.waiting -= 1;
                return hand_out(&mut inner, queued);
            }
        }
        queued.await;
    }
}

/// A poll without an answer yet. The server drops it when the function closes its connection.
struct Waiting<'a>(Option<&'a State>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(state) = self.0 {
            state.lock().waiting -= 1;
        }
    }
}

fn hand_out(inner: &mut Inner, queued: Queued) -> Response<Full<Bytes>> {
    let Queued { invocation, answer, handed_out } = queued;
    inner.handed_out += 1;
    let id = format!("8476a536-e9f4-11e8-9739-{:012}", inner.handed_out);
    let timeout = invocation.deadline.or(inner.timeout).unwrap_or(PATIENCE);
    let mut response = Response::new(Full::new(invocation.event));
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + timeout;
    for (name, value) in [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", id.as_str()),
        ("lambda-runtime-deadline-ms", &deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:test"),
        ("lambda-runtime-trace-id", "Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    if inner.slots.is_some() {
        // These are there even where there is nothing to tell.
        for name in ["lambda-runtime-client-context", "lambda-runtime-cognito-identity"] {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(""));
        }
        let name = HeaderName::from_static("lambda-runtime-invocation-id");
        response.headers_mut().insert(name, inner.handed_out.into());
    }
    for (name, value) in &invocation.headers {
        response.headers_mut().insert(name, value.clone());
    }
    let echo = response.headers().get("lambda-runtime-invocation-id");
    let echo = echo.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let deadline = Instant::now() + timeout;
    inner.open.insert(id.clone(), Open { echo, timeout, deadline, progress: Progress::Awaited(answer) });
    let _ = handed_out.send(HandedOut { id, timeout, deadline, cold_start: inner.cold_start.take() });
    response
}

fn unknown(state: &State, request: &Request<&mut Incoming>) -> Response<Full<Bytes>> {
    state.complain(format!("there is no {} {}", request.method(), request.uri()));
    json(StatusCode::NOT_FOUND, "{}")
}

pub(super) fn accepted() -> Response<Full<Bytes>> {
    json(StatusCode::ACCEPTED, "{\"status\":\"OK\"}\n")
}

pub(super) fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
