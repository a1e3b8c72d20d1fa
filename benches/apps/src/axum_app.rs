//! The app on axum, with more routes than the others: JSON, long texts, streams, threads and ticks.

use std::{sync::LazyLock, thread};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::stream;

use crate::{HELLO, OCTETS, ticks};

/// The longest response.
const MAX: usize = 6 << 20;

static BYTES: LazyLock<Bytes> = LazyLock::new(|| crate::bytes(MAX).into());
static TEXT: LazyLock<Bytes> = LazyLock::new(|| "The quick brown fox. ".bytes().cycle().take(MAX).collect());
static FRAME: Bytes = Bytes::from_static(&[b'f'; 1024]);

/// The app.
pub fn app() -> Router {
    Router::new()
        .route("/hello", get(async || HELLO))
        .route("/text", post(async |text: String| text))
        .route("/bytes", post(async |bytes: Bytes| ([(CONTENT_TYPE, OCTETS)], bytes)))
        .route("/bytes/{count}", get(async |Path(count): Path<usize>| octets(BYTES.slice(..count.min(MAX)))))
        .route("/json", post(json))
        .route("/text/{count}", get(async |Path(count): Path<usize>| text(TEXT.slice(..count.min(MAX)))))
        .route("/frames/{count}", get(frames))
        .route("/threads", get(async || threads(false).await))
        .route("/threads/yield", get(async || threads(true).await))
        .route("/ticks", get(async || ticks::report()))
        .layer(DefaultBodyLimit::disable())
}

fn octets(bytes: Bytes) -> Response {
    ([(CONTENT_TYPE, OCTETS)], bytes).into_response()
}

fn text(text: Bytes) -> Response {
    ([(CONTENT_TYPE, "text/plain")], text).into_response()
}

/// Parses JSON, and writes it again.
async fn json(body: Bytes) -> Result<Response, StatusCode> {
    let value: serde_json::Value = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let body = serde_json::to_vec(&value).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// Responds with a stream of frames of 1 KB.
async fn frames(Path(count): Path<usize>) -> Body {
    Body::from_stream(stream::iter((0..count).map(|_| Ok::<_, std::io::Error>(FRAME.clone()))))
}

/// The thread of the handler, twice. Other tasks may run in between.
async fn threads(yields: bool) -> String {
    let before = thread::current().id();
    if yields {
        tokio::task::yield_now().await;
    }
    format!("{before:?} {:?}", thread::current().id())
}
