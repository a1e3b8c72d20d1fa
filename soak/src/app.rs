//! The app: axum under `lodger::run`, as a user would write it.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, WebSocketUpgrade},
    http::StatusCode,
    response::{AppendHeaders, IntoResponse, Response},
    routing::{any, get, post},
};
use futures_util::{StreamExt as _, stream};
use lodger::AfterResponse;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::Result;

/// The argument with which the program runs the app.
pub const ARGUMENT: &str = "app";

/// The number of completed works after a response.
static COMPLETED: AtomicU64 = AtomicU64::new(0);

/// Runs the app on the host of the process.
pub async fn run() -> Result<()> {
    let app = Router::new()
        .route("/hello/{number}", get(async |Path(number): Path<u64>| format!("hello {number}")))
        .route("/echo/{number}", post(async |body: Bytes| body))
        .route("/status/{code}/{number}", get(status))
        .route("/cookies/{number}", get(cookies))
        .route("/stream/{frames}/{number}", get(frames))
        .route("/broken/{number}", get(broken))
        .route("/panic/{number}", get(panic))
        .route("/after/{number}", get(after))
        .route("/websocket", any(websocket))
        .route("/stats", get(stats))
        .layer(DefaultBodyLimit::disable());
    Ok(lodger::run(app).await?)
}

async fn status(Path((code, number)): Path<(u16, u64)>) -> (StatusCode, String) {
    (StatusCode::from_u16(code).unwrap_or_default(), format!("status {number}"))
}

async fn cookies(Path(number): Path<u64>) -> impl IntoResponse {
    let cookies = [("set-cookie", format!("a={number}")), ("set-cookie", format!("b={number}; Path=/"))];
    (AppendHeaders(cookies), format!("cookies {number}"))
}

/// Responds with a stream of lines, each in a frame of its own.
async fn frames(Path((frames, number)): Path<(u64, u64)>) -> Body {
    Body::from_stream(stream::iter(0..frames).then(move |frame| async move {
        tokio::task::yield_now().await;
        Ok::<_, Infallible>(format!("{number} {frame}\n"))
    }))
}

/// Responds with a stream that fails after the first frame.
async fn broken(Path(number): Path<u64>) -> Body {
    Body::from_stream(stream::iter([Ok(format!("{number} first\n")), Err("the stream is broken")]))
}

#[allow(clippy::panic, reason = "the soak test sees what a panic of the app does")]
async fn panic(Path(number): Path<u64>) -> Response {
    panic!("panic {number}")
}

async fn after(Path(number): Path<u64>, after: AfterResponse) -> String {
    after.run(async {
        tokio::task::yield_now().await;
        COMPLETED.fetch_add(1, Relaxed);
    });
    format!("after {number}")
}

/// Sends each message back.
async fn websocket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket| {
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                return;
            }
        }
    })
}

/// The number of tasks of the runtime, and of completed works after a response.
async fn stats() -> Json<Value> {
    Json(json!({"tasks": Handle::current().metrics().num_alive_tasks(), "completed": COMPLETED.load(Relaxed)}))
}
