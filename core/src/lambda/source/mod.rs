//! The source of an event, which selects its handler.

mod arn;
mod kinds;
mod matcher;
mod read;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, fmt};

use crate::{json::read::Reader, lambda::quote::quote};

pub use kinds::EventKind;

/// The source of an event: the service that sends it, and the resource, app or schedule.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::lambda::{EventKind, EventSource};
///
/// let event = br#"{"Records": [{
///     "eventSource": "aws:sqs",
///     "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:orders",
///     "body": "a message"
/// }]}"#;
/// let source = EventSource::read(event).unwrap();
/// assert_eq!(source.kind(), EventKind::Sqs);
/// assert!(source.is_from("orders"));
/// assert_eq!(source.to_string(), "an event of SQS (arn:aws:sqs:us-east-1:123456789012:orders)");
/// ```
#[derive(Clone)]
pub struct EventSource<'a> {
    kind: EventKind,
    source: Option<Cow<'a, str>>,
    detail_type: Option<Cow<'a, str>>,
    arn: Option<Cow<'a, str>>,
    event: &'a [u8],
}

impl<'a> EventSource<'a> {
    /// Reads the source from the JSON of an event. Returns `None` if the JSON is invalid.
    ///
    /// Reads the members of the event once, and of its records only the first. Stops after a record of a known source, and
    /// validates no values that it skips.
    #[must_use]
    pub fn read(event: &'a [u8]) -> Option<Self> {
        read::read(event).ok()
    }

    /// The kind of the event.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// The name of the source in the event: `aws:sqs`, for example, or the `source` of an event of EventBridge.
    ///
    /// This is `eventSource` of the first record or of the event, else the member `source`.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// The `detail-type` of an event of EventBridge.
    #[must_use]
    pub fn detail_type(&self) -> Option<&str> {
        self.detail_type.as_deref()
    }

    /// The Amazon Resource Name of the resource that sends the event.
    ///
    /// | kind | resource |
    /// |---|---|
    /// | SQS, Kinesis, DynamoDB, CodeCommit | the queue, stream or repository of the first record |
    /// | SNS | the topic |
    /// | S3 | the bucket |
    /// | Kafka on Amazon MSK, ActiveMQ, RabbitMQ, DocumentDB | the cluster or broker |
    /// | EventBridge | the rule or schedule, if the event is scheduled |
    /// | CloudWatch alarms, Firehose, Kinesis Data Analytics, AWS Config, Secrets Manager | the alarm, stream, application, rule or secret |
    /// | others | none |
    #[must_use]
    pub fn arn(&self) -> Option<&str> {
        self.arn.as_deref()
    }

    /// Returns whether `name` is the [`source`](Self::source), the [`arn`](Self::arn), or the name of the resource in the ARN.
    ///
    /// The name of the queue `arn:aws:sqs:us-east-1:123456789012:orders` is `orders`, and that of the DynamoDB stream
    /// `arn:aws:dynamodb:us-east-1:123456789012:table/Users/stream/2026-01-01T00:00:00.000` is `Users`.
    ///
    /// The ARN of a table is that of its streams too: `arn:aws:dynamodb:us-east-1:123456789012:table/Users`.
    #[must_use]
    pub fn is_from(&self, name: &str) -> bool {
        let is_part_of =
            |arn: &str| name.starts_with("arn:") && arn.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
        let is_resource = |arn: &str| arn == name || arn::resource_name(arn) == Some(name) || is_part_of(arn);
        self.source() == Some(name) || self.arn().is_some_and(is_resource)
    }
}

/// Names the kind and the source, for error messages. Of an event of an unknown kind, writes the first eight keys.
///
/// Long names are cut. Writes no other values of the event, because they may be confidential.
impl fmt::Display for EventSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an event of {}", self.kind)?;
        match (self.kind, self.source(), self.detail_type(), self.arn()) {
            (EventKind::Unknown, ..) => fmt_keys(self.event, f),
            (EventKind::EventBridge, Some(source), Some(detail_type), _) => {
                write!(f, " (source {}, detail-type {})", quote(source.as_bytes()), quote(detail_type.as_bytes()))
            }
            (.., Some(arn)) => write!(f, " ({})", Shortened(arn)),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for EventSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventSource({self})")
    }
}

/// Reads the event again, because such errors are rare.
fn fmt_keys(event: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const MAX_KEYS: usize = 8;
    let mut keys = Vec::new();
    let is_object = Reader::new(event).object(|value, key| {
        if keys.len() < MAX_KEYS {
            keys.push(quote(&key.decode().unwrap_or_default()));
        }
        value.skip().map(drop)
    });
    match is_object {
        Ok(true) => write!(f, ", with the keys [{}]", keys.join(", ")),
        _ => f.write_str(", which is not a JSON object"),
    }
}

/// The first characters of an ARN, with control characters escaped.
struct Shortened<'a>(&'a str);

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_CHARACTERS: usize = 200;
        self.0.chars().take(MAX_CHARACTERS).try_for_each(|character| write!(f, "{}", character.escape_debug()))
    }
}
