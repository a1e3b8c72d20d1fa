//! Builds of a binary with cargo.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use cargo_metadata::Message;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

use super::Project;
use crate::{
    Result,
    args::{BinaryArgs, TargetArgs},
    terminal::Terminal,
};

/// The maximum size of the compiler's output that is kept, in bytes.
const MAX_OUTPUT: usize = 256 << 10;

/// A build of the binaries of a project.
#[derive(Debug)]
pub struct Build {
    arguments: Vec<String>,
    folder: PathBuf,
}

/// The result of a build.
#[derive(Debug)]
pub struct Built {
    /// The executables by the names of the binaries, or the messages of the compiler.
    pub executables: std::result::Result<BTreeMap<String, PathBuf>, String>,
    pub duration: Duration,
}

impl Build {
    /// Creates the build of a program, for this machine.
    pub fn of_target(project: &Project, args: &TargetArgs, terminal: &Terminal) -> Self {
        let options: &[&str] = if args.release { &["--release"] } else { &[] };
        Self::new(project, &args.binary, &["build"], options, terminal)
    }

    /// Creates a build with a command of cargo, such as `zigbuild`, and options of this command.
    pub fn new(project: &Project, args: &BinaryArgs, command: &[&str], options: &[&str], terminal: &Terminal) -> Self {
        let rendering = if terminal.has_colors() { "json-diagnostic-rendered-ansi" } else { "json" };
        let arguments = [command, &["--message-format", rendering], options].concat();
        let mut arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let packages: BTreeSet<_> = project.binaries.iter().map(|binary| &binary.package).collect();
        for package in packages {
            arguments.extend(["--package".to_owned(), package.clone()]);
        }
        for binary in &project.binaries {
            arguments.extend(["--bin".to_owned(), binary.name.clone()]);
        }
        let features: Vec<&str> = project.settings.features.iter().chain(&args.features).map(String::as_str).collect();
        if !features.is_empty() {
            arguments.extend(["--features".to_owned(), features.join(",")]);
        }
        for (is_set, option) in [
            (args.all_features, "--all-features"),
            (args.no_default_features, "--no-default-features"),
            (terminal.is_quiet(), "--quiet"),
        ] {
            if is_set {
                arguments.push(option.to_owned());
            }
        }
        Self { arguments, folder: project.folder.clone() }
    }

    /// Runs cargo. Its progress and the messages of the compiler go to standard error.
    ///
    /// # Errors
    /// cargo cannot be started.
    pub async fn run(&self, terminal: &Terminal) -> Result<Built> {
        let begun = Instant::now();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(&self.arguments).current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().map_err(|error| format!("cannot start cargo: {error}"))?;
        let (mut executables, mut output) = (BTreeMap::new(), String::new());
        if let Some(stdout) = child.stdout.take() {
            let mut lines = BufReader::new(stdout).lines();
            while let Some(line) = lines.next_line().await? {
                match serde_json::from_str::<Message>(&line) {
                    Ok(Message::CompilerMessage(message)) => {
                        let text = message.message.rendered.unwrap_or(message.message.message);
                        terminal.write(&text);
                        if output.len() + text.len() < MAX_OUTPUT {
                            output += &text;
                        }
                    }
                    Ok(Message::CompilerArtifact(artifact)) if artifact.target.is_bin() => {
                        executables
                            .extend(artifact.executable.map(|path| (artifact.target.name, path.into_std_path_buf())));
                    }
                    _ => {}
                }
            }
        }
        let status = child.wait().await?;
        let executables = match &*output {
            _ if status.success() => Ok(executables),
            "" => Err(format!("cargo ended with {status}; its messages are in the terminal")),
            output => Err(without_colors(output)),
        };
        Ok(Built { executables, duration: begun.elapsed() })
    }
}

/// Removes the escape sequences of colours.
fn without_colors(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
