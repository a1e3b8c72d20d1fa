//! The handler of messages from a queue.

use aws_lambda_events::sqs::SqsEvent;
use serde::Serialize;

/// The result of the handler.
#[derive(Serialize)]
pub struct Summary {
    messages: usize,
    bytes: usize,
}

/// Counts the messages and their bytes.
pub fn summarize(event: &SqsEvent) -> Summary {
    let bodies = event.records.iter().filter_map(|record| record.body.as_deref());
    Summary { messages: event.records.len(), bytes: bodies.map(str::len).sum() }
}
