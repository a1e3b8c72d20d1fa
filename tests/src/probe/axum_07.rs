//! The app as a `Router` of axum 0.7, whose paths have `:name` where those of 0.8 have `{name}`.

use std::net::SocketAddr;

use axum_07::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Path, Query, Request},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use super::{
    EVENTS, HostExtensions, PanicsWhenRead, ProbeRequest, Typed, endless, endless_body, feed, headers, held,
    respond_to, slow,
};

/// Creates the app.
pub fn app() -> Router {
    Router::new()
        .route("/slow/:milliseconds", get(async |Path(milliseconds)| Body::from_stream(slow(milliseconds))))
        .route("/held/:name", get(async |Path(name)| Body::from_stream(held(name))))
        .route("/feed/:count/:milliseconds", get(async |Path((count, pause))| event_stream(count, pause, false)))
        .route("/feed/:count/:milliseconds/fails", get(async |Path((count, pause))| event_stream(count, pause, true)))
        .route("/endless/:name", get(async |Path(name)| endless(name).await))
        .route("/endless/:name/body", get(async |Path(name)| Body::from_stream(endless_body(name))))
        .route("/panic", get(async || -> &'static str { panic!("asked to panic") }))
        .route("/panic/body", get(async || Body::from_stream(PanicsWhenRead)))
        .route("/typed/path/:number", get(async |Path(number): Path<u8>| number.to_string()))
        .route("/typed/query", get(async |Query(Typed { number })| number.to_string()))
        .route("/typed/json", post(async |Json(Typed { number })| number.to_string()))
        .fallback(respond)
}

fn event_stream(count: u32, milliseconds: u64, fails: bool) -> impl IntoResponse {
    ([(CONTENT_TYPE, EVENTS)], Body::from_stream(feed(count, milliseconds, fails)))
}

async fn respond(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let client = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    respond_to(ProbeRequest {
        method: parts.method.to_string(),
        uri: parts.uri.to_string(),
        version: Some(format!("{:?}", parts.version)),
        headers: headers(&parts.headers),
        body: to_bytes(body, 64 << 20).await.unwrap(),
        client: client.map(|client| client.0.ip().to_string()),
        extensions: HostExtensions {
            context: parts.extensions.get().cloned(),
            prefix: parts.extensions.get().cloned(),
            after: parts.extensions.get().cloned(),
        },
    })
    .map(Body::from)
}
