use std::fmt;

use crate::lambda::{EventKind, EventSource};

/// The service that a [`Batch`](crate::lambda::Batch) is from. Lambda has partial batch responses for these services only.
///
/// Source: [`FunctionResponseTypes` of an event source mapping][types].
///
/// [types]: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html#lambda-CreateEventSourceMapping-request-FunctionResponseTypes
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BatchSource {
    /// A standard queue of SQS.
    Sqs,
    /// A FIFO queue of SQS: the ARN of the queue ends in `.fifo`.
    SqsFifo,
    /// A stream of Kinesis Data Streams.
    Kinesis,
    /// A stream of a DynamoDB table.
    DynamoDb,
    /// Topics of Amazon MSK, or of Apache Kafka elsewhere.
    Kafka,
}

impl BatchSource {
    /// Returns the source of a batch. `None` if events of this kind have no partial batch responses.
    pub(super) fn from_event(source: &EventSource<'_>) -> Option<Self> {
        match source.kind() {
            EventKind::Sqs if source.arn().is_some_and(|arn| arn.ends_with(".fifo")) => Some(Self::SqsFifo),
            EventKind::Sqs => Some(Self::Sqs),
            EventKind::Kinesis => Some(Self::Kinesis),
            EventKind::DynamoDb => Some(Self::DynamoDb),
            EventKind::Kafka => Some(Self::Kafka),
            _ => None,
        }
    }

    /// The name of records that the batch processes in order.
    pub(super) fn order(self) -> &'static str {
        match self {
            Self::Sqs => "queue",
            Self::SqsFifo => "message group",
            Self::Kinesis => "partition key",
            Self::DynamoDb => "item",
            Self::Kafka => "partition",
        }
    }

    /// A field that whole records of the source have, and their payloads do not.
    pub(super) fn field_of_whole_records(self) -> &'static str {
        match self {
            Self::Sqs | Self::SqsFifo => "receiptHandle",
            Self::Kinesis => "kinesis",
            Self::DynamoDb => "dynamodb",
            Self::Kafka => "timestampType",
        }
    }
}

impl fmt::Display for BatchSource {
    /// Writes the name of the service, such as `SQS`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqs => "SQS",
            Self::SqsFifo => "SQS FIFO",
            Self::Kinesis => "Kinesis",
            Self::DynamoDb => "DynamoDB",
            Self::Kafka => "Kafka",
        })
    }
}
