//! Events of Amazon MQ.

use serde_json::{Value, json};

use super::{
    TestEvent,
    values::{TIME_MILLIS, arn, base64, uuid},
};

/// Makes the event of a queue of an ActiveMQ broker, with a text message for each body.
///
/// Source: [Using Lambda with Amazon MQ](https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html).
pub fn activemq(queue: &str, bodies: impl IntoIterator<Item = impl AsRef<[u8]>>) -> TestEvent {
    let messages = bodies.into_iter().zip(1..).map(|(body, number)| activemq_message(queue, body.as_ref(), number));
    json!({
        "eventSource": "aws:mq",
        "eventSourceArn": broker(),
        "messages": messages.collect::<Vec<_>>(),
    })
    .into()
}

fn activemq_message(queue: &str, body: &[u8], number: usize) -> Value {
    let host = format!("b-{}-1.mq.us-east-1.amazonaws.com", uuid(1));
    json!({
        "messageID": format!("ID:{host}-37557-{TIME_MILLIS}-4:1:1:1:{number}"),
        "messageType": "jms/text-message",
        "timestamp": TIME_MILLIS,
        "deliveryMode": 1,
        "correlationID": null,
        "replyTo": null,
        "destination": {"physicalName": queue},
        "redelivered": false,
        "type": null,
        "expiration": 0,
        "priority": 4,
        "data": base64(body),
        "brokerInTime": TIME_MILLIS + 1,
        "brokerOutTime": TIME_MILLIS + 2,
        "properties": {},
    })
}

/// Makes the event of a queue of a RabbitMQ broker, with a message for each body.
///
/// The virtual host is `/`, so that the messages are under a name such as `orders::/`.
///
/// Source: [Using Lambda with Amazon MQ](https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let event = events::rabbitmq("orders", ["hello"]);
/// assert_eq!(event["rmqMessagesByQueue"]["orders::/"][0]["data"], "aGVsbG8=");
/// ```
pub fn rabbitmq(queue: &str, bodies: impl IntoIterator<Item = impl AsRef<[u8]>>) -> TestEvent {
    let messages = bodies.into_iter().map(|body| rabbitmq_message(body.as_ref()));
    json!({
        "eventSource": "aws:rmq",
        "eventSourceArn": broker(),
        "rmqMessagesByQueue": {format!("{queue}::/"): messages.collect::<Vec<_>>()},
    })
    .into()
}

fn rabbitmq_message(body: &[u8]) -> Value {
    json!({
        "basicProperties": {
            "contentType": "text/plain",
            "contentEncoding": null,
            "headers": {},
            "deliveryMode": 1,
            "priority": 0,
            "correlationId": null,
            "replyTo": null,
            "expiration": null,
            "messageId": null,
            "timestamp": "Mar 12, 2025, 7:03:58 PM",
            "type": null,
            "userId": null,
            "appId": null,
            "clusterId": null,
            "bodySize": body.len(),
        },
        "redelivered": false,
        "data": base64(body),
    })
}

fn broker() -> String {
    arn("mq", &format!("broker:my-broker:b-{}", uuid(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::{activemq::ActiveMqEvent, rabbitmq::RabbitMqEvent};

    #[test]
    fn has_the_messages_of_an_activemq_queue() {
        let event: ActiveMqEvent = read(activemq("orders", ["one", "two"]));
        let [first, second] = &event.messages[..] else { panic!("two messages") };
        assert_eq!((first.data.as_deref(), second.data.as_deref()), (Some("b25l"), Some("dHdv")));
        assert_ne!(first.message_id, second.message_id);
        assert_eq!(second.destination.physical_name.as_deref(), Some("orders"));
        assert_eq!(event.event_source.as_deref(), Some("aws:mq"));
        assert!(event.event_source_arn.unwrap().starts_with("arn:aws:mq:us-east-1:123456789012:broker:"));
    }

    #[test]
    fn has_the_messages_of_a_rabbitmq_queue() {
        let event: RabbitMqEvent = read(rabbitmq("orders", ["one", "three"]));
        let [first, second] = &event.messages_by_queue["orders::/"][..] else { panic!("two messages") };
        assert_eq!((first.data.as_deref(), second.data.as_deref()), (Some("b25l"), Some("dGhyZWU=")));
        assert_eq!((first.basic_properties.body_size, second.basic_properties.body_size), (3, 5));
        assert_eq!(event.event_source.as_deref(), Some("aws:rmq"));
        assert_eq!(event.messages_by_queue.len(), 1);
    }
}
