use std::{fmt, sync::Arc};

use serde_core::{Serialize, Serializer, ser::SerializeStruct};

use crate::Error;

/// The result of a batch: the identifiers of the records that failed.
///
/// Serializes to `{"batchItemFailures":[{"itemIdentifier":".."}]}`, the *partial batch response* of Lambda. Return it from the
/// handler. Without failures the list is empty, and Lambda deletes all messages or moves its checkpoint past the batch.
///
/// | failures | queue of SQS | stream of Kinesis or DynamoDB | Kafka |
/// |---|---|---|---|
/// | none | all messages are deleted | the checkpoint moves to the end of the batch | the offsets are committed |
/// | some | failed messages become visible again after the visibility timeout; the others are deleted | the lowest sequence number in the list is the checkpoint: Lambda retries this record and **all** later ones | Lambda retries the failed records |
/// | all | no message is deleted. The invocation still counts as successful in the metrics | the whole batch is retried | the whole batch is retried |
///
/// Lambda reads the response only if the event source mapping has `FunctionResponseTypes: [ReportBatchItemFailures]`.
/// **Without it, Lambda treats every response as a success, and records that failed are lost.** [The page about
/// batches](crate::docs::batches) has a template.
///
/// Sources: [SQS][sqs], [Kinesis][kinesis], [DynamoDB][dynamodb], [Kafka][kafka].
///
/// # Example
///
/// A response that is made by hand, for a handler that takes a type of its own:
///
/// ```
/// use lodger::lambda::{BatchResponse, ItemIdentifier};
///
/// let mut response = BatchResponse::new();
/// response.push(ItemIdentifier::new("059f36b4-87a3-44ab-83d2-661975830a7d")?);
/// assert_eq!(
///     serde_json::to_string(&response).unwrap(),
///     r#"{"batchItemFailures":[{"itemIdentifier":"059f36b4-87a3-44ab-83d2-661975830a7d"}]}"#
/// );
/// # Ok::<(), lodger::Error>(())
/// ```
///
/// [sqs]: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
/// [kinesis]: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
/// [dynamodb]: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
/// [kafka]: https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "Lambda deletes failed records if the handler does not return the response"]
pub struct BatchResponse {
    failures: Vec<ItemIdentifier>,
}

impl BatchResponse {
    /// Creates the response of a batch without failures.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record that failed.
    pub fn push(&mut self, record: ItemIdentifier) {
        self.failures.push(record);
    }

    /// The records that failed, in the order of the event.
    pub fn failures(&self) -> &[ItemIdentifier] {
        &self.failures
    }

    /// Whether no record failed.
    pub fn is_success(&self) -> bool {
        self.failures.is_empty()
    }
}

impl FromIterator<ItemIdentifier> for BatchResponse {
    fn from_iter<I: IntoIterator<Item = ItemIdentifier>>(failures: I) -> Self {
        Self { failures: failures.into_iter().collect() }
    }
}

impl Extend<ItemIdentifier> for BatchResponse {
    fn extend<I: IntoIterator<Item = ItemIdentifier>>(&mut self, failures: I) {
        self.failures.extend(failures);
    }
}

impl Serialize for BatchResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut response = serializer.serialize_struct("BatchResponse", 1)?;
        response.serialize_field("batchItemFailures", &Failures(&self.failures))?;
        response.end()
    }
}

struct Failures<'a>(&'a [ItemIdentifier]);

impl Serialize for Failures<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(BatchItemFailure))
    }
}

struct BatchItemFailure<'a>(&'a ItemIdentifier);

impl Serialize for BatchItemFailure<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut failure = serializer.serialize_struct("BatchItemFailure", 1)?;
        failure.serialize_field("itemIdentifier", self.0)?;
        failure.end()
    }
}

/// The identifier of a record in a [`BatchResponse`]. Never empty: Lambda treats a whole batch as failed if one identifier is.
///
/// | source | identifier | JSON |
/// |---|---|---|
/// | SQS | `messageId` | a string |
/// | Kinesis | `kinesis.sequenceNumber` | a string |
/// | DynamoDB | `dynamodb.SequenceNumber` | a string |
/// | Kafka | topic and partition, and the offset | `{"partition":"orders-0","offset":100}` ([source][kafka]) |
///
/// [kafka]: https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html#kafka-partial-batch-response
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ItemIdentifier(Identifier);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Identifier {
    Id(String),
    Offset { partition: Arc<str>, offset: i64 },
}

impl ItemIdentifier {
    /// Creates the identifier of a record of SQS, Kinesis or DynamoDB: a message id or a sequence number.
    ///
    /// # Errors
    /// `id` is empty.
    pub fn new(id: impl Into<String>) -> Result<Self, Error> {
        let id = id.into();
        if id.is_empty() {
            return Err(Error::new("cannot report a failed record: its identifier is empty"));
        }
        Ok(Self(Identifier::Id(id)))
    }

    /// Creates the identifier of a record of Kafka. `partition` is the key of the partition in the event: the topic, a hyphen and
    /// the number, such as `orders-0`.
    ///
    /// # Errors
    /// `partition` is empty.
    pub fn kafka(partition: impl Into<Arc<str>>, offset: i64) -> Result<Self, Error> {
        let partition = partition.into();
        if partition.is_empty() {
            return Err(Error::new("cannot report a failed record: its partition is empty"));
        }
        Ok(Self(Identifier::Offset { partition, offset }))
    }

    /// The message id or the sequence number. `None` for Kafka.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Identifier::Id(id) => Some(id),
            Identifier::Offset { .. } => None,
        }
    }

    /// The partition and the offset. `None` except for Kafka.
    pub fn as_offset(&self) -> Option<(&str, i64)> {
        match &self.0 {
            Identifier::Id(_) => None,
            Identifier::Offset { partition, offset } => Some((partition, *offset)),
        }
    }
}

impl fmt::Display for ItemIdentifier {
    /// Writes the message id or the sequence number; for Kafka, `orders-0 at offset 100`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Identifier::Id(id) => f.write_str(id),
            Identifier::Offset { partition, offset } => write!(f, "{partition} at offset {offset}"),
        }
    }
}

impl Serialize for ItemIdentifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Identifier::Id(id) => serializer.serialize_str(id),
            Identifier::Offset { partition, offset } => {
                let mut identifier = serializer.serialize_struct("ItemIdentifier", 2)?;
                identifier.serialize_field("partition", partition)?;
                identifier.serialize_field("offset", offset)?;
                identifier.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serializes_as_lambda_expects() {
        let json = |response: &BatchResponse| serde_json::to_string(response).unwrap();
        assert_eq!(json(&BatchResponse::new()), r#"{"batchItemFailures":[]}"#);
        let ids = ["a", "b"].map(|id| ItemIdentifier::new(id).unwrap());
        assert_eq!(
            json(&ids.into_iter().collect()),
            r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}"#
        );
        let kafka = ItemIdentifier::kafka("orders-0", 100).unwrap();
        assert_eq!(
            json(&BatchResponse::from_iter([kafka])),
            r#"{"batchItemFailures":[{"itemIdentifier":{"partition":"orders-0","offset":100}}]}"#
        );
    }

    #[test]
    fn rejects_an_empty_identifier() {
        assert!(ItemIdentifier::new("").is_err());
        assert!(ItemIdentifier::kafka("", 0).is_err());
    }
}
