//! A feed: messages that are posted, and sent to whoever follows as server-sent events, in warp.
//!
//! ```text
//! cargo run -p ported-feed
//! curl -N http://127.0.0.1:3030/feed
//! curl -d '{"text":"hello"}' -H 'content-type: application/json' http://127.0.0.1:3030/messages
//! ```
//!
//! `PORT` says where it listens. `/feed?count=3` ends after three messages, and who comes back with a `Last-Event-ID`
//! gets what came since.

mod feed;
mod routes;

use std::{env, error::Error, net::Ipv4Addr};

use tokio::net::TcpListener;

use crate::{feed::Feed, routes::routes};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    tracing_subscriber::fmt::init();
    let port = env::var("PORT").map_or(Ok(3030), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    warp::serve(routes(Feed::default())).incoming(listener).run().await;
    Ok(())
}
