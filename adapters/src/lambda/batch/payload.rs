//! The types that a record can be deserialized into.

use std::any::type_name;

use serde_core::{
    Deserializer,
    de::{DeserializeOwned, Error as _, Visitor, value::Error as ProbeError},
    forward_to_deserialize_any,
};

use super::{BatchSource, Record};
use crate::Error;

/// A type that a [`Batch`](crate::lambda::Batch) reads from each of its records.
///
/// Every `DeserializeOwned` type implements the trait: it is read from the payload, which has to be JSON. [`Whole`] and [`Raw`]
/// implement it too. Implement it for payloads in another format, and for a payload with a field that the type of a whole record
/// has, such as `kinesis`:
///
/// ```
/// use lodger::{Error, lambda::{FromRecord, Raw, Record}};
///
/// /// A line of comma-separated values.
/// struct Line(Vec<String>);
///
/// impl FromRecord for Line {
///     fn from_record(record: &Record<Raw>) -> Result<Self, Error> {
///         let text = std::str::from_utf8(record.data())
///             .map_err(|error| Error::new("cannot read the line").with_source(error))?;
///         Ok(Self(text.split(',').map(str::to_owned).collect()))
///     }
/// }
/// ```
pub trait FromRecord: Sized {
    /// Reads the value from a record.
    ///
    /// # Errors
    /// The record does not fit the type. This fails the record, and not the batch. The error is logged, so it should not
    /// contain values of the record.
    fn from_record(record: &Record<Raw>) -> Result<Self, Error>;

    /// Checks whether the type can be read from records of `source`. Called once for each batch. The default accepts every
    /// source.
    ///
    /// # Errors
    /// The type does not fit the source. This fails the invocation.
    fn check_source(source: BatchSource) -> Result<(), Error> {
        let _ = source;
        Ok(())
    }
}

impl<T: DeserializeOwned> FromRecord for T {
    fn from_record(record: &Record<Raw>) -> Result<Self, Error> {
        // A record of Kafka may have no value.
        let json = if record.data().is_empty() { b"null" } else { record.data() };
        lodger_core::lambda::parse(json, "the payload")
    }

    /// Rejects types of whole records, such as `SqsMessage`: all their fields are optional, so that any payload would fit them.
    fn check_source(source: BatchSource) -> Result<(), Error> {
        if !field_names::<T>().contains(&source.field_of_whole_records()) {
            return Ok(());
        }
        let name = type_name::<T>();
        let short = name.rsplit("::").next().unwrap_or(name);
        let field = source.field_of_whole_records();
        Err(Error::new(format!(
            "cannot read the payloads of {source} records as {name}: the field `{field}` belongs to the type of a whole record; \
             use `Batch<Whole<{short}>>`, or the type of the payload. If the payload has this field, use a newtype of {short} \
             that implements `FromRecord`"
        )))
    }
}

/// A whole record as the payload, such as `Batch<Whole<SqsMessage>>` with a type of the crate `aws_lambda_events`.
///
/// # Example
///
/// ```
/// use lodger::lambda::{Batch, BatchResponse, Whole};
///
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// struct Message {
///     message_id: String,
///     body: String,
/// }
///
/// async fn messages(batch: Batch<Whole<Message>>) -> BatchResponse {
///     batch.for_each(async |record| {
///         let Whole(message) = record.payload;
///         println!("{}: {} bytes", message.message_id, message.body.len());
///         Ok::<_, lodger::Error>(())
///     }).await
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Whole<R>(pub R);

impl<R: DeserializeOwned> FromRecord for Whole<R> {
    fn from_record(record: &Record<Raw>) -> Result<Self, Error> {
        record.parse().map(Self)
    }
}

/// A payload that is not deserialized. [`Record::data`] returns its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Raw;

impl FromRecord for Raw {
    fn from_record(_: &Record<Self>) -> Result<Self, Error> {
        Ok(Self)
    }
}

/// Returns the names of the fields of a struct in JSON. Empty for other types, and for structs with `#[serde(flatten)]`.
fn field_names<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut fields: &[&str] = &[];
    // Always an error: the probe has no value.
    let _ = T::deserialize(Probe { fields: &mut fields });
    fields
}

/// A deserializer that only records which fields a struct asks for.
struct Probe<'a> {
    fields: &'a mut &'static [&'static str],
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = ProbeError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ProbeError> {
        Err(ProbeError::custom("no value"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, ProbeError> {
        *self.fields = fields;
        Err(ProbeError::custom("no value"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
