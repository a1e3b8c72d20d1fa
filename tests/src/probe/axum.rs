//! The app as an axum `Router`.

use std::net::SocketAddr;

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Path, Query, Request},
    response::Response,
    routing::{get, post},
};

use super::{Asked, PanicsWhenRead, Told, Typed, answer, headers, slow};

/// The app.
pub fn app() -> Router {
    Router::new()
        .route("/slow/{milliseconds}", get(async |Path(milliseconds)| Body::from_stream(slow(milliseconds))))
        .route("/panic", get(async || -> &'static str { panic!("asked to panic") }))
        .route("/panic/body", get(async || Body::from_stream(PanicsWhenRead)))
        .route("/typed/path/{number}", get(async |Path(number): Path<u8>| number.to_string()))
        .route("/typed/query", get(async |Query(Typed { number })| number.to_string()))
        .route("/typed/json", post(async |Json(Typed { number })| number.to_string()))
        .fallback(neutral)
}

async fn neutral(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let client = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    answer(Asked {
        method: parts.method.to_string(),
        uri: parts.uri.to_string(),
        version: Some(format!("{:?}", parts.version)),
        headers: headers(&parts.headers),
        body: to_bytes(body, 64 << 20).await.unwrap(),
        client: client.map(|client| client.0.ip().to_string()),
        told: Told {
            context: parts.extensions.get().cloned(),
            prefix: parts.extensions.get().cloned(),
            after: parts.extensions.get().cloned(),
        },
    })
    .map(Body::from)
}
