//! Events of SQS and SNS.

use serde_json::{Value, json};

use super::{
    TestEvent,
    values::{REGION, TIME, TIME_MILLIS, arn, base64, records, uuid},
};
use crate::event::json::insert;

/// Makes the event of a standard SQS queue, with a message for each body.
///
/// Each message has its own `messageId`, which a reply with `batchItemFailures` contains. `md5OfBody` matches the body. AWS sends
/// up to 10 messages, or up to 10,000 with a batching window.
///
/// Source: [Using Lambda with Amazon SQS](https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let event = events::sqs("orders", [r#"{"id":1}"#, "not JSON"]);
/// assert_eq!(event["Records"][1]["body"], "not JSON");
/// assert_eq!(event["Records"][1]["eventSourceARN"], "arn:aws:sqs:us-east-1:123456789012:orders");
/// ```
pub fn sqs(queue: &str, bodies: impl IntoIterator<Item = impl AsRef<str>>) -> TestEvent {
    let bodies = bodies.into_iter().zip(1..);
    records(bodies.map(|(body, number)| message(queue, body.as_ref(), attributes(), number)))
}

/// Makes the event of a FIFO queue, with a message for each message group ID and body.
///
/// Adds `.fifo` to the name of the queue if it is missing. Sequence numbers grow, and deduplication IDs are unique.
///
/// Source: [Using Lambda with Amazon SQS](https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let event = events::sqs_fifo("orders", [("customer-1", "first"), ("customer-2", "first"), ("customer-1", "second")]);
/// assert_eq!(event["Records"][2]["attributes"]["MessageGroupId"], "customer-1");
/// ```
pub fn sqs_fifo(queue: &str, messages: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>) -> TestEvent {
    let queue = format!("{}.fifo", queue.strip_suffix(".fifo").unwrap_or(queue));
    let messages = messages.into_iter().zip(1..);
    records(messages.map(|((group, body), number)| {
        let mut attributes = attributes();
        insert(&mut attributes, "SequenceNumber", format!("18880000000000{number:06}"));
        insert(&mut attributes, "MessageGroupId", group.as_ref());
        insert(&mut attributes, "MessageDeduplicationId", uuid(number));
        message(&queue, body.as_ref(), attributes, number)
    }))
}

/// Returns the attributes of a message in a standard queue.
fn attributes() -> Value {
    json!({
        "ApproximateReceiveCount": "1",
        "SentTimestamp": TIME_MILLIS.to_string(),
        "SenderId": "AIDAEXAMPLEEXAMPLE123",
        "ApproximateFirstReceiveTimestamp": (TIME_MILLIS + 12).to_string(),
    })
}

fn message(queue: &str, body: &str, attributes: Value, number: usize) -> Value {
    json!({
        "messageId": uuid(number),
        "receiptHandle": base64(format!("receipt handle of message {number}")),
        "body": body,
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": format!("{:x}", md5::compute(body)),
        "eventSource": "aws:sqs",
        "eventSourceARN": arn("sqs", queue),
        "awsRegion": REGION,
    })
}

/// Makes the event of an SNS topic with a message. SNS sends one message in each event.
///
/// The subject is `null` and the signature is made up.
///
/// Source: [Invoking Lambda functions with Amazon SNS notifications](https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let mut event = events::sns("orders", "hello");
/// event["Records"][0]["Sns"]["Subject"] = "greeting".into();
/// assert_eq!(event["Records"][0]["Sns"]["Message"], "hello");
/// ```
pub fn sns(topic: &str, message: &str) -> TestEvent {
    let topic = arn("sns", topic);
    let subscription = format!("{topic}:{}", uuid(1));
    let host = format!("https://sns.{REGION}.amazonaws.com");
    let record = json!({
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "Sns": {
            "Type": "Notification",
            "MessageId": uuid(2),
            "TopicArn": topic,
            "Subject": null,
            "Message": message,
            "Timestamp": TIME,
            "SignatureVersion": "1",
            "Signature": base64("made-up signature"),
            "SigningCertUrl": format!("{host}/SimpleNotificationService-example.pem"),
            "UnsubscribeUrl": format!("{host}/?Action=Unsubscribe&SubscriptionArn={subscription}"),
            "MessageAttributes": {},
        },
    });
    records([record].into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::{
        sns::SnsEvent,
        sqs::{SqsEvent, SqsEventObj},
    };

    #[test]
    fn has_the_messages_of_a_queue() {
        let event: SqsEvent = read(sqs("orders", ["", "hello"]));
        let [first, second] = &event.records[..] else { panic!("two records") };
        assert_ne!((&first.message_id, &first.receipt_handle), (&second.message_id, &second.receipt_handle));
        assert_eq!(second.message_id.as_deref().map(str::len), Some(36));
        assert_eq!((first.body.as_deref(), second.body.as_deref()), (Some(""), Some("hello")));
        // RFC 1321 has the MD5 of the empty string.
        assert_eq!(first.md5_of_body.as_deref(), Some("d41d8cd98f00b204e9800998ecf8427e"));
        assert_eq!(second.md5_of_body.as_deref(), Some("5d41402abc4b2a76b9719d911017c592"));
        assert_eq!(second.event_source.as_deref(), Some("aws:sqs"));
        assert_eq!(second.event_source_arn.as_deref(), Some("arn:aws:sqs:us-east-1:123456789012:orders"));
        assert_eq!(second.attributes["ApproximateReceiveCount"], "1");
        assert_eq!(second.attributes.get("MessageGroupId"), None);
    }

    #[test]
    fn has_bodies_that_parse_as_json() {
        let bodies = [json!({"id": 1}), json!({"id": 2})].map(|body| body.to_string());
        let event: SqsEventObj<Value> = read(sqs("orders", bodies));
        assert_eq!(event.records[1].body, json!({"id": 2}));
    }

    #[test]
    fn has_groups_and_growing_sequence_numbers_of_a_fifo_queue() {
        for queue in ["orders", "orders.fifo"] {
            let event: SqsEvent = read(sqs_fifo(queue, [("a", "1"), ("b", "2"), ("a", "3")]));
            let attribute = |name: &str| -> Vec<&str> {
                event.records.iter().map(|record| record.attributes[name].as_str()).collect()
            };
            assert_eq!(attribute("MessageGroupId"), ["a", "b", "a"]);
            assert!(attribute("SequenceNumber").is_sorted_by(|a, b| a < b && a.len() == 20));
            assert!(attribute("MessageDeduplicationId").is_sorted_by(|a, b| a < b));
            let arn = event.records[0].event_source_arn.as_deref();
            assert_eq!(arn, Some("arn:aws:sqs:us-east-1:123456789012:orders.fifo"));
        }
    }

    #[test]
    fn has_the_message_of_a_topic() {
        let event: SnsEvent = read(sns("orders", r#"{"id":1}"#));
        let record = &event.records[0];
        assert_eq!((event.records.len(), record.event_source.as_str()), (1, "aws:sns"));
        assert_eq!((record.sns.message.as_str(), record.sns.subject.as_deref()), (r#"{"id":1}"#, None));
        assert_eq!(record.sns.topic_arn, "arn:aws:sns:us-east-1:123456789012:orders");
        assert!(record.event_subscription_arn.starts_with(&record.sns.topic_arn));
        assert_eq!(record.sns.timestamp.timestamp_millis().unsigned_abs(), TIME_MILLIS);
    }
}
