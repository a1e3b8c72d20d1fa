//! Notes: a small JSON API in axum. Under `axum::serve` all but `main` would run as it is.
//!
//! ```text
//! cargo run -p example-axum
//! curl -d '{"text":"remember the milk"}' -H 'content-type: application/json' http://127.0.0.1:3000/notes
//! curl http://127.0.0.1:3000/notes/1
//! ```

mod error;
mod notes;

use axum::{
    Router,
    extract::ConnectInfo,
    http::{HeaderName, HeaderValue},
    routing::get,
};
use std::net::SocketAddr;
use tower_http::{
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
};

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(app()).await
}

/// The app, apart from `main`, so that tests can have it as well.
fn app() -> Router {
    let request_id = HeaderName::from_static("x-request-id");
    Router::new()
        .route("/", get(async || "Notes: GET and POST /notes, GET and DELETE /notes/{id}, GET /ip\n"))
        .route("/ip", get(ip))
        .nest("/notes", notes::router())
        .fallback(async || error::Error::NoSuchRoute)
        .layer(SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static("cache-control"),
            HeaderValue::from_static("no-store"),
        ))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid))
}

/// Who asks: the other end of the connection on a server, whom the front saw on Lambda.
async fn ip(ConnectInfo(client): ConnectInfo<SocketAddr>) -> String {
    format!("{}\n", client.ip())
}

#[cfg(test)]
mod tests;
