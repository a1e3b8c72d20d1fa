//! Splits an event into records.

use std::collections::BTreeMap;

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode::Indifferent, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use serde_json::{Value, value::RawValue};

use super::{
    BatchSource, ItemIdentifier, Raw, Record,
    fields::{fields, fields_of, string},
};
use crate::{Error, lambda::Event};

/// Decodes payloads. Padding may be absent.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(Indifferent).with_decode_allow_trailing_bits(true),
);

/// A record that has not been deserialized.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The position in the event.
    pub(super) index: usize,
    pub(super) id: ItemIdentifier,
    /// Records with the same key are processed in order. `None` if the source has no order.
    pub(super) order_key: Option<String>,
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
        Ok(Record::new(self.id, data, self.json))
    }
}

/// Splits `event` into its records.
///
/// # Errors
/// The event is not one of a source with partial batch responses, or a record has no identifier.
pub(super) fn split(event: &Event) -> Result<(BatchSource, Vec<Item>), Error> {
    let json = Bytes::from(event.clone());
    let text =
        str::from_utf8(&json).map_err(|error| Error::new("cannot read the event as a batch").with_source(error))?;
    // Without the error of serde_json, which may contain a value.
    let malformed = |_| Error::new("cannot read the event as a batch: it is not a JSON object with a list of records");
    let [records, kafka_records, source] = fields(text, ["Records", "records", "eventSource"]).map_err(malformed)?;
    let source = string(source);
    if let Some(partitions) = kafka_records
        && source.as_deref().is_some_and(BatchSource::is_kafka)
    {
        let partitions = serde_json::from_str(partitions.get()).map_err(malformed)?;
        return Ok((BatchSource::Kafka, kafka_items(&json, partitions)?));
    }
    let Some(records) = records else { return Err(unsupported(source.as_deref())) };
    let records: Vec<&RawValue> = serde_json::from_str(records.get()).map_err(malformed)?;
    let source = source_of(&records)?;
    let items = records.into_iter().enumerate();
    Ok((source, items.map(|(index, record)| item(source, &json, index, record)).collect::<Result<_, _>>()?))
}

/// Returns the source of the first record, and with it of all records: an event is from one queue or one shard.
fn source_of(records: &[&RawValue]) -> Result<BatchSource, Error> {
    let Some(first) = records.first() else {
        return Err(Error::new("cannot read the event as a batch: it has no records"));
    };
    let keys = ["eventSource", "EventSource", "eventSourceARN"];
    let [name, name_of_sns, arn] = fields(first.get(), keys).map_err(|_| unsupported(None))?;
    let name = string(name).or_else(|| string(name_of_sns));
    name.as_deref()
        .and_then(|name| BatchSource::of_records(name, &string(arn).unwrap_or_default()))
        .ok_or_else(|| unsupported(name.as_deref()))
}

fn unsupported(source: Option<&str>) -> Error {
    let source = source.map(|source| format!(" of {source:?}")).unwrap_or_default();
    Error::new(format!(
        "cannot read the event{source} as a batch: only SQS, Kinesis, DynamoDB and Kafka have partial batch responses; take the \
         whole event in the handler, as a type of yours or of the crate aws_lambda_events"
    ))
}

/// Reads the fields of a record that are not from Kafka.
fn item(source: BatchSource, event: &Bytes, index: usize, record: &RawValue) -> Result<Item, Error> {
    let (id, order_key, payload) = match source {
        BatchSource::Kinesis => {
            let [kinesis] = fields_of(Some(record), ["kinesis"]);
            let [id, key, data] = fields_of(kinesis, ["sequenceNumber", "partitionKey", "data"]);
            (id, Some(string(key).unwrap_or_default()), data)
        }
        BatchSource::DynamoDb => {
            let [change] = fields_of(Some(record), ["dynamodb"]);
            let [id, keys] = fields_of(change, ["SequenceNumber", "Keys"]);
            (id, Some(canonical(keys)), change)
        }
        _ => {
            let [id, body, attributes] = fields_of(Some(record), ["messageId", "body", "attributes"]);
            let [group] = fields_of(attributes, ["MessageGroupId"]);
            // Standard queues may have message groups too, without an order.
            let key = (source == BatchSource::SqsFifo).then(|| string(group).unwrap_or_default());
            (id, key, body)
        }
    };
    let id = string(id).and_then(|id| ItemIdentifier::new(id).ok()).ok_or_else(|| without_identifier(source, index))?;
    Ok(Item { index, id, order_key, json: slice(event, Some(record)), payload: slice(event, payload) })
}

/// Reads the records of all partitions.
fn kafka_items(event: &Bytes, partitions: BTreeMap<String, Vec<&RawValue>>) -> Result<Vec<Item>, Error> {
    let records =
        partitions.iter().flat_map(|(partition, records)| records.iter().map(move |record| (partition, *record)));
    records
        .enumerate()
        .map(|(index, (partition, record))| {
            let [offset, value] = fields_of(Some(record), ["offset", "value"]);
            let offset = offset.and_then(|offset| serde_json::from_str(offset.get()).ok());
            let id = offset.and_then(|offset| ItemIdentifier::kafka(partition, offset).ok());
            let id = id.ok_or_else(|| without_identifier(BatchSource::Kafka, index))?;
            let (json, payload) = (slice(event, Some(record)), slice(event, value));
            Ok(Item { index, id, order_key: Some(partition.clone()), json, payload })
        })
        .collect()
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
