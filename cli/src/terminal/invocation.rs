//! The line of an invocation.

use std::{fmt::Write as _, time::Duration};

use anstyle::{AnsiColor, Style};

use super::{Terminal, escape::escaped};
use crate::history::Summary;

impl Terminal {
    /// Writes the line of an invocation that has ended.
    pub fn invocation(&self, summary: &Summary) {
        if !self.is_quiet() {
            self.write(&self.line(summary));
        }
    }

    fn line(&self, summary: &Summary) -> String {
        let (style, result) = match (summary.status, &summary.error) {
            (Some(status), _) => (style_of(status), status.to_string()),
            (None, None) => (AnsiColor::Green.on_default(), "ok".to_owned()),
            (None, Some(_)) => (AnsiColor::Red.on_default(), "failed".to_owned()),
        };
        let mut line = format!(
            "{} {} {} {}",
            self.paint(Style::new().bold(), &escaped(&summary.name)),
            self.paint(style, &result),
            human_duration(Duration::from_secs_f64(summary.duration_ms / 1000.0)),
            self.paint(Style::new().dimmed(), &summary.front),
        );
        if summary.is_cold {
            let _ = write!(line, " {}", self.paint(AnsiColor::Cyan.on_default(), "cold start"));
        }
        if let Some(error) = &summary.error {
            let _ = write!(line, ": {}", self.paint(AnsiColor::Red.on_default(), &escaped(error)));
        }
        line
    }
}

fn style_of(status: u16) -> Style {
    match status {
        ..=299 => AnsiColor::Green.on_default(),
        300..=399 => AnsiColor::Cyan.on_default(),
        400..=499 => AnsiColor::Yellow.on_default(),
        500.. => AnsiColor::Red.on_default(),
    }
}

/// A duration for people: milliseconds below a second, and seconds.
pub fn human_duration(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1000.0;
    if milliseconds < 999.95 { format!("{milliseconds:.1}ms") } else { format!("{:.2}s", duration.as_secs_f64()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_short_and_long_durations() {
        for (microseconds, expected) in
            [(0, "0.0ms"), (12_345, "12.3ms"), (999_949, "999.9ms"), (999_951, "1.00s"), (61_234_000, "61.23s")]
        {
            assert_eq!(human_duration(Duration::from_micros(microseconds)), expected);
        }
    }

    #[test]
    fn colors_the_status() {
        for (status, color) in [
            (101, AnsiColor::Green),
            (204, AnsiColor::Green),
            (304, AnsiColor::Cyan),
            (404, AnsiColor::Yellow),
            (500, AnsiColor::Red),
            (999, AnsiColor::Red),
        ] {
            assert_eq!(style_of(status), color.on_default(), "{status}");
        }
    }
}
