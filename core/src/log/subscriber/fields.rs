use std::fmt::{self, Write as _};

use serde_json::Value;
use tracing::field::{Field, Visit};

/// The fields of an event or of a span. The message and the target of a `log` record are separate.
#[derive(Debug, Default)]
pub(crate) struct LogFields {
    pub(crate) message: String,
    /// The target of a record of the crate `log`. The event itself has the target `log`.
    pub(crate) target: Option<String>,
    /// All other fields, in the order in which they were first recorded.
    pub(crate) rest: Vec<(&'static str, Value)>,
}

impl LogFields {
    /// The text of the field `name`.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.rest.iter().find(|(field, _)| *field == name).and_then(|(_, value)| value.as_str())
    }

    /// Adds fields that were recorded later. They replace fields of the same name.
    pub(crate) fn update(&mut self, later: Self) {
        for (name, value) in later.rest {
            self.put(name, value);
        }
    }

    fn set(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(message)) => self.message = message,
            ("message", value) => self.message = value.to_string(),
            ("log.target", Value::String(target)) => self.target = Some(target),
            // The place in the source of a record of `log`.
            ("log.module_path" | "log.file" | "log.line", _) => {}
            (name, value) => self.put(name, value),
        }
    }

    fn put(&mut self, name: &'static str, value: Value) {
        match self.rest.iter_mut().find(|(field, _)| *field == name) {
            Some((_, before)) => *before = value,
            None => self.rest.push((name, value)),
        }
    }
}

impl Visit for LogFields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        // Writing to a string cannot fail, but an implementation of `Debug` can.
        let _ = write!(text, "{value:?}");
        self.set(field, text.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }
}

/// Writes the message, then each field as `name=value`.
impl fmt::Display for LogFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for (number, (name, value)) in self.rest.iter().enumerate() {
            let space = if number == 0 && self.message.is_empty() { "" } else { " " };
            write!(f, "{space}{name}={value}")?;
        }
        Ok(())
    }
}
