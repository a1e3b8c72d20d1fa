//! `cargo lodger package`: the files that a host deploys.

mod archive;
mod builder;
mod vercel_output;

use std::{fs, path::Path, process::ExitCode};

use crate::{
    Result,
    args::PackageArgs,
    binary::{ElfBinary, GlibcVersion, Machine, Requirement},
    project::{Project, relative},
    size::{LAMBDA_MAX_UPLOAD, MAX_FUNCTION_SIZE, human_size},
    terminal::Terminal,
};

/// Builds the binary, checks it, and writes the package.
///
/// # Errors
/// The binary cannot be built, the host cannot start it, or the package cannot be written.
pub async fn run(args: PackageArgs, terminal: &Terminal) -> Result<ExitCode> {
    let (file, project, machine) = match &args.binary {
        Some(file) => (file.clone(), None, args.arch),
        None => {
            let project = Project::find(&args.build)?;
            let machine = args.arch.or_else(Machine::current).ok_or(
                "cannot choose an architecture: this machine is neither x86_64 nor arm64; select one with --arch",
            )?;
            let file = builder::build(&project, &args, machine, terminal).await?;
            (file, Some(project), Some(machine))
        }
    };
    let bytes = fs::read(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let (binary, machine) = check(&args, &file, &bytes, machine)?;
    let path = if args.lambda {
        let path = args.output.unwrap_or_else(|| project.as_ref().map_or("bootstrap.zip".into(), Project::zip_file));
        let zipped = archive::write(&path, &bytes)
            .map_err(|error| format!("cannot write {}: {error}; choose another path with --output", path.display()))?;
        print_sizes(&path, zipped, binary.size, terminal);
        path
    } else {
        let folder = project.as_ref().map(|project| relative(&project.folder)).unwrap_or_default();
        let path = args.output.unwrap_or_else(|| folder.join(".vercel/output"));
        vercel_output::write(&path, &folder, &bytes, machine)?;
        terminal.status("Size", format!("{} of {}", human_size(binary.size), human_size(MAX_FUNCTION_SIZE)));
        path
    };
    terminal.status("Packaged", format!("{}: {machine}, {}", path.display(), binary.c_library()));
    Ok(ExitCode::SUCCESS)
}

/// Writes the sizes of a zip file, and the limits of Lambda.
fn print_sizes(path: &Path, zipped: u64, unzipped: u64, terminal: &Terminal) {
    let sizes = [zipped, LAMBDA_MAX_UPLOAD, unzipped, MAX_FUNCTION_SIZE].map(human_size);
    let [zipped_size, max_upload, unzipped_size, max_size] = sizes;
    let text =
        format!("{zipped_size} zipped of {max_upload} for a direct upload, {unzipped_size} unzipped of {max_size}");
    terminal.status("Size", text);
    if zipped > LAMBDA_MAX_UPLOAD {
        terminal.warning(&format!("{} is too large for a direct upload; upload it through Amazon S3", path.display()));
    }
}

/// Checks that the host can start a binary. Returns its properties and its architecture.
fn check(args: &PackageArgs, file: &Path, bytes: &[u8], machine: Option<Machine>) -> Result<(ElfBinary, Machine)> {
    let host = if args.lambda { "Lambda" } else { "Vercel" };
    let cannot = || format!("cannot package {} for {host}", file.display());
    let binary = ElfBinary::parse(bytes).map_err(|error| format!("{}: {error}", cannot()))?;
    let requirement = Requirement { host: host.to_owned(), glibc: GlibcVersion::AMAZON_LINUX_2023, machine };
    if let Some(mismatch) = requirement.mismatches(&binary).first() {
        return Err(format!("{}: {}; {}", cannot(), mismatch.cause, mismatch.fix).into());
    }
    if binary.size > MAX_FUNCTION_SIZE {
        let (size, limit) = (human_size(binary.size), human_size(MAX_FUNCTION_SIZE));
        return Err(format!(
            "{}: it has {size}, and the limit is {limit}; set `strip = true` in the profile",
            cannot()
        )
        .into());
    }
    let machine = binary.machine.map_err(|number| format!("{}: unknown ELF machine {number}", cannot()))?;
    Ok((binary, machine))
}
