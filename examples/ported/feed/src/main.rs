//! A feed in warp: clients post messages, and other clients receive them as server-sent events.
//!
//! ```text
//! cargo run -p ported-feed
//! curl -N http://127.0.0.1:3030/feed
//! curl -d '{"text":"hello"}' -H 'content-type: application/json' http://127.0.0.1:3030/messages
//! ```
//!
//! `PORT` sets the port. `/feed?count=3` ends after three messages. A client that connects again with a `Last-Event-ID` receives
//! the messages after this id.

mod feed;
mod routes;

use std::error::Error;

use lodger::Lodger;

use crate::{feed::Feed, routes::routes};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    tracing_subscriber::fmt::init();
    Lodger::new().addr(([0, 0, 0, 0], 3030)).run(routes(Feed::default())).await?;
    Ok(())
}
