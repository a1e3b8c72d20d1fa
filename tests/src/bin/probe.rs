//! The probe as a program. `PROBE_FRAMEWORK` selects the framework, `PROBE_FAILS` and `PROBE_HOOK_FAILS` a failure.
//! `PROBE_EXTENSION` is the name of an internal extension.

use std::{
    env,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use axum::{Json, Router, extract::Path, routing::get};
use lodger::Lodger;
use lodger_extension::{Extension, InvokeEvent};
use lodger_tests::probe;

async fn hook(name: &'static str) -> Result<(), &'static str> {
    eprintln!("probe: {name}");
    // Lodger's extension polls for its first event during this time.
    tokio::time::sleep(Duration::from_millis(500)).await;
    match env::var("PROBE_HOOK_FAILS") {
        Ok(fails) if fails == name => Err("the database is out of reach"),
        _ => Ok(()),
    }
}

/// Starts an internal extension that prints the ids of invocations.
async fn start_extension(name: String) {
    let extension = Extension::internal(name)
        .on_invoke(async |event: InvokeEvent| println!("internal extension: INVOKE {}", event.request_id));
    tokio::spawn(extension.register().await.expect("the extension cannot register").run());
}

/// An app that shows the thread of a handler, and counts the ticks of a task beside it at the start and at the end of a handler.
fn threads() -> Router {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    static TICKER: LazyLock<tokio::task::JoinHandle<()>> = LazyLock::new(|| {
        tokio::spawn(async {
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                TICKS.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let ticks = async |Path(milliseconds): Path<u64>| {
        assert!(!TICKER.is_finished());
        let before = TICKS.load(Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        Json([before, TICKS.load(Ordering::Relaxed)])
    };
    let thread = async || format!("{:?}", thread::current().id());
    Router::new().route("/thread", get(thread)).route("/ticks/{milliseconds}", get(ticks))
}

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    if let Ok(name) = env::var("PROBE_EXTENSION") {
        start_extension(name).await;
    }
    let lodger = Lodger::new().before_snapshot(hook("before the snapshot")).after_restore(hook("after the restore"));
    match env::var("PROBE_FRAMEWORK").as_deref() {
        Ok("actix-web") => lodger.run(probe::actix_web::app).await?,
        Ok("threads") => lodger.run(threads()).await?,
        Ok("warp") => lodger.run(probe::warp::app()).await?,
        _ => {
            lodger
                .run_with(async || match env::var("PROBE_FAILS").as_deref() {
                    Ok("error") => Err("the database is out of reach"),
                    Ok("panic") => panic!("the database is out of reach"),
                    _ => Ok(probe::app()),
                })
                .await?;
        }
    }
    eprintln!("probe: ended");
    Ok(())
}
