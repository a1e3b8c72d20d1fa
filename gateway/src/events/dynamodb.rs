//! Events of DynamoDB streams.

use serde_json::{Map, Value, json};

use super::{
    Change, TestEvent,
    values::{REGION, TIME_SECONDS, arn, records, uuid},
};
use crate::event::json::insert;

/// Makes the event of a DynamoDB stream, with a record for each change.
///
/// `keys` are the names of the key attributes. Items are plain JSON objects. The event has them as attribute values: a string is
/// an `S`, a number an `N`, a Boolean a `BOOL`, `null` a `NULL`, an array an `L` and an object an `M`. To test with other types,
/// such as sets, replace the value in the event.
///
/// The view type of the stream is `NEW_AND_OLD_IMAGES`. Sequence numbers grow. A reply with `batchItemFailures` contains the
/// sequence number. `SizeBytes` is an approximation.
///
/// Source: [Using Lambda with DynamoDB](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html) and
/// [`StreamRecord`](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html).
///
/// ```
/// use lodger_gateway::events::{self, Change};
/// use serde_json::json;
///
/// let event = events::dynamodb("orders", ["id"], [
///     Change::Create(json!({"id": "a", "total": 1})),
///     Change::Update { old: json!({"id": "a", "total": 1}), new: json!({"id": "a", "total": 2}) },
///     Change::Delete(json!({"id": "a", "total": 2})),
/// ]);
/// assert_eq!(event["Records"][1]["dynamodb"]["Keys"], json!({"id": {"S": "a"}}));
/// assert_eq!(event["Records"][1]["dynamodb"]["NewImage"]["total"], json!({"N": "2"}));
/// ```
pub fn dynamodb(
    table: &str,
    keys: impl IntoIterator<Item = impl AsRef<str>>,
    changes: impl IntoIterator<Item = Change>,
) -> TestEvent {
    let stream = arn("dynamodb", &format!("table/{table}/stream/2025-03-12T00:00:00.000"));
    let keys: Vec<_> = keys.into_iter().collect();
    let changes = changes.into_iter().zip(1..);
    records(changes.map(|(change, number)| {
        json!({
            "eventID": uuid(number).replace('-', ""),
            "eventName": event_name(&change),
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": REGION,
            "dynamodb": stream_record(&change, &keys, number),
            "eventSourceARN": stream,
        })
    }))
}

fn event_name(change: &Change) -> &'static str {
    match change {
        Change::Create(_) => "INSERT",
        Change::Update { .. } => "MODIFY",
        Change::Delete(_) => "REMOVE",
    }
}

fn stream_record(change: &Change, keys: &[impl AsRef<str>], number: usize) -> Value {
    let (old, new) = (change.before().map(attributes), change.after().map(attributes));
    let image = new.as_ref().or(old.as_ref());
    let key = |name: &str| Some((name.to_owned(), image?.get(name)?.clone()));
    let keys: Map<_, _> = keys.iter().filter_map(|name| key(name.as_ref())).collect();
    let mut record = json!({"ApproximateCreationDateTime": TIME_SECONDS, "Keys": keys});
    for (name, image) in [("NewImage", new), ("OldImage", old)] {
        if let Some(image) = image {
            insert(&mut record, name, image);
        }
    }
    let size = record.to_string().len();
    insert(&mut record, "SequenceNumber", format!("4480000000000000000000{number:06}"));
    insert(&mut record, "SizeBytes", size);
    insert(&mut record, "StreamViewType", "NEW_AND_OLD_IMAGES");
    record
}

/// Returns the attribute values of an item.
fn attributes(item: &Value) -> Map<String, Value> {
    let members = item.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.clone(), attribute_value(value))).collect()
}

fn attribute_value(value: &Value) -> Value {
    match value {
        Value::Null => json!({"NULL": true}),
        Value::Bool(value) => json!({"BOOL": value}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(values) => json!({"L": values.iter().map(attribute_value).collect::<Vec<_>>()}),
        Value::Object(_) => json!({"M": attributes(value)}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::dynamodb::{Event, EventRecord, StreamViewType};

    fn image(item: &impl serde::Serialize) -> Value {
        serde_json::to_value(item).unwrap()
    }

    #[test]
    fn has_the_images_and_keys_of_each_change() {
        let (one, two) = (json!({"id": "a", "sort": 1, "n": 1}), json!({"id": "a", "sort": 1, "n": 2}));
        let update = Change::Update { old: one.clone(), new: two.clone() };
        let changes = [Change::Create(one), update, Change::Delete(two)];
        let event: Event = read(dynamodb("orders", ["id", "sort"], changes));
        let attributes = |n: &str| json!({"id": {"S": "a"}, "sort": {"N": "1"}, "n": {"N": n}});
        let expected = [
            ("INSERT", json!({}), attributes("1")),
            ("MODIFY", attributes("1"), attributes("2")),
            ("REMOVE", attributes("2"), json!({})),
        ];
        assert_eq!(event.records.len(), expected.len());
        for (record, (name, old, new)) in event.records.iter().zip(expected) {
            assert_eq!(record.event_name, name);
            assert_eq!((image(&record.change.old_image), image(&record.change.new_image)), (old, new), "{name}");
            assert_eq!(image(&record.change.keys), json!({"id": {"S": "a"}, "sort": {"N": "1"}}), "{name}");
            assert_eq!(record.change.stream_view_type, Some(StreamViewType::NewAndOldImages));
            assert!(record.event_source_arn.as_ref().unwrap().contains(":table/orders/stream/"));
            assert!(record.change.size_bytes > 0);
        }
        let numbers = event.records.iter().map(|record: &EventRecord| &record.change.sequence_number);
        assert!(numbers.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn converts_each_type_of_json() {
        let item = json!({"id": "é", "null": null, "yes": true, "n": -1.5, "list": ["a", 1], "map": {"x": {}}});
        let event: Event = read(dynamodb("orders", ["id", "absent"], [Change::Create(item)]));
        let expected = json!({
            "id": {"S": "é"}, "null": {"NULL": true}, "yes": {"BOOL": true}, "n": {"N": "-1.5"},
            "list": {"L": [{"S": "a"}, {"N": "1"}]}, "map": {"M": {"x": {"M": {}}}},
        });
        assert_eq!(image(&event.records[0].change.new_image), expected);
        assert_eq!(image(&event.records[0].change.keys), json!({"id": {"S": "é"}}));
    }
}
