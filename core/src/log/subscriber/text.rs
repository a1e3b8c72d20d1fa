//! Lines of text on standard output, one for each event.

use std::io::{self, Write};

use crate::log::in_one_line;

/// Standard output, in which newlines inside an event are carriage returns: AWS's runtimes for Node.js and Python write them so,
/// because Lambda makes an event of its log out of each line.
pub(crate) fn with_carriage_returns() -> impl Write {
    Events { in_one_line: |event| event.replace('\n', "\r") }
}

/// Standard output, in which control characters are escaped. A carriage return would let the rest of an event hide its begin wherever
/// a terminal shows the output later.
pub(crate) fn escaped() -> impl Write {
    Events { in_one_line }
}

struct Events {
    in_one_line: fn(&str) -> String,
}

impl Write for Events {
    /// Writes one event: tracing-subscriber writes each as a whole, with the newline at its end.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let mut line = (self.in_one_line)(text.strip_suffix('\n').unwrap_or(&text));
        line.push('\n');
        // In one piece, so that no other line comes between.
        io::stdout().write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}
