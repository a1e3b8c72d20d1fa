use std::net::SocketAddr;

use axum::{
    Extension,
    extract::ConnectInfo,
    http::{HeaderMap, header::HOST},
};
use lodger::vercel::Context;

/// Who asks, for what, and under which number Vercel has it in its logs.
pub async fn get(
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    vercel: Option<Extension<Context>>,
) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("nobody");
    let mut answer = format!("{} asks {host}\n", client.ip());
    if let Some(Extension(context)) = vercel {
        answer += &format!("invocation {}, request {}\n", context.invocation_id(), context.request_id());
    }
    answer
}
