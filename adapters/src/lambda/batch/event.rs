//! Splits an event into records.

use std::{collections::BTreeMap, sync::Arc};

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode::Indifferent, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use serde_core::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    BatchSource, ItemIdentifier, Raw, Record,
    fields::{fields, fields_of, string},
};
use crate::{
    Error,
    lambda::{Event, EventSource},
};

/// The maximum length of the key of a partition: a topic of at most [249 characters][topics], a hyphen and the number.
///
/// [topics]: https://github.com/apache/kafka/blob/trunk/clients/src/main/java/org/apache/kafka/common/internals/Topic.java
const MAX_PARTITION_BYTES: usize = 300;

/// Decodes payloads. Padding may be absent.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(Indifferent).with_decode_allow_trailing_bits(true),
);

/// Fields of an event that aggregates the records of a [tumbling window][windows].
///
/// [windows]: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
const WINDOW_FIELDS: [&str; 3] = ["window", "isFinalInvokeForWindow", "state"];

/// A record that has not been deserialized.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The position in the event.
    pub(super) index: usize,
    pub(super) id: ItemIdentifier,
    /// Records with the same key are processed in order. `None` if the source has no order.
    pub(super) order_key: Option<Arc<str>>,
    /// The whole record.
    pub(super) json: Bytes,
    /// The payload, as it is in the record. Empty if the record has none.
    pub(super) payload: Bytes,
}

impl Item {
    /// Decodes the payload.
    ///
    /// # Errors
    /// The payload does not have the format of the source.
    pub(super) fn into_record(self, source: BatchSource) -> Result<Record<Raw>, Error> {
        let data = decode(source, self.payload)?;
        Ok(Record::from_parts(self.id, data, self.json))
    }
}

/// Splits `event` into its records.
///
/// # Errors
/// The event is not one of a source with partial batch responses, it is of a tumbling window, or a record has no identifier.
pub(super) fn split(event: &Event) -> Result<(BatchSource, Vec<Item>), Error> {
    let json = Bytes::from(event.clone());
    let text =
        str::from_utf8(&json).map_err(|error| Error::new("cannot read the event as a batch").with_source(error))?;
    // Without the error of serde_json, which may contain a value.
    let malformed = || Error::new("cannot read the event as a batch: it is not a JSON object with a list of records");
    let event_source = EventSource::read(&json).ok_or_else(malformed)?;
    let [window, is_final, state] = WINDOW_FIELDS;
    let members = fields(text, ["Records", "records", window, is_final, state]).ok();
    // First, because the last event of a window may have no records, and then its kind is unknown.
    if let Some([Some(_), _, window @ ..]) = members {
        reject_window(window)?;
    }
    let source = BatchSource::from_event(&event_source).ok_or_else(|| unsupported(&event_source))?;
    let [records, kafka_records, ..] = members.ok_or_else(malformed)?;
    let items = if source == BatchSource::Kafka {
        kafka_items(&json, &parse(kafka_records).ok_or_else(malformed)?)?
    } else {
        let records: Vec<&RawValue> = parse(records).ok_or_else(malformed)?;
        let records = records.into_iter().enumerate();
        records.map(|(index, record)| item(source, &json, index, record)).collect::<Result<_, _>>()?
    };
    Ok((source, items))
}

/// Rejects an event with values of [`WINDOW_FIELDS`].
fn reject_window(values: [Option<&RawValue>; 3]) -> Result<(), Error> {
    let is_present = |value: Option<&RawValue>| value.is_some_and(|value| value.get() != "null");
    let mut fields = WINDOW_FIELDS.into_iter().zip(values);
    let Some((name, _)) = fields.find(|(_, value)| is_present(*value)) else { return Ok(()) };
    Err(Error::new(format!(
        "cannot split an event of a tumbling window, which has the field `{name}`: its response needs a state, and a \
         `BatchResponse` has none; take the whole event with `Lodger::on_source`, as a `kinesis::KinesisTimeWindowEvent` or a \
         `dynamodb::TimeWindowEvent`"
    )))
}

fn parse<'a, T: Deserialize<'a>>(json: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(json?.get()).ok()
}

