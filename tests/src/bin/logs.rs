//! Apps that log, as a process of their own: a subscriber is the process's.

use actix_web::{App, HttpResponse, web};
use axum::{Router, body::Body, routing::get};
use bytes::Bytes;
use futures_util::stream;
use tracing::Instrument as _;

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
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    tracing::debug!("still at work");
    tracing::trace!("is of no interest");
    "done"
}

/// Logs what is odd, in spans within the one of the request, one of which is called as that is.
async fn nested() -> &'static str {
    let outer = tracing::info_span!("outer", name = "of a field", number = 1, late = tracing::field::Empty);
    outer.record("late", "two\nlines").record("number", 2);
    let inner = outer
        .in_scope(|| tracing::info_span!(target: "lodger", "request", request_id = "of somebody else", number = 3));
    inner.in_scope(|| tracing::info!(not_a_number = f64::NAN, "\"two\nlines\" \u{0}\u{1b}"));
    "done"
}

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::logs::init()?;
    tracing::info!(target: "test", "early");
    match std::env::var("LOGS").as_deref() {
        Ok("axum") => {
            let router = Router::new()
                .route("/work", get(async || work("axum").await))
                .route("/nested", get(nested))
                .route("/stream", get(async || Body::from_stream(stream())))
                .route("/panic", get(async || -> &'static str { panic!("asked to panic") }));
            lodger::run(router).await
        }
        Ok("actix-web") => {
            lodger::run(|| {
                App::new()
                    .route("/work", web::get().to(async || work("actix-web").await))
                    .route("/nested", web::get().to(nested))
                    .route("/stream", web::get().to(async || HttpResponse::Ok().streaming(stream())))
                    .route("/panic", web::get().to(async || -> HttpResponse { panic!("asked to panic") }))
            })
            .await
        }
        _ => Ok(()),
    }
}
