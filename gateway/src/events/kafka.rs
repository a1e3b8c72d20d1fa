//! Events of Apache Kafka.

use serde_json::{Map, Value, json};

use super::{
    TestEvent,
    values::{TIME_MILLIS, arn, base64, uuid},
};

const SERVERS: &str = "b-1.my-cluster.a1bcde.c1.kafka.us-east-1.amazonaws.com:9092,b-2.my-cluster.a1bcde.c1.kafka.us-east-1.amazonaws.com:9092";
/// The offset of the first record of each partition.
const FIRST_OFFSET: usize = 15;

/// Makes the event of a topic of Amazon MSK, with a record for each partition, key and value.
///
/// Each partition has a list of records under a name such as `orders-0`. Keys and values are in base64. Offsets begin at 15 and
/// grow within each partition. To test a record without a key, replace its `key` with `null`.
///
/// Source: [Using Lambda with Amazon MSK](https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let event = events::kafka_msk("orders", [(0, "customer-1", "first"), (1, "customer-2", "second")]);
/// assert_eq!(event["records"]["orders-1"][0]["value"], "c2Vjb25k");
/// ```
pub fn kafka_msk(topic: &str, items: impl IntoIterator<Item = (u32, impl AsRef<[u8]>, impl AsRef<[u8]>)>) -> TestEvent {
    json!({
        "eventSource": "aws:kafka",
        "eventSourceArn": arn("kafka", &format!("cluster/my-cluster/{}-1", uuid(1))),
        "bootstrapServers": SERVERS,
        "records": records_by_partition(topic, items),
    })
    .into()
}

/// Makes the event of a topic of a Kafka cluster outside Amazon MSK, with a record for each partition, key and value.
///
/// The event has no `eventSourceArn`. Otherwise it equals the event of [`kafka_msk`].
///
/// Source: [Using Lambda with self-managed Apache Kafka](https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html).
pub fn kafka_self_managed(
    topic: &str,
    items: impl IntoIterator<Item = (u32, impl AsRef<[u8]>, impl AsRef<[u8]>)>,
) -> TestEvent {
    json!({
        "eventSource": "SelfManagedKafka",
        "bootstrapServers": SERVERS,
        "records": records_by_partition(topic, items),
    })
    .into()
}

fn records_by_partition(
    topic: &str,
    items: impl IntoIterator<Item = (u32, impl AsRef<[u8]>, impl AsRef<[u8]>)>,
) -> Map<String, Value> {
    let mut partitions = Map::new();
    for (partition, key, value) in items {
        let records = partitions.entry(format!("{topic}-{partition}")).or_insert_with(|| json!([]));
        if let Some(records) = records.as_array_mut() {
            records.push(json!({
                "topic": topic,
                "partition": partition,
                "offset": FIRST_OFFSET + records.len(),
                "timestamp": TIME_MILLIS,
                "timestampType": "CREATE_TIME",
                "key": base64(key),
                "value": base64(value),
                "headers": [],
            }));
        }
    }
    partitions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::kafka::KafkaEvent;

    const ITEMS: [(u32, &str, &str); 3] = [(0, "a", "one"), (3, "b", "two"), (0, "a", "three")];

    #[test]
    fn has_the_records_of_each_partition() {
        for (event, source, has_arn) in [
            (kafka_msk("orders", ITEMS), "aws:kafka", true),
            (kafka_self_managed("orders", ITEMS), "SelfManagedKafka", false),
        ] {
            let event: KafkaEvent = read(event);
            assert_eq!((event.event_source.as_deref(), event.event_source_arn.is_some()), (Some(source), has_arn));
            assert!(event.bootstrap_servers.is_some());
            let records = |name: &str| {
                let records = event.records[name].iter();
                records
                    .map(|record| (record.partition, record.offset, record.value.clone().unwrap()))
                    .collect::<Vec<_>>()
            };
            assert_eq!(records("orders-0"), [(0, 15, "b25l".to_owned()), (0, 16, "dGhyZWU=".to_owned())]);
            assert_eq!(records("orders-3"), [(3, 15, "dHdv".to_owned())]);
            assert_eq!(event.records.len(), 2);
            let record = &event.records["orders-3"][0];
            assert_eq!((record.topic.as_deref(), record.key.as_deref()), (Some("orders"), Some("Yg==")));
            assert_eq!(record.timestamp.timestamp_millis().unsigned_abs(), TIME_MILLIS);
        }
    }
}
