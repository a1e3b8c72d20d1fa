use super::{
    events::{dynamodb, fifo, kafka, kinesis, sqs},
    *,
};

/// The error of an event that is not a batch.
fn error(json: &str) -> String {
    Batch::<Raw>::from_event(&Event::new(json.to_owned()), &Context::default()).unwrap_err().to_string()
}

#[tokio::test]
async fn reports_the_identifier_of_each_source() {
    let kafka_failures = r#"[{"itemIdentifier":{"partition":"my-topic-0","offset":41}},{"itemIdentifier":{"partition":"my-topic-1","offset":7}}]"#;
    let kafka_records = &[("my-topic-1", 7, Some("x")), ("my-topic-0", 41, Some("y"))];
    let two =
        r#"[{"itemIdentifier":"49545115243490985018280067714973144582180062593244200961"},{"itemIdentifier":"2"}]"#;
    for (event, source, failures) in [
        (sqs(&[("a", "x"), ("b", "y")]), BatchSource::Sqs, r#"[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]"#),
        (fifo(&[("a", "x"), ("b", "x")]), BatchSource::SqsFifo, r#"[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]"#),
        (
            kinesis(&[("49545115243490985018280067714973144582180062593244200961", "k", "x"), ("2", "k", "y")]),
            BatchSource::Kinesis,
            two,
        ),
        (
            dynamodb(&[("49545115243490985018280067714973144582180062593244200961", "{}"), ("2", "{}")]),
            BatchSource::DynamoDb,
            two,
        ),
        (kafka("aws:kafka", kafka_records), BatchSource::Kafka, kafka_failures),
        (kafka("SelfManagedKafka", kafka_records), BatchSource::Kafka, kafka_failures),
        (kafka("aws:SelfManagedKafka", kafka_records), BatchSource::Kafka, kafka_failures),
    ] {
        let batch = batch::<Raw>(&event);
        assert_eq!((batch.source(), batch.len(), batch.is_empty()), (source, 2, false));
        let response = batch.for_each(async |_| Err::<(), _>("no")).await;
        assert_eq!(serde_json::to_string(&response).unwrap(), format!(r#"{{"batchItemFailures":{failures}}}"#));
        let response = super::batch::<Raw>(&event).for_each(async |_| Ok::<_, Error>(())).await;
        assert_eq!(serde_json::to_string(&response).unwrap(), r#"{"batchItemFailures":[]}"#);
    }
}

#[test]
fn rejects_events_of_other_sources_and_names_them() {
    let advice = "only SQS, Kinesis, DynamoDB and Kafka have partial batch responses; take the whole event in the handler, as a \
                  type of yours or of the crate aws_lambda_events";
    for (event, source) in [
        (r#"{"Records": [{"EventSource": "aws:sns", "Sns": {"TopicArn": "arn:news"}}]}"#, "SNS (arn:news)"),
        (r#"{"Records": [{"eventSource": "aws:s3", "s3": {}}]}"#, "S3"),
        (r#"{"eventSource": "aws:rmq", "rmqMessagesByQueue": {}}"#, "RabbitMQ"),
        (r#"{"eventSource": "aws:mq", "messages": []}"#, "ActiveMQ"),
        (r#"{"eventSource": "aws:docdb", "events": []}"#, "DocumentDB"),
        (r#"{"invocationId": "i", "deliveryStreamArn": "arn", "records": []}"#, "Firehose (arn)"),
        (
            r#"{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}"#,
            r#"EventBridge (source "aws.events", detail-type "Scheduled Event")"#,
        ),
        (r#"[{"eventSource": "aws:sqs", "messageId": "a"}]"#, "EventBridge Pipes"),
        (r#"{"Records": [7]}"#, r#"an unknown kind, with the keys ["Records"]"#),
        (r#"{"Records": [{}]}"#, r#"an unknown kind, with the keys ["Records"]"#),
        (r#"{"Records": []}"#, r#"an unknown kind, with the keys ["Records"]"#),
        (r#"{"Records": {"hunter2": 7}}"#, r#"an unknown kind, with the keys ["Records"]"#),
        (r#"{"Records": "hunter2"}"#, r#"an unknown kind, with the keys ["Records"]"#),
        ("{}", "an unknown kind, with the keys []"),
        ("[7]", "an unknown kind, which is not a JSON object"),
    ] {
        assert_eq!(error(event), format!("cannot read a batch from an event of {source}: {advice}"), "{event}");
    }
}

#[test]
fn rejects_malformed_events_without_their_values() {
    for event in [
        "",
        r#"{"Records": [{"messageId": "hunter2}]}"#,
        r#"{"Records": []} hunter2"#,
        r#"{"Records": [{"eventSource": "aws:sqs", "messageId": "hunter2"}] hunter2"#,
        r#"{"Records": [{"eventSource": "aws:sqs"}], "Records": {"hunter2": 7}}"#,
        r#"{"eventSource": "aws:kafka", "topics": "hunter2"}"#,
        r#"{"eventSource": "aws:kafka", "records": [7]}"#,
        r#"{"eventSource": "aws:kafka", "records": {"t-0": "hunter2"}}"#,
    ] {
        let expected = "cannot read the event as a batch: it is not a JSON object with a list of records";
        assert_eq!(error(event), expected, "{event}");
    }
    let event = Event::new(&b"{\"Records\": \xff}"[..]);
    let error = Batch::<Raw>::from_event(&event, &Context::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the event as a batch");
}

#[test]
fn rejects_records_without_an_identifier() {
    let without = "has no identifier, so that its failure could not be reported";
    for id in ["", r#""messageId": null,"#, r#""messageId": "","#, r#""messageId": 7,"#] {
        let event = format!(
            r#"{{"Records": [{{"messageId": "a", "eventSource": "aws:sqs"}}, {{{id} "eventSource": "aws:sqs"}}]}}"#
        );
        assert_eq!(error(&event), format!("cannot read the event as a batch: record 1 of SQS {without}"));
    }
    for (event, source) in [
        (r#"{"Records": [{"eventSource": "aws:kinesis", "kinesis": {}}]}"#, "Kinesis"),
        (r#"{"Records": [{"eventSource": "aws:kinesis"}]}"#, "Kinesis"),
        (r#"{"Records": [{"eventSource": "aws:dynamodb", "dynamodb": []}]}"#, "DynamoDB"),
        (r#"{"eventSource": "aws:kafka", "records": {"t-0": [{"offset": "7"}]}}"#, "Kafka"),
        (r#"{"eventSource": "aws:kafka", "records": {"": [{"offset": 7}]}}"#, "Kafka"),
        (r#"{"eventSource": "aws:kafka", "records": {"t-0": [7]}}"#, "Kafka"),
    ] {
        assert_eq!(error(event), format!("cannot read the event as a batch: record 0 of {source} {without}"));
    }
}

#[test]
fn rejects_a_partition_key_of_more_than_300_bytes() {
    let event = |bytes: usize| kafka("aws:kafka", &[(&format!("{}-0", "t".repeat(bytes - 2)), 1, None)]);
    assert_eq!(batch::<Raw>(&event(300)).len(), 1);
    for bytes in [301, 3 << 20] {
        let error = Batch::<Raw>::from_event(&event(bytes), &Context::default()).unwrap_err().to_string();
        let expected = format!(
            "cannot read the event as a batch: the key of a partition has {bytes} bytes; a topic has at most 249 characters"
        );
        assert_eq!(error, expected);
    }
}

#[tokio::test]
async fn records_of_a_partition_share_its_key() {
    let event = kafka("aws:kafka", &[("orders-0", 1, None), ("orders-0", 2, None)]);
    let response = batch::<Raw>(&event).for_each(async |_| Err::<(), _>("no")).await;
    let partitions: Vec<_> = response.failures().iter().map(|id| id.as_offset().unwrap().0.as_ptr()).collect();
    assert_eq!(partitions.len(), 2);
    assert_eq!(partitions[0], partitions[1], "the key is a copy");
}

#[test]
fn rejects_events_of_tumbling_windows() {
    let record = r#"{"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": "1"}}"#;
    for (fields, name) in [
        (r#""window": {}, "state": {}, "isFinalInvokeForWindow": false"#, "window"),
        (r#""isFinalInvokeForWindow": false"#, "isFinalInvokeForWindow"),
        (r#""state": {}"#, "state"),
    ] {
        // The last event of a window may have no records.
        for records in [record, ""] {
            let expected = format!(
                "cannot split an event of a tumbling window, which has the field `{name}`: its response needs a state, and a \
                 `BatchResponse` has none; take the whole event with `Lodger::on_source`, as a `kinesis::KinesisTimeWindowEvent` or a \
                 `dynamodb::TimeWindowEvent`"
            );
            assert_eq!(error(&format!(r#"{{"Records": [{records}], {fields}}}"#)), expected);
        }
    }
    let event = format!(r#"{{"Records": [{record}], "window": null, "state": null}}"#);
    assert_eq!(batch::<Raw>(&Event::new(event)).len(), 1);
}

#[tokio::test]
async fn an_event_of_kafka_may_have_no_records() {
    let batch = batch::<Raw>(&Event::new(r#"{"eventSource": "aws:kafka", "records": {}}"#));
    assert!(batch.is_empty());
    assert!(batch.for_each(async |_| Err::<(), _>("no")).await.is_success());
}

#[tokio::test]
async fn damaged_events_never_panic() {
    let keys = r#"{"id": {"S": "k"}}"#;
    for event in [
        fifo(&[("a", "x")]),
        kinesis(&[("1", "k", "{}")]),
        dynamodb(&[("1", keys)]),
        kafka("aws:kafka", &[("t-0", 1, Some("7"))]),
    ] {
        let event = event.as_bytes();
        let cuts = (0..event.len()).map(|end| event[..end].to_vec());
        let changes = (0..event.len()).flat_map(|index| {
            b"\0\"{}[],:\\7\xff".iter().map(move |byte| {
                let mut event = event.to_vec();
                event[index] = *byte;
                event
            })
        });
        let (mut batches, mut errors) = (0, 0);
        for event in cuts.chain(changes) {
            let Ok(batch) = Batch::<serde_json::Value>::from_event(&Event::new(event), &Context::default()) else {
                errors += 1;
                continue;
            };
            batches += 1;
            let len = batch.len();
            let response = batch.for_each(async |_| Err::<(), _>("no")).await;
            assert_eq!(response.failures().len(), len);
        }
        assert!(batches > 100 && errors > 100, "{batches} batches and {errors} errors");
    }
}
