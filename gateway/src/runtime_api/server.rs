//! The HTTP server of a Runtime API.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::{
    check::error_type,
    extension_requests,
    head::{RawHead, RecordingSocket},
    lifecycle,
    next::next,
    reply::{finish, respond},
    responses::{ApiResponse, json},
    state::SharedState,
    telemetry::Api,
    telemetry_requests,
};
use crate::{
    accept::accept_connection,
    access::{Hosts, check_origin, forbidden},
    discard::discard,
};

const RUNTIME: &str = "/2018-06-01/runtime/";
const EXTENSION: &str = "/2020-01-01/extension/";
const TELEMETRY: &str = "/2022-07-01/telemetry";
const LOGS: &str = "/2020-08-15/logs";

/// Accepts connections of the function and its extensions.
pub(super) async fn serve(listener: TcpListener, state: Arc<SharedState>, hosts: Arc<Hosts>) {
    // Closes all connections when the server is dropped, so that the function notices.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (socket, _) = accept_connection(&listener).await;
        state.lock().connection_count += 1;
        let (state, hosts) = (Arc::clone(&state), Arc::clone(&hosts));
        // Forgets the connections that have ended.
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            let head = RawHead::default();
            let service = service_fn(|request| {
                let (state, hosts, head) = (Arc::clone(&state), Arc::clone(&hosts), head.clone());
                async move { handle(&state, &hosts, request, &head).await }
            });
            let socket = TokioIo::new(RecordingSocket::new(socket, head.clone()));
            let _ = http1::Builder::new().serve_connection(socket, service).await;
        });
    }
}

/// Responds to a request, unless it comes from a web page.
async fn handle(state: &SharedState, hosts: &Hosts, request: Request<Incoming>, head: &RawHead) -> ApiResponse {
    let checked = check_origin(&request).and_then(|()| hosts.check(&request));
    let (parts, mut body) = request.into_parts();
    let response = match checked {
        Ok(()) => route(state, Request::from_parts(parts, &mut body), head).await,
        Err(error) => Ok(forbidden(error)),
    };
    if response.is_ok() {
        discard(body);
    }
    response
}

/// Calls the handler for the method and the path of a request.
async fn route(state: &SharedState, request: Request<&mut Incoming>, head: &RawHead) -> ApiResponse {
    let path = request.uri().path().to_owned();
    let Some(call) = path.strip_prefix(RUNTIME) else {
        return Ok(match (request.method(), path.strip_prefix(EXTENSION)) {
            (&Method::POST, Some("register")) => extension_requests::register(state, request).await,
            (&Method::GET, Some("event/next")) => extension_requests::event_next(state, &request).await,
            (&Method::POST, Some("init/error")) => extension_requests::error(state, request, true).await,
            (&Method::POST, Some("exit/error")) => extension_requests::error(state, request, false).await,
            (&Method::PUT, None) if path.trim_end_matches('/') == TELEMETRY => {
                telemetry_requests::subscribe(state, request, Api::Telemetry).await
            }
            (&Method::PUT, None) if path.trim_end_matches('/') == LOGS => {
                telemetry_requests::subscribe(state, request, Api::Logs).await
            }
            _ => not_found(state, &request),
        });
    };
    let has_snap_start = state.lock().has_snap_start;
    let parts: Vec<&str> = call.split('/').collect();
    Ok(match (request.method(), parts.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(state).await,
        (&Method::POST, ["invocation", id, "response"]) => return respond(state, id, request, head).await,
        (&Method::POST, ["invocation", id, "error"]) => {
            let error_type = error_type(state, &request);
            finish(state, id, Some(error_type), request).await
        }
        (&Method::POST, ["init", "error"]) => {
            lifecycle::error(state, request, "an init error", |state| &mut state.init_error).await
        }
        (&Method::GET, ["restore", "next"]) if has_snap_start => lifecycle::restore_next(state).await,
        (&Method::POST, ["restore", "error"]) if has_snap_start => {
            lifecycle::error(state, request, "a restore error", |state| &mut state.restore_error).await
        }
        _ => not_found(state, &request),
    })
}

fn not_found(state: &SharedState, request: &Request<&mut Incoming>) -> Response<Full<Bytes>> {
    state.add_protocol_error(format!("the API has no {} {}", request.method(), request.uri()));
    json(StatusCode::NOT_FOUND, "{}")
}
