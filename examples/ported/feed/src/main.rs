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

use std::error::Error;

use lodger::Lodger;

use crate::{feed::Feed, routes::routes};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    tracing_subscriber::fmt::init();
    Lodger::new().addr(([0, 0, 0, 0], 3030)).run(routes(Feed::default())).await?;
    Ok(())
}
