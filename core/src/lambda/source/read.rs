//! Reads the source of an event in one pass.

use std::borrow::Cow;

use crate::{
    json::read::{Malformed, Reader, Text},
    lambda::source::{
        EventKind, EventSource,
        kinds::Place,
        matcher::{Matcher, Satisfied},
    },
};

/// Members of an event that contain the ARN of its source.
const ARN_MEMBERS: &[&[u8]] = &[
    b"eventSourceArn",
    b"eventSourceARN",
    b"alarmArn",
    b"applicationArn",
    b"configRuleArn",
    b"deliveryStreamArn",
    b"SecretId",
];

/// The `detail-type` of events of schedules, whose only resource is the rule or schedule.
const SCHEDULED: &[u8] = b"Scheduled Event";

/// The members of an event that identify its source.
#[derive(Debug, Default)]
pub(super) struct SourceFields<'a> {
    pub(super) satisfied: Satisfied,
    source: Option<Text<'a>>,
    detail_type: Option<Text<'a>>,
    arn: Option<Text<'a>>,
    /// The first of `resources`.
    resource: Option<Text<'a>>,
    /// Whether the rest of the event does not matter.
    is_complete: bool,
}

/// Reads the source of an event.
pub(super) fn read(event: &[u8]) -> Result<EventSource<'_>, Malformed> {
    let fields = SourceFields::read(event)?;
    let is_scheduled = || fields.detail_type.and_then(Text::decode).is_some_and(|text| *text == *SCHEDULED);
    Ok(EventSource {
        kind: Matcher::get().kind(fields.satisfied),
        source: decode(fields.source),
        detail_type: decode(fields.detail_type),
        arn: decode(fields.arn.or_else(|| fields.resource.filter(|_| is_scheduled()))),
        event,
    })
}

impl<'a> SourceFields<'a> {
    pub(super) fn read(event: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Self::default();
        let mut reader = Reader::new(event);
        let is_array = event.trim_ascii_start().first() == Some(&b'[');
        let end = if is_array { fields.read_array(&mut reader) } else { fields.read_event(&mut reader) };
        if !fields.is_complete {
            end?;
            if !reader.is_at_end() {
                return Err(reader.malformed());
            }
        }
        Ok(fields)
    }

    fn read_event(&mut self, reader: &mut Reader<'a>) -> Result<(), Malformed> {
        reader.object(|value, key| {
            let key = key.decode().unwrap_or_default();
            match &*key {
                b"Records" => {
                    first(value, |value| {
                        self.read_record(value)?;
                        // An error ends the pass.
                        if self.is_complete { Err(value.malformed()) } else { Ok(()) }
                    })?;
                }
                b"resources" => first(value, |value| value.string().map(|text| self.resource = text))?,
                key => {
                    let text = self.read_member(Place::Event, key, value)?;
                    match key {
                        b"eventSource" | b"source" => self.source = text,
                        b"detail-type" => self.detail_type = text,
                        key if ARN_MEMBERS.contains(&key) => self.arn = text,
                        _ => {}
                    }
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Reads the first record of `Records`.
    fn read_record(&mut self, reader: &mut Reader<'a>) -> Result<(), Malformed> {
        reader.object(|value, key| {
            match &*key.decode().unwrap_or_default() {
                b"eventSource" | b"EventSource" => {
                    self.source = self.read_member(Place::Record, b"eventSource", value)?
                }
                b"eventSourceARN" => self.arn = value.string()?,
                b"Sns" => member(value, b"TopicArn", |value| value.string().map(|text| self.arn = text))?,
                b"s3" => member(value, b"bucket", |value| {
                    member(value, b"arn", |value| value.string().map(|text| self.arn = text))
                })?,
                _ => drop(value.skip()?),
            }
            Ok(())
        })?;
        // A complete record: events with records of known sources have no other members that matter.
        self.is_complete = Matcher::get().kind(self.satisfied) != EventKind::Unknown;
        Ok(())
    }

    /// Reads the first element of an event that is an array.
    fn read_array(&mut self, reader: &mut Reader<'a>) -> Result<(), Malformed> {
        first(reader, |value| {
            value.object(|value, key| {
                match &*key.decode().unwrap_or_default() {
                    b"eventSource" => self.source = self.read_member(Place::Element, b"eventSource", value)?,
                    b"eventSourceARN" | b"eventSourceArn" => self.arn = value.string()?,
                    key => drop(self.read_member(Place::Element, key, value)?),
                }
                Ok(())
            })?;
            Ok(())
        })
    }

    /// Reads the value of a member, and returns its text if it is a string.
    fn read_member(&mut self, place: Place, key: &[u8], value: &mut Reader<'a>) -> Result<Option<Text<'a>>, Malformed> {
        let start = value.mark()?;
        let text = value.string()?;
        Matcher::get().evaluate(&mut self.satisfied, (place, key), value.since(start), text);
        Ok(text)
    }
}

/// Reads the first element of an array, and skips the others. Skips a value of another type.
fn first<'a>(
    reader: &mut Reader<'a>,
    mut element: impl FnMut(&mut Reader<'a>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut is_first = true;
    reader.array(|value| if std::mem::take(&mut is_first) { element(value) } else { value.skip().map(drop) })?;
    Ok(())
}

/// Reads one member of an object, and skips the others. Skips a value of another type.
fn member<'a>(
    reader: &mut Reader<'a>,
    name: &[u8],
    mut read: impl FnMut(&mut Reader<'a>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    reader.object(
        |value, key| {
            if *key.decode().unwrap_or_default() == *name { read(value) } else { value.skip().map(drop) }
        },
    )?;
    Ok(())
}

/// Decodes a text. Returns `None` if it is not valid UTF-8, or has an invalid escape.
fn decode(text: Option<Text<'_>>) -> Option<Cow<'_, str>> {
    match text?.decode()? {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}
