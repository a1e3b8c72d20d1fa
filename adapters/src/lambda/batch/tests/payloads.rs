use std::sync::Mutex;

use super::{
    events::{dynamodb, kafka, kinesis, sqs},
    *,
};

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Order {
    total: u32,
}

const ORDER: &str = r#"{"total": 7}"#;

/// Returns the payloads of a batch, and the failed records.
async fn payloads<T: FromRecord>(event: &Event) -> (Vec<T>, Vec<String>) {
    let payloads = Mutex::new(Vec::new());
    let response = batch::<T>(event)
        .for_each(async |record| {
            payloads.lock().unwrap().push(record.payload);
            Ok::<_, Error>(())
        })
        .await;
    (payloads.into_inner().unwrap(), failed(&response))
}

#[tokio::test]
async fn reads_the_payload_of_each_source() {
    for event in [
        sqs(&[("a", ORDER)]),
        kinesis(&[("a", "k", ORDER)]),
        kafka("aws:kafka", &[("a-0", 1, Some(ORDER))]),
        kafka("SelfManagedKafka", &[("a-0", 1, Some(ORDER))]),
    ] {
        assert_eq!(payloads::<Order>(&event).await, (vec![Order { total: 7 }], vec![]));
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Change {
        keys: serde_json::Value,
        size_bytes: u32,
    }

    let keys = r#"{"id": {"N": "7"}}"#;
    let change = Change { keys: serde_json::from_str(keys).unwrap(), size_bytes: 26 };
    assert_eq!(payloads::<Change>(&dynamodb(&[("1", keys)])).await, (vec![change], vec![]));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_fails_alone() {
    let bodies = ["", "text", r#"{"total": "7"}"#, r#"{"total": 7} x"#, ORDER];
    let messages: Vec<_> = ["a", "b", "c", "d", "e"].into_iter().zip(bodies).collect();
    assert_eq!(
        payloads::<Order>(&sqs(&messages)).await,
        (vec![Order { total: 7 }], ["a", "b", "c", "d"].map(String::from).to_vec())
    );

    for data in ["7", "null", r#""*""#, r#""====""#] {
        let event = format!(
            r#"{{"Records": [{{"eventSource": "aws:kinesis", "kinesis": {{"sequenceNumber": "1", "data": {data}}}}}]}}"#
        );
        assert_eq!(payloads::<Raw>(&Event::new(event)).await, (vec![], vec!["1".to_owned()]), "{data}");
    }
}

#[tokio::test]
async fn decodes_base64_without_padding() {
    let event = r#"{"eventSource": "aws:kafka", "records": {"t-0": [{"offset": 1, "value": "eyJ0b3RhbCI6IDd9"}, {"offset": 2, "value": "Nw"}]}}"#;
    let (payloads, failures) = payloads::<serde_json::Value>(&Event::new(event)).await;
    assert_eq!(payloads, [serde_json::json!({"total": 7}), serde_json::json!(7)]);
    assert!(failures.is_empty());
}

#[tokio::test]
async fn a_kafka_record_without_a_value_is_null() {
    let event = kafka("aws:kafka", &[("t-0", 1, None), ("t-0", 2, Some(ORDER)), ("t-0", 3, None)]);
    let (orders, failures) = payloads::<Option<Order>>(&event).await;
    assert_eq!(orders, [None, Some(Order { total: 7 }), None]);
    assert!(failures.is_empty());
    assert_eq!(payloads::<Order>(&event).await.1.len(), 3);
}

#[tokio::test]
async fn a_record_has_its_bytes_and_its_json() {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Message<'a> {
        message_id: &'a str,
        receipt_handle: &'a str,
    }

    let event = sqs(&[("a", "\"\u{e9}\"\n"), ("b", "x")]);
    let response = batch::<Raw>(&event)
        .concurrency(1)
        .for_each(async |record| {
            let message: Message<'_> = record.parse()?;
            assert_eq!((message.message_id, message.receipt_handle), (record.id().as_str().unwrap(), "handle"));
            if message.message_id == "a" {
                assert_eq!(record.data(), "\"\u{e9}\"\n".as_bytes());
            }
            let range = event.as_bytes().as_ptr_range();
            assert!(range.contains(&record.raw().as_ptr()), "the JSON is a copy");
            assert_eq!(
                format!("{record:?}"),
                format!("Record {{ id: {:?}, bytes: {}, .. }}", record.id(), record.raw().len())
            );
            record.parse::<Order>().map(drop)
        })
        .await;
    assert_eq!(failed(&response), ["a", "b"]);
}

/// The error of a batch whose type of payload does not fit the source.
fn mismatch<T: FromRecord>(event: &Event) -> Option<String> {
    Batch::<T>::from_event(event, &Context::default()).err().map(|error| error.to_string())
}

#[tokio::test]
async fn whole_reads_the_record() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Message {
        message_id: String,
        #[serde(default)]
        receipt_handle: Option<String>,
    }

    let event = sqs(&[("a", "text")]);
    let expected = Message { message_id: "a".to_owned(), receipt_handle: Some("handle".to_owned()) };
    assert_eq!(payloads::<Whole<Message>>(&event).await, (vec![Whole(expected)], vec![]));
    let name = std::any::type_name::<Message>();
    let expected = format!(
        "cannot read the payloads of SQS records as {name}: the field `receiptHandle` belongs to the type of a whole record; use \
         `Batch<Whole<Message>>`, or the type of the payload. If the payload has this field, use a newtype of Message that \
         implements `FromRecord`"
    );
    assert_eq!(mismatch::<Message>(&event).unwrap(), expected);
    // The message of another queue, sent through Kinesis.
    assert_eq!(mismatch::<Message>(&kinesis(&[("1", "k", "{}")])), None);
}

#[tokio::test]
async fn a_newtype_reads_a_payload_with_a_field_of_whole_records() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Settings {
        kinesis: String,
    }

    #[derive(Debug, PartialEq)]
    struct Newtype(Settings);

    impl FromRecord for Newtype {
        fn from_record(record: &Record<Raw>) -> Result<Self, Error> {
            Settings::from_record(record).map(Self)
        }
    }

    let event = kinesis(&[("1", "k", r#"{"kinesis": "clicks"}"#)]);
    assert!(mismatch::<Settings>(&event).unwrap().contains("use a newtype of Settings that implements `FromRecord`"));
    let expected = Newtype(Settings { kinesis: "clicks".to_owned() });
    assert_eq!(payloads::<Newtype>(&event).await, (vec![expected], vec![]));
}

#[test]
fn a_record_of_a_test_has_a_payload_and_no_json() {
    let record = Record::new(ItemIdentifier::new("a").unwrap(), Order { total: 7 });
    assert_eq!((record.id().as_str(), &record.payload), (Some("a"), &Order { total: 7 }));
    assert!(record.data().is_empty() && record.raw().is_empty() && record.parse::<Order>().is_err());
}

#[cfg(feature = "events")]
#[tokio::test]
async fn types_of_whole_records_need_whole() {
    use aws_lambda_events::event::{
        dynamodb::{EventRecord, StreamRecord},
        kafka::KafkaRecord,
        kinesis::KinesisEventRecord,
        s3::S3Event,
        sqs::SqsMessage,
    };

    let with_sqs = sqs(&[("a", r#"{"Records": []}"#)]);
    let with_kinesis = kinesis(&[("1", "k", "{}")]);
    let with_dynamodb = dynamodb(&[("1", "{}")]);
    let with_kafka = kafka("aws:kafka", &[("t-0", 1, Some("{}"))]);
    for (error, name) in [
        (mismatch::<SqsMessage>(&with_sqs), "SqsMessage"),
        (mismatch::<KinesisEventRecord>(&with_kinesis), "KinesisEventRecord"),
        (mismatch::<EventRecord>(&with_dynamodb), "EventRecord"),
        (mismatch::<KafkaRecord>(&with_kafka), "KafkaRecord"),
    ] {
        let error = error.expect(name);
        assert!(error.contains(&format!("use `Batch<Whole<{name}>>`")), "{error}");
    }
    assert_eq!(payloads::<Whole<SqsMessage>>(&with_sqs).await.0[0].0.message_id.as_deref(), Some("a"));
    assert_eq!(payloads::<Whole<KinesisEventRecord>>(&with_kinesis).await.0[0].0.kinesis.sequence_number, "1");
    assert_eq!(payloads::<Whole<KafkaRecord>>(&with_kafka).await.0[0].0.offset, 1);
    assert_eq!(payloads::<StreamRecord>(&with_dynamodb).await.0[0].sequence_number.as_deref(), Some("1"));
    // Payloads that are events themselves.
    assert!(payloads::<S3Event>(&with_sqs).await.0[0].records.is_empty());
}
