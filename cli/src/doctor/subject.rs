use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use super::{
    archive,
    binary_checks::{self, Destination},
    finding::CheckedHost,
    report::Report,
    template::TemplateFunction,
    vercel_output,
};
use crate::{
    Result,
    binary::{ElfBinary, Machine},
    project::{Project, relative},
};

/// A file or a folder to check.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Binary(PathBuf),
    Zip(PathBuf),
    VercelOutput(PathBuf),
}

impl Subject {
    /// Recognizes the kind of a file by its content.
    ///
    /// # Errors
    /// The file cannot be read, or is a folder of another kind.
    pub(super) fn of_file(path: &Path) -> Result<Self> {
        if path.is_dir() {
            if path.join("config.json").is_file() {
                return Ok(Self::VercelOutput(path.to_owned()));
            }
            let cause =
                "the folder has no config.json; pass `.vercel/output`, or run the command in the folder of a package";
            return Err(format!("cannot check {}: {cause}", path.display()).into());
        }
        let mut start = Vec::new();
        let read = File::open(path).and_then(|file| file.take(4).read_to_end(&mut start));
        read.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Ok(if start.starts_with(b"PK") { Self::Zip(path.to_owned()) } else { Self::Binary(path.to_owned()) })
    }

    /// Finds the packages of a binary, or the binary if it has none.
    pub(super) fn of_package(project: &Project) -> Vec<Self> {
        let zip = Some(project.zip_file()).filter(|path| path.is_file()).map(Self::Zip);
        let output =
            Some(relative(&project.folder).join(".vercel/output")).filter(|path| path.is_dir()).map(Self::VercelOutput);
        let subjects: Vec<_> = [zip, output].into_iter().flatten().collect();
        if !subjects.is_empty() {
            return subjects;
        }
        let binary = relative(&project.target_folder).join("release").join(project.binary());
        if binary.is_file() { vec![Self::Binary(binary)] } else { Vec::new() }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Binary(path) | Self::Zip(path) | Self::VercelOutput(path) => path,
        }
    }

    /// Checks the file for hosts. A package is for one host.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub(super) fn check(
        &self,
        hosts: &[CheckedHost],
        functions: &[TemplateFunction],
        report: &mut Report,
    ) -> Result<()> {
        let lambda = lambda_function(functions);
        let runtime = lambda.and_then(|function| function.runtime.clone());
        let machine = lambda.and_then(|function| Machine::from_name(function.architecture.as_deref()?));
        match self {
            Self::Zip(path) => {
                let hosts = vec![CheckedHost::Lambda];
                archive::check(path, &Destination { hosts, is_chosen: true, machine, runtime }, report)
            }
            Self::VercelOutput(path) => {
                let hosts = vec![CheckedHost::Vercel];
                vercel_output::check(
                    path,
                    &Destination { hosts, is_chosen: true, machine: None, runtime: None },
                    report,
                )
            }
            Self::Binary(path) => {
                let binary = ElfBinary::read(path)?;
                let is_chosen = !hosts.is_empty();
                let hosts = if is_chosen { hosts } else { &CheckedHost::ALL };
                for host in hosts {
                    // The template is of Lambda.
                    let machine = machine.filter(|_| *host == CheckedHost::Lambda);
                    let destination = Destination { hosts: vec![*host], is_chosen, machine, runtime: runtime.clone() };
                    binary_checks::check(&binary, &path.display().to_string(), &destination, report);
                }
                Ok(())
            }
        }
    }
}

/// The function of the binary, if the templates have only one that may be a binary.
fn lambda_function(functions: &[TemplateFunction]) -> Option<&TemplateFunction> {
    let mut functions = functions.iter().filter(|function| function.may_be_rust());
    functions.next().filter(|_| functions.next().is_none())
}
