//! The function of the tests: an axum app. Its name is unique among the examples of the workspace, which share a folder.

#![allow(clippy::print_stdout, reason = "a test reads the lines")]

use std::{
    convert::Infallible,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{
        StatusCode,
        header::{CONNECTION, UPGRADE},
    },
    response::IntoResponse,
    routing::{get, post},
};
use futures_util::stream;
use hyper_util::rt::TokioIo;
use lodger::{AfterResponse, Lodger};
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    if std::env::var_os("TICKS").is_some() {
        std::thread::spawn(tick);
    }
    let app = Router::new()
        .route("/", get(hello))
        .route("/echo", post(async |body: Bytes| body))
        .route("/process", get(async || std::process::id().to_string()))
        .route("/variable", get(async || std::env::var("GREETING").unwrap_or_default()))
        .route("/slow", get(slow))
        .route("/hang", get(hang))
        .route("/exit", get(exit))
        .route("/after", get(after))
        .route("/stream", get(frames))
        .route("/upgrade", get(upgrade))
        .route("/events", post(async |body: Bytes| body))
        .route("/ws/{route}", post(async |body: Bytes| body))
        .route("/initialization", get(async || std::env::var("AWS_LAMBDA_INITIALIZATION_TYPE").unwrap_or_default()))
        .route("/hooks", get(async || HOOKS.lock().unwrap_or_else(PoisonError::into_inner).trim().to_owned()));
    Lodger::new()
        .before_snapshot(async { called("snapshot ") })
        .after_restore(async { called("restore ") })
        .run(app)
        .await
}

/// The hooks of SnapStart that have run.
static HOOKS: Mutex<String> = Mutex::new(String::new());

fn called(hook: &str) -> Result<(), Infallible> {
    HOOKS.lock().unwrap_or_else(PoisonError::into_inner).push_str(hook);
    Ok(())
}

/// Writes lines, as long as the process is not frozen.
fn tick() {
    loop {
        println!("tick");
        std::thread::sleep(Duration::from_millis(20));
    }
}

async fn hello() -> &'static str {
    println!("hello is called");
    "hello"
}

async fn slow() -> String {
    sleep(Duration::from_millis(500)).await;
    std::process::id().to_string()
}

/// Blocks the thread, so that Lodger cannot cancel the handler.
async fn hang() -> StatusCode {
    std::thread::sleep(Duration::from_secs(60));
    StatusCode::OK
}

async fn exit() -> StatusCode {
    std::process::exit(3)
}

async fn after(after: AfterResponse) -> impl IntoResponse {
    after.run(async {
        if std::env::var_os("BLOCKS").is_some() {
            // The deadline does not cancel it.
            std::thread::sleep(Duration::from_secs(3600));
        }
        sleep(Duration::from_millis(300)).await;
        println!("the work has ended");
    });
    "early"
}

/// Sends the bytes of the client back to it.
async fn upgrade(request: Request) -> impl IntoResponse {
    tokio::spawn(async {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        let (mut from, mut to) = tokio::io::split(TokioIo::new(upgraded));
        let _ = tokio::io::copy(&mut from, &mut to).await;
    });
    (StatusCode::SWITCHING_PROTOCOLS, [(CONNECTION, "upgrade"), (UPGRADE, "echo")])
}

/// Three lines with pauses.
async fn frames() -> Body {
    Body::from_stream(stream::unfold(0, async |number| {
        if number > 0 {
            sleep(Duration::from_millis(100)).await;
        }
        (number < 3).then(|| (Ok::<_, Infallible>(format!("line {number}\n")), number + 1))
    }))
}
