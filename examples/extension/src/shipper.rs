use std::io;

use lodger_extension::{
    handler::{BoxError, Handler},
    telemetry::Record,
};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::sink::Sink;

/// The maximum size of the lines that wait for a collector, in bytes.
const MAX_WAITING: usize = 1024 * 1024;

/// A handler of telemetry with a state: the destination, and the lines that it has not accepted yet.
pub(crate) struct Shipper {
    function: String,
    sink: Sink,
    waiting: Vec<u8>,
}

#[derive(Serialize)]
struct Line<'a> {
    function: &'a str,
    time: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    record: &'a RawValue,
}

impl Shipper {
    pub(crate) fn new(function: String, sink: Sink) -> Self {
        Self { function, sink, waiting: Vec::new() }
    }

    fn add(&mut self, record: &Record) -> Result<(), serde_json::Error> {
        // A record without content must not lose the rest of the batch.
        let Ok(content) = record.parse() else { return Ok(()) };
        let line = Line { function: &self.function, time: record.time(), kind: record.kind(), record: content };
        serde_json::to_writer(&mut self.waiting, &line)?;
        self.waiting.push(b'\n');
        Ok(())
    }
}

/// `()` is the marker of handlers that implement the trait themselves.
impl Handler<Vec<Record>, ()> for Shipper {
    async fn call(&mut self, records: Vec<Record>) -> Result<(), BoxError> {
        for record in records.iter().filter(|record| matches!(record.kind(), "function" | "platform.report")) {
            self.add(record)?;
        }
        if self.waiting.len() > MAX_WAITING {
            let size = std::mem::take(&mut self.waiting).len();
            return Err(io::Error::other(format!("dropped {size} bytes: the destination accepts no lines")).into());
        }
        if !self.waiting.is_empty() {
            // After an error, the lines are sent again with the next batch.
            self.sink.write(&self.waiting).await?;
            self.waiting.clear();
        }
        Ok(())
    }
}
