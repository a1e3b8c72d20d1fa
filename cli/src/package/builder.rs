//! The build for a host: with cargo-zigbuild, cargo-lambda or cargo.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{
    Result,
    args::PackageArgs,
    binary::{GlibcVersion, Machine},
    project::{Build, Project},
    terminal::Terminal,
};

/// A command that builds the binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Builder {
    /// Links with the glibc that its target names, for both architectures.
    Zigbuild,
    /// Links with an old glibc, for both architectures.
    CargoLambda,
    /// Builds for this machine.
    Cargo,
}

/// Builds the binary of a package for an architecture. Returns the path of the binary.
///
/// # Errors
/// There is no command that builds for the architecture, or the build fails.
pub(super) async fn build(
    project: &Project,
    args: &PackageArgs,
    machine: Machine,
    terminal: &Terminal,
) -> Result<PathBuf> {
    let builder = Builder::find(machine)?;
    let target = format!("{}.{}", machine.target(), GlibcVersion::AMAZON_LINUX_2023);
    let (command, mut options): (&[&str], Vec<&str>) = match builder {
        Builder::Zigbuild => (&["zigbuild"], vec!["--target", &target]),
        Builder::CargoLambda => (&["lambda", "build"], vec!["--target", &target]),
        Builder::Cargo => (&["build"], Vec::new()),
    };
    options.extend(["--profile", &args.profile]);
    terminal.status("Building", format!("{} for {machine} with {}", project.binary(), builder.name()));
    let built = Build::new(project, &args.build, command, &options, terminal).run(terminal).await?;
    let executables = built.executables.ok();
    let executable = executables.and_then(|mut executables| executables.remove(project.binary()));
    let executable =
        executable.ok_or_else(|| format!("cannot build {}: {} failed", project.binary(), builder.name()))?;
    Ok(match builder {
        // It moves the file that the messages of cargo name.
        Builder::CargoLambda => project.zip_file().with_file_name("bootstrap"),
        Builder::Zigbuild | Builder::Cargo => executable,
    })
}

impl Builder {
    fn find(machine: Machine) -> Result<Self> {
        if has_command("zigbuild") {
            Ok(Self::Zigbuild)
        } else if has_command("lambda") {
            Ok(Self::CargoLambda)
        } else if cfg!(target_os = "linux") && Machine::current() == Some(machine) {
            Ok(Self::Cargo)
        } else {
            Err(format!(
                "cannot build for Linux on {machine}: cargo builds for this machine only; install cargo-zigbuild with \
                 `cargo install cargo-zigbuild` and `pip install ziglang`, or pass a binary with --binary"
            )
            .into())
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Zigbuild => "cargo zigbuild",
            Self::CargoLambda => "cargo lambda build",
            Self::Cargo => "cargo build",
        }
    }
}

/// Whether cargo has a command.
fn has_command(name: &str) -> bool {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([name, "--help"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
