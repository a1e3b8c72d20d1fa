//! Todos: a JSON API in axum over an SQLite database.
//!
//! ```text
//! cargo run -p ported-todo
//! curl -d '{"text":"water the plants"}' -H 'content-type: application/json' http://127.0.0.1:3000/todos
//! curl http://127.0.0.1:3000/todos?done=false
//! ```
//!
//! `PORT` says where it listens, `DATABASE` which file has the todos.

mod error;
mod store;
mod todos;

use std::{
    env,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    http::StatusCode,
    middleware::{self, Next},
    response::Response,
};
use tokio::{net::TcpListener, signal};
use tower_http::timeout::TimeoutLayer;

use crate::{error::Error, store::Store};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    tracing_subscriber::fmt::init();
    let store = Store::open(env::var("DATABASE").unwrap_or_else(|_| "todo.db".to_owned()))?;
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app(store).into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(shutdown_signal())
        .await?;
    Ok(())
}

fn app(store: Store) -> Router {
    Router::new()
        .nest("/todos", todos::router())
        .fallback(async || Error::NoSuchRoute)
        .method_not_allowed_fallback(async || Error::NoSuchMethod)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(10)))
        .layer(middleware::from_fn(log))
        .with_state(store)
}

/// Logs who asked for what, and what became of it.
async fn log(ConnectInfo(client): ConnectInfo<SocketAddr>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let started = Instant::now();
    let response = next.run(request).await;
    tracing::info!(client = %client.ip(), %method, %uri, status = response.status().as_u16(), took = ?started.elapsed());
    response
}

async fn shutdown_signal() {
    let ctrl_c = async {
        signal::ctrl_c().await.expect("failed to install the handler of Ctrl-C");
    };

    #[cfg(unix)]
    let terminate = async {
        signal::unix::signal(signal::unix::SignalKind::terminate())
            .expect("failed to install the handler of SIGTERM")
            .recv()
            .await;
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();

    tokio::select! {
        () = ctrl_c => {},
        () = terminate => {},
    }
}
