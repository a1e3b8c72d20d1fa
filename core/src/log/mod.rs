//! Lodger's own log lines: events of `tracing`, or lines for the host if no subscriber reads them.

#[cfg(feature = "server")]
pub(crate) mod sink;
#[cfg(any(feature = "lambda", feature = "server", feature = "logs"))]
pub(crate) mod span;
#[cfg(feature = "logs")]
pub mod subscriber;
pub(crate) mod warn_once;

use std::{
    cell::Cell,
    fmt::{self, Write as _},
    io::{self, Write as _},
    sync::OnceLock,
};

use tracing::{Level, dispatcher, level_filters::LevelFilter, subscriber::NoSubscriber};

/// The level of Lodger's own lines that the user chose for [`logs`](crate::logs), if `logs` is in use.
static CHOSEN_LEVEL: OnceLock<LevelFilter> = OnceLock::new();

/// Logs one line of Lodger itself: an event of `tracing` with the target `lodger`.
///
/// A line of level `ERROR` or `WARN` that no subscriber reads goes to standard error, and on Vercel to the platform's log. Many
/// apps set a filter that names their own crates only, and a lost request has to leave a trace there too. Without a subscriber,
/// lines of level `INFO` go there as well. A level that was chosen for `logs` decides instead.
///
/// For adapters: report an app that failed with this function.
pub fn log(level: Level, message: fmt::Arguments<'_>) {
    log_line(level, message, level <= Level::WARN);
}

/// Logs the address that the server listens on, and a note, at level `INFO`.
///
/// The line goes to standard error if no subscriber reads it: without the address, a server with port 0 cannot be reached.
#[cfg(feature = "server")]
pub(crate) fn log_address(addr: &dyn fmt::Display, note: &str) {
    log_line(Level::INFO, format_args!("listening on {addr}{note}"), true);
}

fn log_line(level: Level, message: fmt::Arguments<'_>, is_always_shown: bool) {
    // Checked for each line: a subscriber may be set for one thread or one future only.
    let has_subscriber = dispatcher::get_default(|subscriber| !subscriber.is::<NoSubscriber>());
    if has_subscriber && (emit(level, message) || !is_always_shown || is_unwanted(level)) {
        return;
    }
    #[cfg(feature = "server")]
    if level <= Level::INFO && sink::send(level, &message.to_string()) {
        return;
    }
    let kind = match level {
        Level::ERROR => "error: ",
        Level::WARN => "warning: ",
        Level::INFO => "",
        // Details need a subscriber.
        Level::DEBUG | Level::TRACE => return,
    };
    to_stderr(format_args!("lodger: {kind}{message}"));
}

/// Sends an event to the subscriber. Returns whether any part of the subscriber read its message.
///
/// `tracing::enabled!` would not do. With filters of single layers it may report an event that every filter drops as enabled, and
/// it leaves their verdicts behind for the next event.
pub(crate) fn emit(level: Level, message: fmt::Arguments<'_>) -> bool {
    let is_read = Cell::new(false);
    let message = Observed { message, is_read: &is_read };
    match level {
        Level::ERROR => tracing::error!(target: "lodger", "{message}"),
        Level::WARN => tracing::warn!(target: "lodger", "{message}"),
        Level::INFO => tracing::info!(target: "lodger", "{message}"),
        Level::DEBUG => tracing::debug!(target: "lodger", "{message}"),
        Level::TRACE => tracing::trace!(target: "lodger", "{message}"),
    }
    is_read.get()
}

/// A message that records whether it was formatted.
struct Observed<'a> {
    message: fmt::Arguments<'a>,
    is_read: &'a Cell<bool>,
}

impl fmt::Display for Observed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.is_read.set(true);
        self.message.fmt(f)
    }
}

/// Records the level that the user chose for Lodger's own lines, so that lines below it stay away from standard error.
#[cfg(feature = "logs")]
pub(crate) fn choose_level(level: LevelFilter) {
    // The first call wins. Every layer of a process reads the same variables.
    let _ = CHOSEN_LEVEL.set(level);
}

fn is_unwanted(level: Level) -> bool {
    CHOSEN_LEVEL.get().is_some_and(|chosen| level > *chosen)
}

/// Writes a line to standard error with one call, so that lines of other threads do not mix with it.
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

/// Defines a macro that formats its arguments and passes them to [`log()`].
#[rustfmt::skip]
macro_rules! level_macro {
    ($dollar:tt $level:ident $name:ident as $public:ident) => {
        #[allow(unused_macros)]
        macro_rules! $name {
            ($dollar($dollar message:tt)+) => {
                $crate::log::log(tracing::Level::$level, format_args!($dollar($dollar message)+))
            };
        }
        #[allow(unused_imports)]
        pub(crate) use $name as $public;
    };
}
level_macro!($ ERROR error_line as error);
level_macro!($ WARN warn_line as warn);
level_macro!($ INFO info_line as info);
level_macro!($ DEBUG debug_line as debug);

#[cfg(test)]
mod tests {
    use std::io::sink;

    use tracing::subscriber::with_default;
    use tracing_subscriber::{fmt::layer, prelude::*};

    use super::*;

    #[test]
    fn escapes_control_characters() {
        let text = "a\tb\nc\r\u{1b}[2K\u{0}\u{7f}\u{9b}\u{85}d \u{e9}\u{1f600}\\n";
        let line = in_one_line(text);
        assert_eq!(line, "a\tb\\nc\\r\\u{1b}[2K\\u{0}\\u{7f}\\u{9b}\\u{85}d \u{e9}\u{1f600}\\n");
    }

    #[test]
    fn an_event_is_read_if_any_layer_takes_it() {
        fn is_read([first, second]: [LevelFilter; 2]) -> [bool; 2] {
            let subscriber = tracing_subscriber::registry()
                .with(layer().with_writer(sink).with_filter(first))
                .with(layer().with_writer(sink).with_filter(second));
            // Twice: the first event must leave nothing behind for the second.
            with_default(subscriber, || [(); 2].map(|()| emit(Level::WARN, format_args!("message"))))
        }

        let (warn, error) = (LevelFilter::WARN, LevelFilter::ERROR);
        assert_eq!([[warn, warn], [warn, error], [error, warn]].map(is_read), [[true; 2]; 3]);
        assert_eq!(is_read([error, error]), [false; 2]);
        assert!(!with_default(NoSubscriber::new(), || emit(Level::ERROR, format_args!("message"))));
    }
}
