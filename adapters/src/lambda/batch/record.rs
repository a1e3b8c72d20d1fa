use std::fmt;

use bytes::Bytes;
use serde_core::Deserialize;

use super::{ItemIdentifier, Raw};
use crate::Error;

/// One record of a [`Batch`](crate::lambda::Batch), with its payload as `T`.
///
/// The JSON of a record shares the memory of the event.
///
/// # Example
///
/// ```
/// use lodger::lambda::{Raw, Record};
///
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// struct Message {
///     attributes: Attributes,
/// }
///
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "PascalCase")]
/// struct Attributes {
///     approximate_receive_count: String,
/// }
///
/// /// How often SQS has sent the message.
/// fn receive_count(record: &Record<Raw>) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
///     Ok(record.parse::<Message>()?.attributes.approximate_receive_count.parse()?)
/// }
/// ```
#[derive(Clone)]
pub struct Record<T> {
    /// The payload: see the [table of sources](crate::lambda::Batch#sources).
    pub payload: T,
    id: ItemIdentifier,
    data: Bytes,
    json: Bytes,
}

impl Record<Raw> {
    pub(super) fn from_parts(id: ItemIdentifier, data: Bytes, json: Bytes) -> Self {
        Self { payload: Raw, id, data, json }
    }

    pub(super) fn with_payload<T>(self, payload: T) -> Record<T> {
        Record { payload, id: self.id, data: self.data, json: self.json }
    }
}

impl<T> Record<T> {
    /// Creates a record for a test of a function that takes a record.
    ///
    /// The record has a payload and no JSON: [`data`](Self::data) and [`raw`](Self::raw) are empty, and [`parse`](Self::parse)
    /// fails. A test that needs them reads an event by [`Batch::from_event`](crate::lambda::Batch::from_event).
    ///
    /// ```
    /// use lodger::lambda::{ItemIdentifier, Record};
    ///
    /// struct Order {
    ///     total: u32,
    /// }
    ///
    /// async fn save(record: Record<Order>) -> Result<(), String> {
    ///     if record.payload.total == 0 { Err(format!("{} is empty", record.id())) } else { Ok(()) }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), lodger::Error> {
    /// let record = Record::new(ItemIdentifier::new("a")?, Order { total: 0 });
    /// assert_eq!(save(record).await, Err("a is empty".to_owned()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(id: ItemIdentifier, payload: T) -> Self {
        Self { payload, id, data: Bytes::new(), json: Bytes::new() }
    }

    /// The identifier: the message id, the sequence number, or the offset in a partition.
    pub fn id(&self) -> &ItemIdentifier {
        &self.id
    }

    /// The bytes of the payload, decoded: see the [table of sources](crate::lambda::Batch#sources).
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The whole record, in JSON, as Lambda sent it.
    pub fn raw(&self) -> &[u8] {
        &self.json
    }

    /// Deserializes the whole record, such as an `SqsMessage` of the crate `aws_lambda_events`.
    ///
    /// # Errors
    /// The JSON does not fit the type. The error names the field and contains no value.
    pub fn parse<'a, R: Deserialize<'a>>(&'a self) -> Result<R, Error> {
        lodger_core::lambda::parse(&self.json, "the record")
    }
}

impl<T> fmt::Debug for Record<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the payload, which may be confidential.
        f.debug_struct("Record").field("id", &self.id).field("bytes", &self.json.len()).finish_non_exhaustive()
    }
}
