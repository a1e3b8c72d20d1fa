//! Batches of each source: the handlers return the identifiers of the records that failed.

use std::{future::pending, time::Duration};

use axum::Router;
use lodger::lambda::{Batch, BatchResponse, Context, Raw};
use lodger_gateway::events::{self, Change, TestEvent};
use lodger_tests::test_host::TestHost;
use serde_json::{Value, json};

use super::result_of;

/// Fails for a record that contains `bad`, and hangs for a record that contains `hang`.
async fn process(batch: Batch<Raw>, _: Context) -> BatchResponse {
    let process = async |data: &[u8]| {
        let contains = |word: &[u8]| data.windows(word.len()).any(|bytes| bytes == word);
        if contains(b"hang") {
            pending::<()>().await;
        }
        if contains(b"bad") { Err("bad record") } else { Ok(()) }
    };
    batch.for_each(async |record| process(record.data()).await).await
}

/// An event of each source with order, and the identifiers of its failed records: a bad one and the next one of its key.
fn events() -> [(TestEvent, Value); 4] {
    let kinesis = events::kinesis("clicks", [("a", "good"), ("b", "bad"), ("a", "good"), ("b", "good")]);
    let sequence_number = |index: usize| kinesis["Records"][index]["kinesis"]["sequenceNumber"].clone();
    let of_kinesis = json!([sequence_number(1), sequence_number(3)]);

    let item = |id: &str, text: &str| json!({"id": id, "text": text});
    let changes = [
        Change::Create(item("a", "good")),
        Change::Update { old: item("b", "good"), new: item("b", "bad") },
        Change::Create(item("c", "good")),
        Change::Delete(item("b", "good")),
    ];
    let dynamodb = events::dynamodb("users", ["id"], changes);
    let sequence_number = |index: usize| dynamodb["Records"][index]["dynamodb"]["SequenceNumber"].clone();
    let of_dynamodb = json!([sequence_number(1), sequence_number(3)]);

    let kafka = events::kafka_msk("orders", [(0, "k", "good"), (1, "k", "bad"), (0, "k", "good"), (1, "k", "good")]);
    let offset =
        |index: usize| json!({"partition": "orders-1", "offset": kafka["records"]["orders-1"][index]["offset"]});
    let of_kafka = json!([offset(0), offset(1)]);

    let fifo = events::sqs_fifo("jobs", [("a", "good"), ("b", "bad"), ("a", "good"), ("b", "good")]);
    let message_id = |index: usize| fifo["Records"][index]["messageId"].clone();
    let of_fifo = json!([message_id(1), message_id(3)]);
    [(kinesis, of_kinesis), (dynamodb, of_dynamodb), (kafka, of_kafka), (fifo, of_fifo)]
}

/// The response of a batch in which these records failed.
fn response(identifiers: &Value) -> Value {
    let identifiers = identifiers.as_array().unwrap().iter();
    json!({"batchItemFailures": identifiers.map(|identifier| json!({"itemIdentifier": identifier})).collect::<Vec<_>>()})
}

#[tokio::test]
async fn returns_the_identifiers_of_each_source_with_order() {
    let by_type = TestHost::lambda().start(|lodger| lodger.on(process).run(Router::new())).await;
    let by_source = |lodger: lodger::Lodger| {
        let sources = ["clicks", "users", "my-cluster", "jobs.fifo"];
        sources.into_iter().fold(lodger, |lodger, source| lodger.on_source(source, process)).run(Router::new())
    };
    let by_source = TestHost::lambda().start(by_source).await;
    for (event, identifiers) in events() {
        let event = Value::from(event);
        for api in [&by_type, &by_source] {
            assert_eq!(result_of(api, &event).await, response(&identifiers), "{event}");
        }
    }
    for api in [by_type, by_source] {
        assert_eq!(api.protocol_errors(), [""; 0]);
    }
}

#[tokio::test]
async fn records_that_hang_fail_before_the_deadline() {
    // The batch ends one second before the deadline, and Lodger cancels handlers half a second before.
    let host = TestHost::lambda().timeout(Duration::from_secs(2));
    let api = host.start(|lodger| lodger.on(process).run(Router::new())).await;
    let event = events::sqs("orders", ["good", "hang", "bad", "good"]);
    let identifiers = json!([event["Records"][1]["messageId"], event["Records"][2]["messageId"]]);
    let event = Value::from(event);
    for _ in 0..2 {
        assert_eq!(result_of(&api, &event).await, response(&identifiers));
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}
