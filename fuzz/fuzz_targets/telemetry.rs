//! Batches of the Telemetry API: every record up to the damage, as Lambda sent it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lodger_extension::telemetry::{Record, TelemetryEvent, parse_batch};
use serde_json::{Value, value::RawValue};

/// The maximum number of records.
const LIMIT: usize = 16;

fuzz_target!(|json: &[u8]| {
    let (records, parsed) = parse_batch(json, LIMIT);
    assert!(records.len() <= LIMIT);
    records.iter().for_each(check);
    let expected = serde_json::from_slice::<Vec<&RawValue>>(json);
    match (&parsed, &expected) {
        (Ok(()), Ok(expected)) => assert_eq!(records.len(), expected.len()),
        (Ok(()), Err(error)) => panic!("accepted a batch that is not an array: {error}"),
        (Err(error), Ok(expected)) => assert!(expected.len() > LIMIT, "rejected {} records: {error}", expected.len()),
        (Err(_), Err(_)) => {}
    }
    if let Ok(expected) = expected {
        let same = records.iter().zip(expected).all(|(record, expected)| record.json().get() == expected.get());
        assert!(same, "a record is not the JSON of Lambda");
    }
});

fn check(record: &Record) {
    let json = record.json().get();
    assert_eq!(serde_json::to_string(record).ok().as_deref(), Some(json), "another JSON than that of Lambda");
    let again: Record = serde_json::from_str(json).expect("a record is JSON");
    assert_eq!((again.kind(), again.time()), (record.kind(), record.time()));
    if let Ok(Value::Object(members)) = serde_json::from_str(json)
        && !record.kind().is_empty()
    {
        assert_eq!(members["type"], record.kind());
    }
    let event = record.event();
    let is_known =
        record.kind() == "function" || record.kind() == "extension" || record.kind().starts_with("platform.");
    assert!(is_known || matches!(event, Ok(TelemetryEvent::Unknown)), "{event:?}");
    let _ = format!("{record:?}{event:?}");
}
