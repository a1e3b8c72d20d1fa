//! Tests of batches: events of each source, and handlers that the test controls.

mod control;
mod deadline;
mod events;
mod failures;
mod log;
mod order;
mod payloads;
mod send;
mod sources;

use super::*;

/// Reads a batch of an invocation without a deadline.
fn batch<T: FromRecord>(event: &Event) -> Batch<T> {
    Batch::from_event(event, &Context::default()).unwrap()
}

/// The identifiers of the failed records, as text.
fn failed(response: &BatchResponse) -> Vec<String> {
    response.failures().iter().map(ToString::to_string).collect()
}

#[test]
fn debug_output_has_no_records() {
    let event = events::sqs(&[("a", "s3cret")]);
    let text = format!("{:?}", batch::<Raw>(&event));
    assert!(text.contains("len: 1") && !text.contains("s3cret"), "{text}");
}
