//! The app in axum.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::{ConnectInfo, Path},
    routing::get,
};

pub fn app() -> Router {
    Router::new().route(
        "/hello/{name}",
        get(async |Path(name): Path<String>, ConnectInfo(client): ConnectInfo<SocketAddr>| {
            format!("hello {name} from {}", client.ip())
        }),
    )
}
