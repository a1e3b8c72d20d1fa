use std::net::SocketAddr;

use axum::{
    Extension,
    extract::ConnectInfo,
    http::{HeaderMap, header::HOST},
};
use lodger::vercel::Context;

/// Responds with the client, the host, and the ids of the request in Vercel's logs.
pub async fn get(
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    vercel: Option<Extension<Context>>,
) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("no host");
    let mut text = format!("{} requests {host}\n", client.ip());
    if let Some(Extension(context)) = vercel {
        text += &format!("invocation {}, request {}\n", context.invocation_id(), context.request_id());
    }
    text
}
