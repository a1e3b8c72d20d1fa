//! The hourly report.

use std::sync::Arc;

use lodger::lambda::events::eventbridge::EventBridgeEvent;
use serde_json::{Value, json};

use crate::shop::Shop;

/// Logs the articles that are out of stock, and returns their number to the caller.
pub async fn write(shop: Arc<Shop>, event: EventBridgeEvent) -> Value {
    let missing: Vec<String> =
        shop.stock().into_iter().filter(|(_, count)| *count == 0).map(|(name, _)| name).collect();
    tracing::info!("out of stock at {:?}: {missing:?}", event.time);
    json!({"outOfStock": missing})
}
