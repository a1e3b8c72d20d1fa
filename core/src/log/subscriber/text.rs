//! Lines of text on standard output, one for each event.

use std::io::{self, Write};

use crate::log::in_one_line;

/// Creates a writer that replaces newlines inside an event by carriage returns.
///
/// Lambda makes one event of its log out of each line. AWS's runtimes for Node.js and Python write multi-line messages in the same
/// way.
pub(crate) fn with_carriage_returns() -> impl Write {
    EventWriter { in_one_line: |event| event.replace('\n', "\r") }
}

/// Creates a writer that escapes control characters. If a terminal shows the output later, a carriage return would let the rest of
/// an event overwrite its beginning.
pub(crate) fn escaped() -> impl Write {
    EventWriter { in_one_line }
}

struct EventWriter {
    in_one_line: fn(&str) -> String,
}

impl Write for EventWriter {
    /// Writes one event: tracing-subscriber writes each event with one call, and ends it with a newline.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let mut line = (self.in_one_line)(text.strip_suffix('\n').unwrap_or(&text));
        line.push('\n');
        // One call, so that lines of other threads do not mix with this one.
        io::stdout().write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}
