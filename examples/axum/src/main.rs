//! Notes: a JSON API in axum, with state, errors as JSON and middleware of tower-http.
//!
//! Only `main` uses Lodger to run the app, and the notes use `PathPrefix` for their `Location`.
//!
//! ```text
//! cargo run -p example-axum
//! curl -d '{"text":"remember the milk"}' -H 'content-type: application/json' http://127.0.0.1:3000/notes
//! curl http://127.0.0.1:3000/notes/1
//! ```
//!
//! `cargo lodger dev -p example-axum` serves it behind every front, such as <http://rest-api.localhost:4000>.

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

/// Makes the app. Apart from `main`, so that tests can use it.
fn app() -> Router {
    let request_id = HeaderName::from_static("x-request-id");
    Router::new()
        .route("/", get(async || "Notes: GET and POST /notes, GET and DELETE /notes/{id}, GET /ip\n"))
        .route("/ip", get(ip))
        .nest("/notes", notes::router())
        .fallback(async || error::Error::RouteNotFound)
        .layer(SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static("cache-control"),
            HeaderValue::from_static("no-store"),
        ))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid))
}

/// Responds with the client's address. On a server this is the address of the connection, and on Lambda the front reports it.
async fn ip(ConnectInfo(client): ConnectInfo<SocketAddr>) -> String {
    format!("{}\n", client.ip())
}

#[cfg(test)]
mod tests;