fn unsupported(source: &EventSource<'_>) -> Error {
    Error::new(format!(
        "cannot read a batch from {source}: only SQS, Kinesis, DynamoDB and Kafka have partial batch responses; take the whole \
         event in the handler, as a type of yours or of the crate aws_lambda_events"
    ))
}

/// Reads the fields of a record that are not from Kafka.
fn item(source: BatchSource, event: &Bytes, index: usize, record: &RawValue) -> Result<Item, Error> {
    let (id, order_key, payload) = match source {
        BatchSource::Kinesis => {
            let [kinesis] = fields_of(Some(record), ["kinesis"]);
            let [id, key, data] = fields_of(kinesis, ["sequenceNumber", "partitionKey", "data"]);
            (id, Some(string(key).unwrap_or_default().into()), data)
        }
        BatchSource::DynamoDb => {
            let [change] = fields_of(Some(record), ["dynamodb"]);
            let [id, keys] = fields_of(change, ["SequenceNumber", "Keys"]);
            (id, Some(canonical(keys).into()), change)
        }
        _ => {
            let [id, body, attributes] = fields_of(Some(record), ["messageId", "body", "attributes"]);
            let [group] = fields_of(attributes, ["MessageGroupId"]);
            // Standard queues may have message groups too, without an order.
            let key = (source == BatchSource::SqsFifo).then(|| string(group).unwrap_or_default().into());
            (id, key, body)
        }
    };
    let id = string(id).and_then(|id| ItemIdentifier::new(id).ok()).ok_or_else(|| without_identifier(source, index))?;
    Ok(Item { index, id, order_key, json: slice(event, Some(record)), payload: slice(event, payload) })
}

/// Reads the records of all partitions.
fn kafka_items(event: &Bytes, partitions: &BTreeMap<String, Vec<&RawValue>>) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    for (key, records) in partitions {
        if key.len() > MAX_PARTITION_BYTES {
            return Err(Error::new(format!(
                "cannot read the event as a batch: the key of a partition has {} bytes; a topic has at most 249 characters",
                key.len()
            )));
        }
        // Shared, because an event may have hundreds of thousands of records.
        let partition: Arc<str> = key.as_str().into();
        for record in records {
            items.push(kafka_item(event, items.len(), &partition, record)?);
        }
    }
    Ok(items)
}

fn kafka_item(event: &Bytes, index: usize, partition: &Arc<str>, record: &RawValue) -> Result<Item, Error> {
    let [offset, value] = fields_of(Some(record), ["offset", "value"]);
    let id = parse(offset).and_then(|offset| ItemIdentifier::kafka(Arc::clone(partition), offset).ok());
    let id = id.ok_or_else(|| without_identifier(BatchSource::Kafka, index))?;
    let (json, payload) = (slice(event, Some(record)), slice(event, value));
    Ok(Item { index, id, order_key: Some(Arc::clone(partition)), json, payload })
}

fn without_identifier(source: BatchSource, index: usize) -> Error {
    Error::new(format!(
        "cannot read the event as a batch: record {index} of {source} has no identifier, so that its failure could not be reported"
    ))
}

/// Returns the keys of an item in one form: an object with its keys in order.
fn canonical(keys: Option<&RawValue>) -> String {
    let keys: Option<BTreeMap<String, Value>> = keys.and_then(|keys| serde_json::from_str(keys.get()).ok());
    keys.and_then(|keys| serde_json::to_string(&keys).ok()).unwrap_or_default()
}

/// Returns `part` of the event, which shares its memory.
fn slice(event: &Bytes, part: Option<&RawValue>) -> Bytes {
    part.map(|part| event.slice_ref(part.get().as_bytes())).unwrap_or_default()
}

/// Decodes a payload, which is JSON in a record.
fn decode(source: BatchSource, payload: Bytes) -> Result<Bytes, Error> {
    if source == BatchSource::DynamoDb {
        return Ok(payload);
    }
    if source == BatchSource::Kafka && matches!(&*payload, b"" | b"null") {
        return Ok(Bytes::new());
    }
    let text: String = lodger_core::lambda::parse(&payload, "the payload")?;
    if matches!(source, BatchSource::Sqs | BatchSource::SqsFifo) {
        return Ok(text.into());
    }
    let data = BASE64.decode(text).map_err(|_| Error::new("cannot read the payload: not valid base64"))?;
    Ok(data.into())
}
