//! The programs of the porting guide that have more than one server or background task. `SERVERS` names one.

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

/// Lodger handles the signals. The other server ends after Lodger.
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

/// The other server does not handle signals.
async fn joined() -> Result {
    let metrics = axum::serve(metrics_listener().await?, metrics());
    let (metrics, app) = tokio::join!(metrics.into_future(), Lodger::new().addr(FREE).run(probe::app()));
    metrics.and(app.map_err(Into::into)).map_err(Into::into)
}

/// `main` continues after `run` has returned or was dropped.
async fn goes_on(is_dropped: bool) -> Result {
    let run = Lodger::new().addr(FREE).run(probe::app());
    if is_dropped {
        let _ = tokio::time::timeout(Duration::from_millis(200), run).await;
    } else {
        run.await?;
    }
    eprintln!("servers: goes on");
    pending().await
}

/// The code after `run` takes 300 ms.
async fn cleans_up() -> Result {
    Lodger::new().addr(FREE).run(probe::app()).await?;
    sleep(Duration::from_millis(300)).await;
    eprintln!("servers: cleaned up");
    Ok(())
}

/// A request and a signal both end the app.
async fn either() -> Result {
    let (end, ended) = oneshot::channel::<()>();
    let end = std::sync::Arc::new(std::sync::Mutex::new(Some(end)));
    let app = probe::app().route("/end", get(async move || assert!(end.lock().unwrap().take().is_some())));
    Lodger::new().addr(FREE).shutdown_or_signal(async { drop(ended.await) }).run(app).await?;
    eprintln!("servers: ended");
    Ok(())
}

/// The program handles signals itself, also after `run`.
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
        "goes on" => goes_on(false).await,
        "dropped" => goes_on(true).await,
        "cleans up" => cleans_up().await,
        "either" => either().await,
        #[cfg(unix)]
        "own signals" => own_signals().await,
        "two" => two().await,
        other => Err(format!("there is no program {other:?}").into()),
    }
}
