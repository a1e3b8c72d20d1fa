//! The lines that the command writes to standard error, and its results.

mod escape;
mod invocation;

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

use anstyle::{AnsiColor, Style};

pub use self::invocation::human_duration;

/// When the output has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Color {
    /// If standard error is a terminal that shows them, and `NO_COLOR` is not set.
    #[default]
    Auto,
    Always,
    Never,
}

/// Standard error, with or without colours.
#[derive(Debug, Clone)]
pub struct Terminal {
    has_colors: bool,
    /// The colours of standard output.
    result_colors: anstream::ColorChoice,
    is_quiet: bool,
}

impl Terminal {
    pub fn new(color: Color, is_quiet: bool) -> Self {
        let has_colors = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stderr().is_terminal()
                    && anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
            }
        };
        let result_colors = match color {
            Color::Always => anstream::ColorChoice::AlwaysAnsi,
            Color::Never => anstream::ColorChoice::Never,
            Color::Auto => anstream::ColorChoice::Auto,
        };
        Self { has_colors, result_colors, is_quiet }
    }

    /// Whether lines have colours.
    pub fn has_colors(&self) -> bool {
        self.has_colors
    }

    /// Whether only errors are written.
    pub fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Writes a line about progress: a verb, such as `Building`, and its object.
    pub fn status(&self, verb: &str, text: impl Display) {
        if !self.is_quiet {
            self.write(&format!("{} {text}", self.paint(AnsiColor::Green.on_default().bold(), &format!("{verb:>12}"))));
        }
    }

    /// Writes a warning.
    pub fn warning(&self, text: &str) {
        self.write(&format!("{} {text}", self.paint(AnsiColor::Yellow.on_default().bold(), "warning:")));
    }

    /// Writes an error.
    pub fn error(&self, text: &str) {
        self.write(&format!("{} {text}", self.paint(AnsiColor::Red.on_default().bold(), "error:")));
    }

    /// Writes text as it is, with a line break if it has none.
    pub fn write(&self, text: &str) {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        // A closed standard error is no reason to end.
        let _ = write!(io::stderr().lock(), "{text}{end}");
    }

    /// Writes a result with colours to standard output. A reader may close it early, such as `head`.
    pub fn result(&self, text: &str) {
        let _ = anstream::AutoStream::new(io::stdout().lock(), self.result_colors).write_all(text.as_bytes());
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.has_colors { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
