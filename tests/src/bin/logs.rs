//! Apps that log, as a program of its own: a process has only one subscriber. `LOGS` selects the app, `LOGGER` the logger.

use std::{backtrace::Backtrace, env::var, fmt, io};

use actix_web::{App, HttpResponse, web};
use axum::{Router, body::Body, routing::get};
use bytes::Bytes;
use futures_util::stream;
use tracing::Instrument as _;
use tracing_subscriber::{EnvFilter, Layer as _, filter::Targets, fmt as lines, prelude::*};
use warp::Filter as _;

/// A value with which a client could forge a line of another request, and erase a line of the terminal.
const FORGED: &str = "two\nINFO request{request_id=\"of another\"}: logs: forged\r\u{1b}[2K";

struct Forged;
impl fmt::Debug for Forged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FORGED)
    }
}

fn stream() -> impl stream::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    Box::pin(stream::unfold(0, async |number| {
        tokio::task::yield_now().await;
        tracing::info!(number, "a frame");
        (number < 1).then(|| (Ok(Bytes::from_static(b"x")), number + 1))
    }))
}

async fn work(name: &str) -> &'static str {
    tracing::warn!(name, "at work");
    log::info!("by the other crate");
    let elsewhere = async { tracing::info!(is_at_home = false, "elsewhere") };
    tokio::spawn(elsewhere.in_current_span()).await.unwrap();
    // Gives concurrent requests time to log.
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    tracing::debug!("still at work");
    tracing::trace!("below the level");
    "done"
}

/// Logs control characters and numbers without JSON, in a span named like Lodger's own.
async fn nested() -> &'static str {
    let outer = tracing::info_span!("outer", name = "of a field", number = 1, late = tracing::field::Empty);
    outer.record("late", "two\nlines").record("number", 2);
    let inner = outer
        .in_scope(|| tracing::info_span!(target: "lodger", "request", request_id = "of another request", number = 3));
    inner.in_scope(|| tracing::info!(not_a_number = f64::NAN, "\"two\nlines\" \u{0}\u{1b}"));
    "done"
}

/// Logs values with newlines, in each part of a line.
async fn forged() -> &'static str {
    let error: &dyn std::error::Error = &io::Error::other(FORGED);
    let outer = tracing::info_span!("outer", in_span = FORGED, late = tracing::field::Empty);
    outer.record("late", FORGED);
    let backtrace = Backtrace::force_capture();
    outer.in_scope(
        || tracing::info!(text = FORGED, debug = ?Forged, display = %FORGED, error, %backtrace, "message: {FORGED}"),
    );
    log::info!("by the other crate: {FORGED}");
    "done"
}

fn panics<T>() -> T {
    panic!("asked to panic")
}

fn panics_with_lines<T>() -> T {
    panic!("asked to panic: {FORGED}")
}

/// Sets up a logger: Lodger's, another, or none.
fn set_up_logger() -> Result<(), lodger::Error> {
    const FILTER: &str = "logs=debug,tower_http=debug";
    let registry = tracing_subscriber::registry();
    match var("LOGGER").as_deref() {
        Ok("none") => {}
        Ok("env_logger") => env_logger::init(),
        Ok("filter") => registry.with(EnvFilter::new(FILTER)).with(lines::layer()).init(),
        // Each layer has a filter of its own. The result of a filter for spans cannot be cached.
        Ok("filters") => {
            let with_span = lines::layer().with_filter(EnvFilter::new(format!("[other]=debug,{FILTER}")));
            let targets: Targets = FILTER.parse().unwrap();
            registry.with(with_span).with(lines::layer().with_writer(io::sink).with_filter(targets)).init();
        }
        Ok("filtered layer") => registry.with(EnvFilter::new(FILTER)).with(lodger::logs::layer()).init(),
        Ok("own hook") => {
            std::panic::set_hook(Box::new(|_| eprintln!("the app's own hook")));
            lodger::logs::init()?;
        }
        _ => lodger::logs::init()?,
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    set_up_logger()?;
    tracing::info!(target: "test", "early");
    if var("EARLY").is_ok() {
        tracing::info!(target: "test", "{FORGED}");
    }
    match var("LOGS").as_deref() {
        Ok("axum") => {
            let router = Router::new()
                .route("/work", get(async || work("axum").await))
                .route("/nested", get(nested))
                .route("/stream", get(async || Body::from_stream(stream())))
                .route("/panic", get(async || panics::<&'static str>()))
                .route("/panic/lines", get(async || panics_with_lines::<&'static str>()))
                .route("/forged", get(forged));
            lodger::run(router).await
        }
        Ok("actix-web") => {
            lodger::run(|| {
                App::new()
                    .route("/work", web::get().to(async || work("actix-web").await))
                    .route("/nested", web::get().to(nested))
                    .route("/stream", web::get().to(async || HttpResponse::Ok().streaming(stream())))
                    .route("/panic", web::get().to(async || panics::<HttpResponse>()))
                    .route("/panic/lines", web::get().to(async || panics_with_lines::<HttpResponse>()))
                    .route("/forged", web::get().to(forged))
            })
            .await
        }
        Ok("warp") => lodger::run(warp::path!("work").then(async || work("warp").await)).await,
        _ => Ok(()),
    }
}
