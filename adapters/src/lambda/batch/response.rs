use std::collections::BTreeMap;

use serde_core::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeStruct};

use super::ItemIdentifier;

/// The field of a response with the list of failures.
const FAILURES: &str = "batchItemFailures";
/// The field of a failure.
const IDENTIFIER: &str = "itemIdentifier";

/// The result of a batch: the identifiers of the records that failed.
///
/// Serializes to `{"batchItemFailures":[{"itemIdentifier":".."}]}`, the *partial batch response* of Lambda. Return it from the
/// handler. Without failures the list is empty, and Lambda deletes all messages or moves its checkpoint past the batch. A test
/// deserializes the result of an invocation into the type.
///
/// | failures | queue of SQS | stream of Kinesis or DynamoDB | Kafka |
/// |---|---|---|---|
/// | none | all messages are deleted | the checkpoint moves to the end of the batch | the offsets are committed |
/// | some | failed messages become visible again after the visibility timeout; the others are deleted | the lowest sequence number in the list is the checkpoint: Lambda retries this record and **all** later ones | Lambda retries the failed records |
/// | all | no message is deleted. The invocation still counts as successful in the metrics | the whole batch is retried | the whole batch is retried |
///
/// Lambda reads the response only if the event source mapping has `FunctionResponseTypes: [ReportBatchItemFailures]`.
/// **Without it, Lambda treats every response as a success, and records that failed are lost.** The book
/// (`docs/src/guides/batches.md` in the repository) has a template.
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
        response.serialize_field(FAILURES, &Failures(&self.failures))?;
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
        failure.serialize_field(IDENTIFIER, self.0)?;
        failure.end()
    }
}

impl<'de> Deserialize<'de> for BatchResponse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut response = BTreeMap::<String, Vec<BTreeMap<String, ItemIdentifier>>>::deserialize(deserializer)?;
        let failures = response.remove(FAILURES).ok_or_else(|| D::Error::missing_field(FAILURES))?.into_iter();
        let identifiers = failures.map(|mut failure| failure.remove(IDENTIFIER));
        identifiers.map(|identifier| identifier.ok_or_else(|| D::Error::missing_field(IDENTIFIER))).collect()
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
    fn deserializes_its_own_json() {
        let response: BatchResponse =
            [ItemIdentifier::new("a").unwrap(), ItemIdentifier::kafka("orders-0", -7).unwrap()].into_iter().collect();
        for response in [BatchResponse::new(), response] {
            let json = serde_json::to_string(&response).unwrap();
            assert_eq!(serde_json::from_str::<BatchResponse>(&json).unwrap(), response);
            assert_eq!(
                serde_json::from_value::<BatchResponse>(serde_json::to_value(&response).unwrap()).unwrap(),
                response
            );
        }
    }

    #[test]
    fn rejects_json_of_another_form() {
        for json in [
            "null",
            "{}",
            r#"{"batchItemFailures": null}"#,
            r#"{"batchItemFailures": ["a"]}"#,
            r#"{"batchItemFailures": [{}]}"#,
            r#"{"batchItemFailures": [{"itemIdentifier": ""}]}"#,
            r#"{"batchItemFailures": [{"itemIdentifier": 7}]}"#,
            r#"{"batchItemFailures": [{"itemIdentifier": {"partition": "orders-0"}}]}"#,
            r#"{"batchItemFailures": [{"itemIdentifier": {"offset": 7}}]}"#,
            r#"{"batchItemFailures": [{"itemIdentifier": {"partition": "", "offset": 7}}]}"#,
        ] {
            assert!(serde_json::from_str::<BatchResponse>(json).is_err(), "{json}");
        }
    }
}
