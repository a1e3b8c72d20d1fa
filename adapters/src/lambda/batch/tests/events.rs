//! Events of each source, with the fields that AWS documents.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::lambda::Event;

const REGION: &str = "eu-central-1";

/// An event with messages of a standard queue: identifiers and bodies.
pub(super) fn sqs(messages: &[(&str, &str)]) -> Event {
    let records =
        messages.iter().map(|(id, body)| message(id, body, "orders", json!({"ApproximateReceiveCount": "3"})));
    event(&json!({"Records": records.collect::<Vec<_>>()}))
}

/// An event with messages of a FIFO queue: identifiers and message groups. The body of a message is its identifier as JSON.
pub(super) fn fifo(messages: &[(&str, &str)]) -> Event {
    let records = messages.iter().map(|(id, group)| {
        message(id, &format!("{id:?}"), "orders.fifo", json!({"MessageGroupId": group, "ApproximateReceiveCount": "1"}))
    });
    event(&json!({"Records": records.collect::<Vec<_>>()}))
}

fn message(id: &str, body: &str, queue: &str, attributes: Value) -> Value {
    json!({
        "messageId": id, "receiptHandle": "handle", "body": body, "attributes": attributes, "messageAttributes": {},
        "eventSource": "aws:sqs", "eventSourceARN": format!("arn:aws:sqs:{REGION}:111122223333:{queue}"), "awsRegion": REGION,
    })
}

/// An event with records of Kinesis: sequence numbers, partition keys and data.
pub(super) fn kinesis(records: &[(&str, &str, &str)]) -> Event {
    let record = |&(sequence_number, key, data): &(&str, &str, &str)| {
        json!({
            "kinesis": {
                "kinesisSchemaVersion": "1.0", "partitionKey": key, "sequenceNumber": sequence_number,
                "data": BASE64_STANDARD.encode(data), "approximateArrivalTimestamp": 1_764_000_000.5,
            },
            "eventSource": "aws:kinesis", "eventName": "aws:kinesis:record", "awsRegion": REGION,
            "eventID": format!("shardId-000000000000:{sequence_number}"),
            "eventSourceARN": format!("arn:aws:kinesis:{REGION}:111122223333:stream/orders"),
        })
    };
    event(&json!({"Records": records.iter().map(record).collect::<Vec<_>>()}))
}

/// An event with changes of a table of DynamoDB: sequence numbers and the keys of the items as JSON.
pub(super) fn dynamodb(changes: &[(&str, &str)]) -> Event {
    let record = |&(sequence_number, keys): &(&str, &str)| {
        format!(
            r#"{{"eventID": "e", "eventName": "MODIFY", "eventSource": "aws:dynamodb", "dynamodb": {{"Keys": {keys},
                "SequenceNumber": "{sequence_number}", "SizeBytes": 26, "StreamViewType": "KEYS_ONLY"}}}}"#
        )
    };
    // As text, so that the order of the keys is that of the test.
    Event::new(format!(r#"{{"Records": [{}]}}"#, changes.iter().map(record).collect::<Vec<_>>().join(",")))
}

/// An event with records of Kafka: partitions, offsets and values.
pub(super) fn kafka(source: &str, records: &[(&str, i64, Option<&str>)]) -> Event {
    let mut partitions = json!({});
    for (partition, offset, value) in records {
        let (topic, number) = partition.rsplit_once('-').unwrap();
        let record = json!({
            "topic": topic, "partition": number.parse::<u32>().unwrap(), "offset": offset, "timestamp": 1_764_000_000_000_u64,
            "timestampType": "CREATE_TIME", "key": null, "value": value.map(|value| BASE64_STANDARD.encode(value)), "headers": [],
        });
        match partitions.get_mut(*partition) {
            Some(records) => records.as_array_mut().unwrap().push(record),
            None => partitions[*partition] = json!([record]),
        }
    }
    event(&json!({"eventSource": source, "bootstrapServers": "b-1.example:9092", "records": partitions}))
}

fn event(json: &Value) -> Event {
    Event::new(json.to_string())
}
