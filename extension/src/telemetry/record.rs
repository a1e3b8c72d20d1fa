use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error as _, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::TelemetryEvent;

/// A record of the Telemetry API or the Logs API, as Lambda sent it.
///
/// Records of unknown kinds are kept, and so are records that are not objects. The JSON is parsed on demand: by
/// [`event`](Self::event) into the types of this crate, or by [`parse`](Self::parse) into a type of yours. A record serializes as
/// the JSON that Lambda sent.
///
/// Source: [the schema of events](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
///
/// # Example
///
/// ```
/// use lodger_extension::telemetry::{Record, TelemetryEvent};
///
/// let json = r#"{"time":"2026-05-01T12:00:00.000Z","type":"function","record":"order 17 is paid\n"}"#;
/// let record: Record = serde_json::from_str(json)?;
/// assert_eq!(record.kind(), "function");
/// let TelemetryEvent::Function(line) = record.event()? else { panic!("a log line") };
/// assert_eq!(line.text(), Some("order 17 is paid\n"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Record {
    kind: String,
    time: String,
    json: Box<RawValue>,
}

impl Record {
    /// Creates a record from the JSON of one element of a batch. An element without a kind has the kind "".
    pub(crate) fn new(json: &RawValue) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Head {
            time: String,
            #[serde(rename = "type")]
            kind: String,
        }

        let Head { time, kind } = serde_json::from_str(json.get()).unwrap_or_default();
        Self { kind, time, json: json.to_owned() }
    }

    /// The value of `type`, such as `function` or `platform.report`. Empty if the record has none.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The time at which Lambda made the record, in ISO 8601 such as `2026-05-01T12:00:00.000Z`. Empty if the record has none.
    #[must_use]
    pub fn time(&self) -> &str {
        &self.time
    }

    /// The JSON of the whole record, with the members `time`, `type` and `record`.
    #[must_use]
    pub fn json(&self) -> &RawValue {
        &self.json
    }

    /// Parses the member `record` into any type. `&RawValue` and `serde_json::Value` are types for any record.
    ///
    /// # Errors
    /// The member is missing, or is not a valid `T`.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> serde_json::Result<T> {
        #[derive(Deserialize)]
        struct Content<T> {
            record: T,
        }

        serde_json::from_str(self.json.get()).map(|Content { record }| record)
    }

    /// Parses the member `record` into the type of its kind. Unknown kinds are [`TelemetryEvent::Unknown`].
    ///
    /// # Errors
    /// The record has another form than Lambda documents.
    pub fn event(&self) -> serde_json::Result<TelemetryEvent> {
        TelemetryEvent::parse(self)
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|json| Self::new(&json))
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// Parses a batch: a JSON array of at most `limit` records. If the array is damaged or longer, returns the records before the
/// damage, and the error.
pub(crate) fn parse_batch(json: &[u8], limit: usize) -> (Vec<Record>, serde_json::Result<()>) {
    let mut records = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let parsed =
        Elements { records: &mut records, limit }.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    (records, parsed)
}

/// Appends the elements of an array one by one, so that an error leaves the elements before it.
struct Elements<'a> {
    records: &'a mut Vec<Record>,
    limit: usize,
}

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(json) = elements.next_element::<&RawValue>()? {
            if self.records.len() == self.limit {
                return Err(A::Error::custom(format_args!("more than {} records", self.limit)));
            }
            self.records.push(Record::new(json));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(records: &[Record]) -> Vec<&str> {
        records.iter().map(Record::kind).collect()
    }

    #[test]
    fn keeps_unknown_kinds_and_malformed_records() {
        let json = br#" [ {"time":"t-1","type":"function","record":"line"},
            {"type":"platform.moon","record":{"phase":[1,2]},"extra":1}, 7, {"type":8}, null, {} ] "#;
        let (records, parsed) = parse_batch(json, 100);
        parsed.unwrap();
        assert_eq!(kinds(&records), ["function", "platform.moon", "", "", "", ""]);
        assert_eq!((records[0].time(), records[1].time()), ("t-1", ""));
        assert_eq!(records[0].parse::<&str>().unwrap(), "line");
        assert_eq!(records[1].parse::<&RawValue>().unwrap().get(), r#"{"phase":[1,2]}"#);
        assert_eq!(records[1].json().get(), r#"{"type":"platform.moon","record":{"phase":[1,2]},"extra":1}"#);
        assert_eq!(serde_json::to_string(&records[2..4]).unwrap(), r#"[7,{"type":8}]"#);
        assert!(records[2].parse::<&RawValue>().is_err());
    }

    #[test]
    fn keeps_the_records_before_damage() {
        for damaged in [
            &br#"[{"type":"a"},{"type":"b"},{"type":"#[..],
            br#"[{"type":"a"},{"type":"b"} {"type":"c"}]"#,
            b"[{\"type\":\"a\"},{\"type\":\"b\"},\"\xff\"]",
            br#"[{"type":"a"},{"type":"b"}] trailing"#,
        ] {
            let (records, parsed) = parse_batch(damaged, 100);
            assert!(parsed.is_err(), "{}", String::from_utf8_lossy(damaged));
            assert_eq!(kinds(&records), ["a", "b"], "{}", String::from_utf8_lossy(damaged));
        }
        for nothing in [&b""[..], b"{}", b"[", b"\"text\""] {
            let (records, parsed) = parse_batch(nothing, 100);
            assert!(records.is_empty() && parsed.is_err());
        }
        let (records, parsed) = parse_batch(b"[1,2,3,4]", 3);
        assert_eq!((records.len(), parsed.unwrap_err().to_string().starts_with("more than 3 records")), (3, true));
        // A record that is nested too deeply.
        let deep = format!("[{{\"type\":\"a\"}},{}]", "[".repeat(100_000));
        assert_eq!(kinds(&parse_batch(deep.as_bytes(), 100).0), ["a"]);
    }
}
