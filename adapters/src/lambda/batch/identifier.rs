use std::{fmt, sync::Arc};

use serde_core::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
    ser::SerializeStruct,
};

use crate::Error;

/// The identifier of a record in a [`BatchResponse`](crate::lambda::BatchResponse). Never empty: Lambda treats a whole batch as failed if one identifier is.
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
                identifier.serialize_field("partition", &**partition)?;
                identifier.serialize_field("offset", offset)?;
                identifier.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for ItemIdentifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdentifierVisitor)
    }
}

struct IdentifierVisitor;

impl<'de> Visitor<'de> for IdentifierVisitor {
    type Value = ItemIdentifier;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, or an object with `partition` and `offset`")
    }

    fn visit_str<E: serde_core::de::Error>(self, id: &str) -> Result<ItemIdentifier, E> {
        ItemIdentifier::new(id).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ItemIdentifier, A::Error> {
        let (mut partition, mut offset) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                "partition" => partition = Some(map.next_value::<String>()?),
                "offset" => offset = Some(map.next_value()?),
                _ => return Err(A::Error::unknown_field(&key, &["partition", "offset"])),
            }
        }
        let partition = partition.ok_or_else(|| A::Error::missing_field("partition"))?;
        let offset = offset.ok_or_else(|| A::Error::missing_field("offset"))?;
        ItemIdentifier::kafka(partition, offset).map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_an_empty_identifier() {
        assert!(ItemIdentifier::new("").is_err());
        assert!(ItemIdentifier::kafka("", 0).is_err());
    }
}
