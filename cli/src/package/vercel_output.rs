//! The folder `.vercel/output`, in the format of Vercel's Build Output API 3.
//!
//! Source: <https://vercel.com/docs/build-output-api>

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{Result, binary::Machine};

/// Writes the output: one function for every path without a file in `public` of the package, and the cron jobs of its `vercel.json`.
///
/// # Errors
/// The folder is not empty and no output, a file cannot be written, or `vercel.json` is not JSON.
pub(super) fn write(output: &Path, package: &Path, binary: &[u8], machine: Machine) -> Result<()> {
    let crons = crons(&package.join("vercel.json"))?;
    let cannot =
        |error: io::Error| format!("cannot write {}: {error}; choose another folder with --output", output.display());
    remove_old(output)?;
    write_function(&output.join("functions/index.func"), binary, machine).map_err(cannot)?;
    let config = json!({
        "version": 3,
        "routes": [{"handle": "filesystem"}, {"src": "/(.*)", "dest": "/index"}],
        "crons": crons,
    });
    write_json(&output.join("config.json"), &config).map_err(cannot)?;
    let public = package.join("public");
    if public.is_dir() {
        copy_folder(&public, &output.join("static"))
            .map_err(|error| format!("cannot copy the files of {}: {error}", public.display()))?;
    }
    Ok(())
}

/// Reads the cron jobs, which a prebuilt deployment does not take from the file.
fn crons(file: &Path) -> Result<Value> {
    let cannot = |error: &dyn std::fmt::Display| format!("cannot read the cron jobs of {}: {error}", file.display());
    match fs::read(file) {
        Ok(bytes) => {
            let mut settings: Value = serde_json::from_slice(&bytes).map_err(|error| cannot(&error))?;
            Ok(settings.get_mut("crons").map_or_else(|| json!([]), Value::take))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(json!([])),
        Err(error) => Err(cannot(&error).into()),
    }
}

/// Removes the output of an earlier build. A folder with other files is an error, so that a wrong --output deletes nothing.
fn remove_old(output: &Path) -> Result<()> {
    let error = |error: io::Error| format!("cannot replace {}: {error}", output.display());
    let is_empty = match fs::read_dir(output) {
        Ok(mut entries) => entries.next().is_none(),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(error(cause).into()),
    };
    let config = fs::read(output.join("config.json")).unwrap_or_default();
    let is_output = serde_json::from_slice(&config).is_ok_and(|config: Value| config.get("version") == Some(&json!(3)));
    // `vercel build` writes these files too.
    let known = ["builds.json", "config.json", "diagnostics", "flags.json", "functions", "static"];
    let has_others = fs::read_dir(output).map_err(error)?.flatten().any(|entry| {
        let name = entry.file_name();
        !known.iter().any(|known| name == *known)
    });
    if !is_empty && (!is_output || has_others) {
        let path = output.display();
        return Err(format!(
            "cannot replace {path}: it has files and is no output for Vercel; choose another folder with --output"
        )
        .into());
    }
    fs::remove_dir_all(output).map_err(error)?;
    Ok(())
}

fn write_function(folder: &Path, binary: &[u8], machine: Machine) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let executable = folder.join("executable");
    fs::write(&executable, binary)?;
    make_executable(&executable)?;
    let config = json!({
        "handler": "executable",
        "runtime": "executable",
        "runtimeLanguage": "rust",
        "architecture": machine.name(),
        "environment": {},
        "supportsResponseStreaming": true,
    });
    write_json(&folder.join(".vc-config.json"), &config)
}

#[cfg(unix)]
fn make_executable(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "the same type on all systems")]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}

fn write_json(file: &Path, value: &Value) -> io::Result<()> {
    fs::write(file, format!("{value:#}\n"))
}

fn copy_folder(from: &Path, to: &PathBuf) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            fs::copy(source, target)?;
        }
    }
    Ok(())
}
