//! The app under attack, under `axum::serve` or under Lodger: `load own 127.0.0.1:3001`.
//!
//! `tests/load.py` starts both, one after the other.

use std::{convert::Infallible, error::Error, net::SocketAddr};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use futures_util::stream;
use lodger::{Host, Lodger};
use tokio::net::TcpListener;

/// The routes that the attacks need.
fn app() -> Router {
    Router::new()
        .route("/hello", get(async || "hello"))
        // Each response has memory of its own.
        .route("/large", get(async || vec![b'x'; 1 << 20]))
        .route(
            "/endless",
            get(async || Body::from_stream(stream::repeat_with(|| Ok::<_, Infallible>(vec![b'f'; 16 << 10])))),
        )
        .route("/upload", post(async |body: Bytes| body.len().to_string()))
        .layer(DefaultBodyLimit::disable())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["own", addr] => Ok(axum::serve(TcpListener::bind(addr).await?, app()).await?),
        ["lodger", addr] => Ok(Lodger::new().host(Host::Server).addr(addr.parse::<SocketAddr>()?).run(app()).await?),
        _ => Err("usage: load own|lodger ADDRESS".into()),
    }
}
