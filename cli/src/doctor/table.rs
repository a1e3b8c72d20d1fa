//! The text of a report: a table of checks and hosts, and the findings.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{
    finding::{Check, CheckedHost, Severity},
    report::Report,
};

/// The widths of the first column, and of the column of a host.
const WIDTH: usize = 14;
const COLUMN: usize = 10;

/// Returns the lines of the table.
pub(super) fn table(report: &Report) -> String {
    let bold = Style::new().bold();
    let mut text = format!("{:WIDTH$}", "");
    for host in CheckedHost::ALL {
        let _ = write!(text, "{bold}{host}{bold:#}{}", padding(host, &host.to_string()));
    }
    text.push('\n');
    for check in Check::ALL.into_iter().filter(|check| report.has_row(*check)) {
        let _ = write!(text, "{:WIDTH$}", check.name());
        for host in CheckedHost::ALL {
            let (style, word) = match report.result(check, host) {
                None => (Style::new().dimmed(), "-"),
                Some(None) => (AnsiColor::Green.on_default(), "ok"),
                Some(Some(Severity::Warning)) => (AnsiColor::Yellow.on_default(), "warning"),
                Some(Some(Severity::Error)) => (AnsiColor::Red.on_default().bold(), "fails"),
            };
            let _ = write!(text, "{style}{word}{style:#}{}", padding(host, word));
        }
        text.push('\n');
    }
    text
}

/// The space after a word in the column of a host. The last column needs none.
fn padding(host: CheckedHost, word: &str) -> String {
    let width = if host == CheckedHost::Server { 0 } else { COLUMN };
    " ".repeat(width.saturating_sub(word.len()))
}

/// Returns the findings, each with its place and its fix.
pub(super) fn findings(report: &Report) -> String {
    let fix = AnsiColor::Cyan.on_default();
    let mut text = String::new();
    for finding in report.findings() {
        let (style, word) = match finding.severity {
            Severity::Error => (AnsiColor::Red.on_default().bold(), "error"),
            Severity::Warning => (AnsiColor::Yellow.on_default().bold(), "warning"),
        };
        let _ = writeln!(text, "{style}{word}:{style:#} {}: {}", finding.place, finding.problem);
        let _ = writeln!(text, "  {fix}fix:{fix:#} {}", finding.fix);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Finding, *};

    fn without_colors(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn shows_each_check_for_each_host() {
        let mut report = Report::default();
        report.done(Check::Glibc, &[CheckedHost::Lambda, CheckedHost::Vercel]);
        report.done(Check::Size, &[CheckedHost::Lambda]);
        for (severity, hosts) in [
            (Severity::Warning, vec![CheckedHost::Lambda, CheckedHost::Server]),
            (Severity::Error, vec![CheckedHost::Lambda]),
        ] {
            let (place, problem, fix) = ("app".to_owned(), format!("{severity:?}"), "build".to_owned());
            report.add(Finding { severity, check: Check::Size, hosts, place, problem, fix });
        }
        assert_eq!(
            without_colors(&table(&report)),
            "              Lambda    Vercel    server
glibc         ok        ok        -
size          fails     -         warning
"
        );
        assert_eq!(
            without_colors(&findings(&report)),
            "error: app: Error
  fix: build
warning: app: Warning
  fix: build
"
        );
        assert!(report.has_errors());
    }
}
