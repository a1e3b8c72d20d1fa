//! The checks of a zip file for Lambda.

use std::{
    fs::File,
    io::{Read as _, Seek},
    path::Path,
};

use zip::ZipArchive;

use super::{
    binary_checks::{self, Destination},
    finding::{Check, CheckedHost, Finding, Severity},
    report::Report,
};
use crate::{
    Result,
    binary::ElfBinary,
    size::{LAMBDA_MAX_UPLOAD, MAX_FUNCTION_SIZE, human_size},
};

const LAMBDA: [CheckedHost; 1] = [CheckedHost::Lambda];

/// Checks the sizes of a zip file, and its `bootstrap`.
///
/// # Errors
/// The file cannot be read, or is damaged.
pub(super) fn check(path: &Path, destination: &Destination, report: &mut Report) -> Result<()> {
    let cannot = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
    let file = File::open(path).map_err(|error| cannot(&error))?;
    let zipped = file.metadata().map_err(|error| cannot(&error))?.len();
    let mut archive = ZipArchive::new(file).map_err(|error| cannot(&error))?;
    let unzipped = unzipped_size(&mut archive).map_err(|error| cannot(&error))?;
    let place = path.display().to_string();
    check_sizes(&place, zipped, unzipped, report);
    report.done(Check::Files, &LAMBDA);
    if unzipped > MAX_FUNCTION_SIZE {
        // Not read: the file may be larger than the memory.
        return Ok(());
    }
    let Some(index) = archive.index_for_name("bootstrap") else {
        report.add(fault(
            &place,
            "has no file `bootstrap` at the top level, which Lambda starts",
            "write the file with `cargo lodger package --lambda`",
        ));
        return Ok(());
    };
    let bootstrap = archive.by_index(index).map_err(|error| cannot(&error))?;
    let place = format!("{place} (bootstrap)");
    if bootstrap.unix_mode().is_none_or(|mode| mode & 0o111 == 0) {
        report.add(fault(
            &place,
            "is not executable: Lambda cannot start it",
            "run `chmod 755 bootstrap` before `zip`, or write the file with `cargo lodger package --lambda`",
        ));
    }
    let mut bytes = Vec::new();
    // A size in the header can be wrong.
    bootstrap.take(MAX_FUNCTION_SIZE + 1).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    if !bytes.starts_with(b"#!") {
        let binary = ElfBinary::parse(&bytes).map_err(|error| format!("cannot read {place}: {error}"))?;
        binary_checks::check(&binary, &place, destination, report);
    }
    Ok(())
}

fn unzipped_size<R: std::io::Read + Seek>(archive: &mut ZipArchive<R>) -> zip::result::ZipResult<u64> {
    let mut size = 0_u64;
    for index in 0..archive.len() {
        size = size.saturating_add(archive.by_index_raw(index)?.size());
    }
    Ok(size)
}

fn check_sizes(place: &str, zipped: u64, unzipped: u64, report: &mut Report) {
    report.done(Check::Size, &LAMBDA);
    let limits = [
        (Severity::Warning, "zipped", zipped, LAMBDA_MAX_UPLOAD, "upload the file through Amazon S3"),
        (
            Severity::Error,
            "unzipped",
            unzipped,
            MAX_FUNCTION_SIZE,
            "set `strip = true` in the profile, and remove files, or deploy a container",
        ),
    ];
    for (severity, kind, size, limit, fix) in limits {
        if size > limit {
            let problem = format!("has {} {kind}, and the limit is {}", human_size(size), human_size(limit));
            report.add(Finding { severity, check: Check::Size, ..fault(place, &problem, fix) });
        }
    }
}

fn fault(place: &str, problem: &str, fix: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        check: Check::Files,
        hosts: LAMBDA.to_vec(),
        place: place.to_owned(),
        problem: problem.to_owned(),
        fix: fix.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_sizes_over_a_limit() {
        for (zipped, unzipped, expected) in [
            (LAMBDA_MAX_UPLOAD, MAX_FUNCTION_SIZE, vec![]),
            (LAMBDA_MAX_UPLOAD + 1, 0, vec![Severity::Warning]),
            (u64::MAX, MAX_FUNCTION_SIZE + 1, vec![Severity::Error, Severity::Warning]),
        ] {
            let mut report = Report::default();
            check_sizes("app.zip", zipped, unzipped, &mut report);
            let found: Vec<_> = report.findings().iter().map(|finding| finding.severity).collect();
            assert_eq!(found, expected);
        }
    }
}
