//! A list of todos: a JSON API in axum with an SQLite database.
//!
//! ```text
//! cargo run -p ported-todo
//! curl -d '{"text":"water the plants"}' -H 'content-type: application/json' http://127.0.0.1:3000/todos
//! curl http://127.0.0.1:3000/todos?done=false
//! ```
//!
//! `PORT` sets the port, and `DATABASE` sets the file of the database.

mod error;
mod store;
mod todos;

use std::{
    env,
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    http::StatusCode,
    middleware::{self, Next},
    response::Response,
};
use tower_http::timeout::TimeoutLayer;

use crate::{error::Error, store::Store};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    tracing_subscriber::fmt::init();
    let store = Store::open(env::var("DATABASE").unwrap_or_else(|_| "todo.db".to_owned()))?;
    lodger::run(app(store)).await?;
    Ok(())
}

fn app(store: Store) -> Router {
    Router::new()
        .nest("/todos", todos::router())
        .fallback(async || Error::RouteNotFound)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(10)))
        .layer(middleware::from_fn(log))
        .with_state(store)
}

/// Logs the client, the request, the status and the duration.
async fn log(ConnectInfo(client): ConnectInfo<SocketAddr>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let started = Instant::now();
    let response = next.run(request).await;
    tracing::info!(client = %client.ip(), %method, %uri, status = response.status().as_u16(), took = ?started.elapsed());
    response
}
