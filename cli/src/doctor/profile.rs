//! The profile `release` of `Cargo.toml`.

use std::{fs, path::Path};

use toml_edit::Document;

use super::{
    finding::{Check, CheckedHost, Finding, Severity},
    report::Report,
};
use crate::Result;

/// Checks that panics unwind, so that Lodger can respond to the request of a handler that panics.
///
/// # Errors
/// The manifest of the workspace cannot be read.
pub(super) fn check(workspace: &Path, report: &mut Report) -> Result<()> {
    let manifest = workspace.join("Cargo.toml");
    let cannot = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", manifest.display());
    let text = fs::read_to_string(&manifest).map_err(|error| cannot(&error))?;
    report.done(Check::Panics, &CheckedHost::ALL);
    if aborts(&text).map_err(|error| cannot(&error))? {
        report.add(Finding {
            severity: Severity::Warning,
            check: Check::Panics,
            hosts: CheckedHost::ALL.to_vec(),
            place: format!("{} ([profile.release])", manifest.display()),
            problem: "`panic = \"abort\"` ends the process, with all requests in flight, if a handler panics"
                .to_owned(),
            fix: "remove `panic = \"abort\"`, so that Lodger responds with 500 and goes on".to_owned(),
        });
    }
    Ok(())
}

/// Whether a panic of a release build ends the process.
fn aborts(manifest: &str) -> std::result::Result<bool, toml_edit::TomlError> {
    let document = Document::parse(manifest)?;
    let panic = document.get("profile").and_then(|profiles| profiles.get("release")?.get("panic")?.as_str());
    Ok(panic == Some("abort"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_profile() {
        for (manifest, expected) in [
            ("", false),
            ("[profile.release]\npanic = \"abort\"\n", true),
            ("[profile.release]\npanic = \"unwind\"\n", false),
            ("profile = { release = { panic = 'abort' } }", true),
            ("[profile.dev]\npanic = \"abort\"\n[profile.release]\nlto = true\n", false),
        ] {
            assert_eq!(aborts(manifest).unwrap(), expected, "{manifest}");
        }
        assert!(aborts("[profile").is_err());
    }
}
