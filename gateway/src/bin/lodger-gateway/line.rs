//! Log lines of invocations on standard error.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

use http::StatusCode;
use lodger_gateway::LogEntry;

/// The most characters of a text in a line.
const MAX_TEXT: usize = 300;

/// Whether lines may have colours: standard error is a terminal that shows them, and `NO_COLOR` is not set
/// (<https://no-color.org>).
pub(crate) fn has_colours() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    // Not every console of Windows interprets escape sequences; these variables are set in those that do.
    let interprets = cfg!(not(windows)) || is_set("WT_SESSION") || is_set("TERM");
    io::stderr().is_terminal() && !is_set("NO_COLOR") && !is_dumb && interprets
}

/// Writes the line of an invocation. Ignores a closed standard error.
pub(crate) fn write(entry: &LogEntry, has_colours: bool) {
    let _ = writeln!(io::stderr(), "{}", line(entry, has_colours));
}

fn line(entry: &LogEntry, has_colours: bool) -> String {
    let paint = |code: &str, text: &str| {
        if has_colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    };
    let (code, result) = match (entry.status, &entry.error) {
        (Some(status), _) => (colour(status), status.as_str().to_owned()),
        (None, None) => ("32", "ok".to_owned()),
        (None, Some(_)) => ("31", "failed".to_owned()),
    };
    let mut line = format!("{} {} {}", paint("1", &escaped(&entry.name)), paint(code, &result), human(entry.duration));
    if let Some(cold_start) = entry.cold_start {
        let _ = write!(line, " {}", paint("36", &format!("(cold start {})", human(cold_start))));
    }
    if let Some(error) = &entry.error {
        let _ = write!(line, ": {}", paint("31", &escaped(error)));
    }
    line
}

fn colour(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..=299 => "32",
        300..=399 => "36",
        400..=499 => "33",
        500.. => "31",
    }
}

fn human(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1000.0;
    if milliseconds < 999.95 { format!("{milliseconds:.1}ms") } else { format!("{:.2}s", duration.as_secs_f64()) }
}

/// Escapes the control characters of a text from a client or a function.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for (count, char) in text.chars().enumerate() {
        if count == MAX_TEXT {
            escaped.push_str("..");
            break;
        }
        match char {
            '"' | '\'' => escaped.push(char),
            _ => escaped.extend(char.escape_debug()),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_control_characters() {
        for (text, expected) in [
            ("GET /it's/\u{e9}", "GET /it's/\u{e9}"),
            ("GET /\x1b[2J", "GET /\\u{1b}[2J"),
            ("a\nGET /forged 200 1.0ms\r", "a\\nGET /forged 200 1.0ms\\r"),
            ("\u{9b}31m \u{7f} \u{202e}", "\\u{9b}31m \\u{7f} \\u{202e}"),
            ("\0\u{8}", "\\0\\u{8}"),
        ] {
            assert_eq!(escaped(text), expected);
        }
        assert_eq!(escaped(&"x".repeat(MAX_TEXT)), "x".repeat(MAX_TEXT));
        assert_eq!(escaped(&"\u{1b}".repeat(1 << 20)), "\\u{1b}".repeat(MAX_TEXT) + "..");
    }

    #[test]
    fn shows_short_and_long_durations() {
        for (microseconds, expected) in
            [(0, "0.0ms"), (12_345, "12.3ms"), (999_949, "999.9ms"), (999_951, "1.00s"), (61_234_000, "61.23s")]
        {
            assert_eq!(human(Duration::from_micros(microseconds)), expected);
        }
    }

    #[test]
    fn colours_the_status() {
        for (status, code) in [(101, "32"), (204, "32"), (304, "36"), (404, "33"), (500, "31"), (999, "31")] {
            assert_eq!(colour(StatusCode::from_u16(status).unwrap()), code, "{status}");
        }
    }
}
