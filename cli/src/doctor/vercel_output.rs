//! The checks of the folder `.vercel/output`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    binary_checks::{self, Destination},
    finding::{Check, CheckedHost, Finding, Severity},
    report::Report,
    secrets,
};
use crate::{
    Result,
    binary::{ElfBinary, Machine},
    size::{MAX_FUNCTION_SIZE, human_size},
};

const VERCEL: [CheckedHost; 1] = [CheckedHost::Vercel];

/// Checks each function with the runtime `executable` or `provided.al2023`.
///
/// # Errors
/// A file cannot be read, or is damaged.
pub(super) fn check(output: &Path, destination: &Destination, report: &mut Report) -> Result<()> {
    report.done(Check::Files, &VERCEL);
    let mut functions = Vec::new();
    let folder = output.join("functions");
    if folder.is_dir() {
        find_functions(&folder, &mut functions)
            .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    }
    for function in functions {
        check_function(output, &function, destination, report)?;
    }
    Ok(())
}

/// Finds the folders of functions. A function that is a link to another one is found once.
fn find_functions(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        if entry.path().extension().is_some_and(|extension| extension == "func") {
            found.push(entry.path());
        } else {
            find_functions(&entry.path(), found)?;
        }
    }
    found.sort();
    Ok(())
}

fn check_function(output: &Path, function: &Path, destination: &Destination, report: &mut Report) -> Result<()> {
    let file = function.join(".vc-config.json");
    let cannot = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", file.display());
    let config: Value =
        serde_json::from_slice(&fs::read(&file).map_err(|error| cannot(&error))?).map_err(|error| cannot(&error))?;
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    if !matches!(text("runtime"), Some("executable" | "provided.al2023")) {
        // A function in another language.
        return Ok(());
    }
    check_settings(&config, &file, report);
    let handler = text("handler").unwrap_or_default();
    let executable = executable(output, function, &config, handler);
    let place = executable.display().to_string();
    let size = size_of(function).map_err(|error| format!("cannot read {}: {error}", function.display()))?;
    report.done(Check::Size, &VERCEL);
    if size > MAX_FUNCTION_SIZE {
        let problem = format!("has {}, and the limit is {}", human_size(size), human_size(MAX_FUNCTION_SIZE));
        let fix = "set `strip = true` in the profile, and remove files";
        report.add(Finding { check: Check::Size, ..fault(&function.display().to_string(), &problem, fix) });
    }
    if !executable.is_file() {
        let fix = "write the folder with `cargo lodger package --vercel`";
        report.add(fault(&place, "does not exist, and is the handler of the function", fix));
        return Ok(());
    }
    if !is_executable(&executable) {
        report.add(fault(&place, "is not executable: Vercel cannot start it", "run `chmod 755` on the file"));
    }
    // Vercel's default is x86_64.
    let machine = destination.machine.or_else(|| Machine::from_name(text("architecture").unwrap_or("x86_64")));
    let destination = Destination { machine, ..destination.clone() };
    binary_checks::check(&ElfBinary::read(&executable)?, &place, &destination, report);
    Ok(())
}

/// The path of the handler. `filePathMap` has the files that are elsewhere in the project.
fn executable(output: &Path, function: &Path, config: &Value, handler: &str) -> PathBuf {
    let mapped = config.get("filePathMap").and_then(|map| map.get(handler)?.as_str());
    let project = output.parent().and_then(Path::parent);
    match (mapped, project) {
        (Some(mapped), Some(project)) => project.join(mapped),
        _ => function.join(handler),
    }
}

fn check_settings(config: &Value, file: &Path, report: &mut Report) {
    report.done(Check::Streaming, &VERCEL);
    report.done(Check::Variables, &VERCEL);
    if config.get("supportsResponseStreaming") != Some(&Value::Bool(true)) {
        report.add(Finding {
            severity: Severity::Warning,
            check: Check::Streaming,
            ..fault(
                &file.display().to_string(),
                "`supportsResponseStreaming` is not true: Vercel sends a response when it is complete",
                "set `\"supportsResponseStreaming\": true`",
            )
        });
    }
    let variables = config.get("environment").and_then(Value::as_object);
    for (name, value) in variables.into_iter().flatten() {
        if secrets::is_secret(name, value.as_str().unwrap_or_default()) {
            report.add(secrets::finding(&file.display().to_string(), name, VERCEL.to_vec()));
        }
    }
}

fn size_of(folder: &Path) -> io::Result<u64> {
    let mut size = 0_u64;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        size = size.saturating_add(if kind.is_dir() { size_of(&entry.path())? } else { entry.metadata()?.len() });
    }
    Ok(size)
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
}

fn fault(place: &str, problem: &str, fix: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        check: Check::Files,
        hosts: VERCEL.to_vec(),
        place: place.to_owned(),
        problem: problem.to_owned(),
        fix: fix.to_owned(),
    }
}
