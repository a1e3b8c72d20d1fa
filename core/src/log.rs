use std::{
    fmt::{self, Write as _},
    io::{self, Write as _},
};

use tracing::{dispatcher, subscriber::NoSubscriber};

/// One line of the log of Lodger itself: an event for `tracing`, or where no subscriber is set a line on standard error, on Vercel
/// one of the platform's log, because a lost request must be seen by somebody who has not set up logging either.
///
/// For adapters: an app that failed is reported by this.
pub fn log(level: tracing::Level, message: fmt::Arguments<'_>) {
    // Asked each time: one that was set for another thread alone does not hear it.
    if dispatcher::get_default(|subscriber| subscriber.is::<NoSubscriber>()) {
        #[cfg(feature = "vercel")]
        if level <= tracing::Level::INFO && crate::vercel::send(level, &message.to_string()) {
            return;
        }
        return unheard(level, message);
    }
    match level {
        tracing::Level::ERROR => tracing::error!(target: "lodger", "{message}"),
        tracing::Level::WARN => tracing::warn!(target: "lodger", "{message}"),
        tracing::Level::INFO => tracing::info!(target: "lodger", "{message}"),
        tracing::Level::DEBUG => tracing::debug!(target: "lodger", "{message}"),
        tracing::Level::TRACE => tracing::trace!(target: "lodger", "{message}"),
    }
}

/// Says it where it is seen without a subscriber.
fn unheard(level: tracing::Level, message: fmt::Arguments<'_>) {
    let kind = match level {
        tracing::Level::ERROR => "error: ",
        tracing::Level::WARN => "warning: ",
        tracing::Level::INFO => "",
        // Detail is for those who ask for it, and there is nobody to ask.
        tracing::Level::DEBUG | tracing::Level::TRACE => return,
    };
    to_stderr(format_args!("lodger: {kind}{message}"));
}

/// Writes a line on standard error, in one piece, so that no other line comes between.
pub(crate) fn to_stderr(line: fmt::Arguments<'_>) {
    let mut line = in_one_line(&line.to_string());
    line.push('\n');
    // Not `eprintln!`: it panics if standard error is closed.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Escapes control characters, except tabs. A value with a newline could otherwise forge a line of another request, and one with
/// an escape sequence could rewrite the terminal.
pub(crate) fn in_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 1);
    for char in text.chars() {
        if char.is_control() && char != '\t' {
            // Writing to a string cannot fail.
            let _ = write!(line, "{}", char.escape_default());
        } else {
            line.push(char);
        }
    }
    line
}

/// [`log`] as the hosts write it: a level and a message with its arguments.
macro_rules! say {
    ($level:ident, $($message:tt)+) => {
        $crate::log(tracing::Level::$level, format_args!($($message)+))
    };
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        let text = "a\tb\nc\r\u{1b}[2K\u{0}\u{7f}\u{9b}\u{85}d \u{e9}\u{1f600}\\n";
        let line = in_one_line(text);
        assert_eq!(line, "a\tb\\nc\\r\\u{1b}[2K\\u{0}\\u{7f}\\u{9b}\\u{85}d \u{e9}\u{1f600}\\n");
    }
}
