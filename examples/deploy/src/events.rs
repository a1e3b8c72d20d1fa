use lodger::lambda::{Batch, BatchResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::weather::{Reading, Weather};

/// Stores the readings of a queue. Only the messages that failed return to the queue.
///
/// The event source mapping has `FunctionResponseTypes: [ReportBatchItemFailures]`. Without that setting, Lambda ignores the
/// failures.
pub async fn store(weather: Weather, batch: Batch<Reading>) -> BatchResponse {
    batch.for_each(async |record| weather.store(record.payload.clone())).await
}

/// The event of a rule of EventBridge that runs on a schedule.
#[derive(Deserialize)]
pub struct Tick {
    time: String,
}

/// Logs and returns the warmest station.
pub async fn report(weather: Weather, tick: Tick) -> Value {
    let (stations, warmest) = (weather.stations(), weather.warmest());
    tracing::info!("{stations} stations at {}, the warmest is {warmest:?}", tick.time);
    json!({"stations": stations, "warmest": warmest})
}
