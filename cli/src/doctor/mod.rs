//! `cargo lodger doctor`: mistakes in binaries, packages and templates.

mod archive;
mod binary_checks;
mod finding;
mod lambda;
mod profile;
mod report;
mod secrets;
mod streaming;
mod subject;
mod table;
mod template;
mod vercel_output;

use std::process::ExitCode;

pub use self::finding::CheckedHost;
use self::{report::Report, subject::Subject, template::TemplateFunction};
use crate::{
    Result,
    args::DoctorArgs,
    project::{Project, relative},
    terminal::Terminal,
};

/// Checks the files of the command line, or the package of this folder, and prints a report.
///
/// # Errors
/// A file cannot be read.
pub fn run(args: &DoctorArgs, terminal: &Terminal) -> Result<ExitCode> {
    let mut report = Report::default();
    // Files and templates of the command line are complete: the package may be another one.
    let is_package = args.files.is_empty() && args.template.is_empty();
    let project = if is_package { Some(Project::find(&args.package)?) } else { None };
    let functions = functions(args, project.as_ref(), terminal)?;
    let mut subjects = args.files.iter().map(|file| Subject::of_file(file)).collect::<Result<Vec<_>>>()?;
    if let Some(project) = &project {
        profile::check(&relative(&project.workspace_folder), &mut report)?;
        subjects = Subject::of_package(project);
        if subjects.is_empty() {
            terminal.warning("found no binary; run `cargo lodger package`, or pass a file");
        }
    }
    for function in &functions {
        lambda::check(function, &mut report);
        streaming::check(function, &mut report);
    }
    for subject in &subjects {
        terminal.status("Checking", subject.path().display());
        subject.check(&args.host, &functions, &mut report)?;
    }
    if !terminal.is_quiet() {
        terminal.result(&table::table(&report));
    }
    terminal.result(&table::findings(&report));
    Ok(if report.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Reads the functions of the templates. A template that was found by its name may belong to another tool.
fn functions(args: &DoctorArgs, project: Option<&Project>, terminal: &Terminal) -> Result<Vec<TemplateFunction>> {
    let mut functions = template::read(&args.template)?;
    let found = project.map(|project| template::find(&relative(&project.folder))).unwrap_or_default();
    for paths in &found {
        match template::read(paths) {
            Ok(read) => functions.extend(read),
            Err(error) => terminal.warning(&error.to_string()),
        }
    }
    Ok(functions)
}
