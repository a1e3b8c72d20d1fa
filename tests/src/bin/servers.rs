//! The programs of the porting guide with several servers or background tasks. The variable `SERVERS` selects one.

use std::{future::pending, net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use lodger::Lodger;
use lodger_tests::probe;
use tokio::{net::TcpListener, sync::oneshot, time::sleep};

const FREE: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

fn metrics() -> Router {
    Router::new().route("/metrics", get(async || "requests 1"))
}

async fn metrics_listener() -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(SocketAddr::from(FREE)).await?;
    eprintln!("servers: metrics on {}", listener.local_addr()?);
    Ok(listener)
}

/// Lodger listens for signals. The other server shuts down after Lodger.
async fn one_after_the_other() -> Result {
    let listener = metrics_listener().await?;
    let (end, ended) = oneshot::channel::<()>();
    let metrics = axum::serve(listener, metrics()).with_graceful_shutdown(async { drop(ended.await) });
    let metrics = tokio::spawn(metrics.into_future());
    Lodger::new().addr(FREE).run(probe::app()).await?;
    drop(end);
    metrics.await??;
    eprintln!("servers: all have ended");
    Ok(())
}

/// The other server does not listen for signals.
async fn joined() -> Result {
    let metrics = axum::serve(metrics_listener().await?, metrics());
    let (metrics, app) = tokio::join!(metrics.into_future(), Lodger::new().addr(FREE).run(probe::app()));
    metrics.and(app.map_err(Into::into)).map_err(Into::into)
}

/// `main` goes on after `run`.
async fn goes_on() -> Result {
    Lodger::new().addr(FREE).run(probe::app()).await?;
    eprintln!("servers: goes on");
    pending().await
}

/// `main` drops the future of `run` once the server listens.
async fn drops_run() -> Result {
    let (sender, listening) = oneshot::channel();
    let lodger = Lodger::new().addr(FREE).on_listening(|_| sender.send(()).unwrap());
    tokio::select! {
        ended = lodger.run(probe::app()) => ended?,
        _ = listening => {}
    }
    eprintln!("servers: goes on");
    pending().await
}

/// `main` cleans up after `run`, and prints a line before and after that.
async fn cleans_up() -> Result {
    Lodger::new().addr(FREE).run(probe::app()).await?;
    eprintln!("servers: cleaning up");
    // Lodger ignores a repeated signal for as long.
    sleep(Duration::from_secs(1)).await;
    eprintln!("servers: cleaned up");
    Ok(())
}

/// The shutdown begins at a request to `/end` or at a signal.
async fn either() -> Result {
    let (end, ended) = oneshot::channel::<()>();
    let end = std::sync::Arc::new(std::sync::Mutex::new(Some(end)));
    let app = probe::app().route("/end", get(async move || assert!(end.lock().unwrap().take().is_some())));
    Lodger::new().addr(FREE).shutdown_or_signal(async { drop(ended.await) }).run(app).await?;
    eprintln!("servers: ended");
    Ok(())
}

/// The program has its own signal handlers, during `run` and afterwards.
#[cfg(unix)]
async fn own_signals() -> Result {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut first, mut second) = (signal(SignalKind::terminate())?, signal(SignalKind::terminate())?);
    Lodger::new()
        .addr(FREE)
        .shutdown(async move {
            let _ = first.recv().await;
        })
        .run(probe::app())
        .await?;
    second.recv().await;
    eprintln!("servers: goes on");
    second.recv().await;
    eprintln!("servers: ended by its own handler");
    Ok(())
}

/// Two apps, like axum's example `cors`.
async fn two() -> Result {
    let app = |name: &'static str| Router::new().fallback(async move || name);
    let run = async |name| {
        let ended = Lodger::new().addr(FREE).run(app(name)).await;
        eprintln!("servers: {name}: {ended:?}");
    };
    tokio::join!(run("the first"), run("the second"));
    Ok(())
}

#[tokio::main]
async fn main() -> Result {
    match std::env::var("SERVERS")?.as_str() {
        "one after the other" => one_after_the_other().await,
        "joined" => joined().await,
        "goes on" => goes_on().await,
        "dropped" => drops_run().await,
        "cleans up" => cleans_up().await,
        "either" => either().await,
        #[cfg(unix)]
        "own signals" => own_signals().await,
        "two" => two().await,
        other => Err(format!("invalid SERVERS {other:?}: expected the name of a program").into()),
    }
}
