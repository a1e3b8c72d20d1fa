//! Log lines of the extension: events of `tracing`, or lines on standard error if the process has no subscriber.

use std::{
    fmt,
    io::{self, Write as _},
};

pub(crate) fn warn(message: fmt::Arguments<'_>) {
    if tracing::dispatcher::has_been_set() {
        tracing::warn!("{message}");
    } else {
        to_stderr("warning", message);
    }
}

pub(crate) fn error(message: fmt::Arguments<'_>) {
    if tracing::dispatcher::has_been_set() {
        tracing::error!("{message}");
    } else {
        to_stderr("error", message);
    }
}

/// Writes one line with one call, so that lines of other threads do not mix with it. Escapes line breaks, because Lambda would
/// show the rest as another line.
fn to_stderr(level: &str, message: fmt::Arguments<'_>) {
    let message = message.to_string().replace('\n', "\\n").replace('\r', "\\r");
    // Not `eprintln!`: it panics if standard error is closed.
    let _ = io::stderr().write_all(format!("lodger-extension: {level}: {message}\n").as_bytes());
}
