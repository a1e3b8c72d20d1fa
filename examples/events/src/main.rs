//! One binary for a web API, a queue and a schedule.
//!
//! `cargo run -p example-events` serves the API on <http://127.0.0.1:3000>:
//!
//! ```sh
//! curl localhost:3000/stock
//! curl localhost:3000/stock/apple -d '{"count": 5}' -H 'content-type: application/json'
//! ```
//!
//! On Lambda the queue `orders` and an hourly rule of EventBridge invoke the same function. `cargo test -p example-events` plays
//! both, and `cargo lodger invoke -p example-events --example schedule` sends the event of a schedule.

mod api;
mod orders;
mod report;
mod shop;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use lodger::{Lodger, lambda::Context};

use shop::Shop;

/// Adds the handlers of events. Each of them holds the shop.
fn with_handlers(lodger: Lodger, shop: &Arc<Shop>) -> Lodger {
    let (for_orders, for_report) = (Arc::clone(shop), Arc::clone(shop));
    lodger
        .on_source("orders", move |batch, _: Context| orders::reserve(Arc::clone(&for_orders), batch))
        .on_source("aws.events", move |event, _: Context| report::write(Arc::clone(&for_report), event))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    lodger::logs::init()?;
    let shop = Arc::new(Shop::default());
    with_handlers(Lodger::new(), &shop).run(api::router(shop)).await?;
    Ok(())
}
