//! Events with made-up data.

use bytes::Bytes;
use http::Request;
use lodger_gateway::{
    Front,
    events::{self, Change, TestEvent},
};
use serde_json::{Value, json};

type Example = (&'static str, fn() -> TestEvent);

/// The events of services, by name.
const EXAMPLES: &[Example] = &[
    ("activemq", || events::activemq("orders", ["hello"])),
    ("appsync", || events::appsync("Query", "order", json!({"id": "1"}))),
    ("cloudformation", || events::cloudformation("Custom::Database", Change::Create(json!({"Name": "orders"})))),
    ("cloudwatch-alarm", || events::cloudwatch_alarm("errors", "ALARM")),
    ("cloudwatch-logs", || events::cloudwatch_logs("/aws/lambda/orders", ["hello"])),
    ("codecommit", || events::codecommit("orders", "main", "4a1c1d0ed4b8aa1a0b2c3d4e5f60718293a4b5c6")),
    ("dynamodb", || events::dynamodb("orders", ["id"], [Change::Create(json!({"id": "1", "name": "hello"}))])),
    ("eventbridge", || events::eventbridge("com.example.orders", "Order Created", json!({"id": 1}))),
    ("firehose", || events::firehose("orders", ["hello"])),
    ("kafka-msk", || events::kafka_msk("orders", [(0, "key", "hello")])),
    ("kafka-self-managed", || events::kafka_self_managed("orders", [(0, "key", "hello")])),
    ("kinesis", || events::kinesis("orders", [("key", "hello")])),
    ("rabbitmq", || events::rabbitmq("orders", ["hello"])),
    ("s3-delete", || events::s3_delete("photos", "cat.jpg")),
    ("s3-put", || events::s3_put("photos", "cat.jpg", 1024)),
    ("schedule", || events::schedule("every-hour")),
    ("secrets-manager-rotation", || events::secrets_manager_rotation("createSecret", "database")),
    ("ses", || events::ses("ann@example.com", "bob@example.com", "hello")),
    ("sns", || events::sns("orders", "hello")),
    ("sqs", || events::sqs("orders", ["hello"])),
    ("sqs-fifo", || events::sqs_fifo("orders.fifo", [("group", "hello")])),
];

/// The names of all examples: those of services, and a request of each front.
pub fn example_names() -> clap::builder::PossibleValuesParser {
    let fronts = Front::all().into_iter().map(|front| front.name());
    EXAMPLES.iter().map(|(name, _)| *name).chain(fronts).collect::<Vec<_>>().into()
}

/// Returns the event with a name.
pub fn example(name: &str) -> Option<Vec<u8>> {
    if let Some((_, make)) = EXAMPLES.iter().find(|(known, _)| *known == name) {
        return serde_json::to_vec_pretty(&Value::from(make())).ok();
    }
    let front = Front::all().into_iter().find(|front| front.name() == name)?;
    let request = Request::get("/hello?name=you").header("accept", "*/*").body(Bytes::new()).ok()?;
    let event: Value = serde_json::from_slice(&front.event(&request).ok()?).ok()?;
    serde_json::to_vec_pretty(&event).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_an_event() {
        let fronts = Front::all();
        let names = EXAMPLES.iter().map(|(name, _)| *name).chain(fronts.iter().map(Front::name));
        for name in names {
            let event: Value = serde_json::from_slice(&example(name).unwrap()).unwrap();
            assert!(event.as_object().is_some_and(|event| !event.is_empty()), "{name}: {event}");
        }
        assert!(EXAMPLES.is_sorted_by_key(|(name, _)| *name));
        assert_eq!(example("unknown"), None);
    }
}
