//! Events of Kinesis Data Streams, Data Firehose and Kinesis Data Analytics.

use serde_json::json;

use super::{
    TestEvent,
    values::{REGION, TIME_MILLIS, TIME_SECONDS, arn, base64, records, role_arn, sequence_number, uuid},
};

/// Makes the event of a Kinesis data stream, with a record for each partition key and data.
///
/// All records belong to one shard. Sequence numbers grow. A reply with `batchItemFailures` contains the sequence number.
///
/// Source: [Using Lambda with Kinesis Data Streams](https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let event = events::kinesis("clicks", [("user-1", "hello"), ("user-2", "world")]);
/// assert_eq!(event["Records"][0]["kinesis"]["data"], "aGVsbG8=");
/// ```
pub fn kinesis(stream: &str, items: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<[u8]>)>) -> TestEvent {
    let stream = arn("kinesis", &format!("stream/{stream}"));
    let items = items.into_iter().zip(1..);
    records(items.map(|((partition_key, data), number)| {
        json!({
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": partition_key.as_ref(),
                "sequenceNumber": sequence_number(number),
                "data": base64(data),
                "approximateArrivalTimestamp": TIME_SECONDS,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": format!("shardId-000000000000:{}", sequence_number(number)),
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": role_arn("lambda-role"),
            "awsRegion": REGION,
            "eventSourceARN": stream,
        })
    }))
}

/// Makes the event of a Firehose stream that transforms data, with a record for each data.
///
/// Each record has its own `recordId`, which the reply contains. The source of the stream is `PutRecord`. If the source is a
/// Kinesis stream, AWS adds the members `sourceKinesisStreamArn` and `kinesisRecordMetadata`.
///
/// Source: [Transform source data](https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html).
pub fn firehose(stream: &str, data: impl IntoIterator<Item = impl AsRef<[u8]>>) -> TestEvent {
    let records = data.into_iter().zip(1..).map(|(data, number)| {
        json!({
            "recordId": sequence_number(number),
            "approximateArrivalTimestamp": TIME_MILLIS,
            "data": base64(data),
        })
    });
    json!({
        "invocationId": uuid(1),
        "deliveryStreamArn": arn("firehose", &format!("deliverystream/{stream}")),
        "region": REGION,
        "records": records.collect::<Vec<_>>(),
    })
    .into()
}

/// Makes the event of a Kinesis Data Analytics application whose output is a function, with a record for each data.
///
/// Each record has its own `recordId`, which the reply contains.
///
/// Source: [Using a Lambda function as output](https://docs.aws.amazon.com/kinesisanalytics/latest/dev/how-it-works-output-lambda.html).
pub fn kinesis_analytics(application: &str, data: impl IntoIterator<Item = impl AsRef<[u8]>>) -> TestEvent {
    let records = data.into_iter().zip(1..).map(|(data, number)| {
        json!({
            "recordId": sequence_number(number),
            "lambdaDeliveryRecordMetadata": {"retryHint": 0},
            "data": base64(data),
        })
    });
    json!({
        "invocationId": uuid(1),
        "applicationArn": arn("kinesisanalytics", &format!("application/{application}")),
        "records": records.collect::<Vec<_>>(),
    })
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::{
        firehose::KinesisFirehoseEvent,
        kinesis::{KinesisEvent, analytics::KinesisAnalyticsOutputDeliveryEvent},
    };

    #[test]
    fn has_the_records_of_a_stream_in_the_order_of_their_sequence_numbers() {
        let event: KinesisEvent = read(kinesis("clicks", [("a", b"\x00\xff".to_vec()), ("b", b"two".to_vec())]));
        let [first, second] = &event.records[..] else { panic!("two records") };
        assert_eq!((first.kinesis.partition_key.as_str(), &first.kinesis.data.0[..]), ("a", &b"\x00\xff"[..]));
        assert_eq!((second.kinesis.partition_key.as_str(), &second.kinesis.data.0[..]), ("b", &b"two"[..]));
        assert!(first.kinesis.sequence_number < second.kinesis.sequence_number);
        assert!(second.event_id.as_ref().unwrap().ends_with(&second.kinesis.sequence_number));
        assert_eq!(second.event_source_arn.as_deref(), Some("arn:aws:kinesis:us-east-1:123456789012:stream/clicks"));
        assert_eq!(second.kinesis.approximate_arrival_timestamp.timestamp().unsigned_abs(), TIME_SECONDS);
    }

    #[test]
    fn has_the_records_of_a_firehose_stream() {
        let event: KinesisFirehoseEvent = read(firehose("archive", ["one", "two"]));
        let [first, second] = &event.records[..] else { panic!("two records") };
        assert_eq!((&first.data.0[..], &second.data.0[..]), (&b"one"[..], &b"two"[..]));
        assert_ne!(first.record_id, second.record_id);
        assert_eq!(second.approximate_arrival_timestamp.timestamp_millis().unsigned_abs(), TIME_MILLIS);
        assert!(event.delivery_stream_arn.unwrap().ends_with(":deliverystream/archive"));
    }

    #[test]
    fn has_the_records_of_an_analytics_application() {
        let event: KinesisAnalyticsOutputDeliveryEvent = read(kinesis_analytics("sums", ["one", "two"]));
        let [first, second] = &event.records[..] else { panic!("two records") };
        assert_eq!((&first.data.0[..], &second.data.0[..]), (&b"one"[..], &b"two"[..]));
        assert_ne!(first.record_id, second.record_id);
        assert!(event.application_arn.unwrap().ends_with(":application/sums"));
    }
}
