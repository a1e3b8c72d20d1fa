//! The queue of orders.

use std::sync::Arc;

use lodger::lambda::{Batch, BatchResponse};

use crate::shop::{Order, Shop};

/// Reserves the articles of each order. Only the messages that failed return to the queue, and later go to its dead-letter queue.
///
/// The event source mapping has `FunctionResponseTypes: [ReportBatchItemFailures]`. Without that setting, Lambda ignores the
/// failures.
pub async fn reserve(shop: Arc<Shop>, batch: Batch<Order>) -> BatchResponse {
    batch
        .for_each(async |record| {
            shop.reserve(&record.payload)?;
            tracing::info!("reserved {} of {:?}", record.payload.count, record.payload.article);
            Ok::<_, crate::shop::OrderError>(())
        })
        .await
}
