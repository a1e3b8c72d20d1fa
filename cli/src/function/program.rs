use std::{
    ffi::OsString,
    io,
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use super::executable::ExecutableCopy;
use crate::{
    Result,
    args::{TargetArgs, VariableArgs},
    project::Project,
};

/// A program, and its variables of the environment.
#[derive(Debug, Clone)]
pub struct Program {
    /// The name of the function.
    pub name: String,
    /// The executable and its arguments.
    pub command: Vec<OsString>,
    /// The variables, the last of one name counts.
    pub variables: Vec<(String, String)>,
    pub folder: Option<PathBuf>,
    /// The executable of a build, which stays until the last clone is dropped.
    _copy: Option<Arc<ExecutableCopy>>,
}

impl Program {
    /// Creates the program of the command line, or of a binary whose build sets the command.
    ///
    /// # Errors
    /// A file with variables cannot be read.
    pub fn new(name: &str, target: &TargetArgs, variables: &VariableArgs, project: Option<&Project>) -> Result<Self> {
        let mut all = project.map(|project| project.settings.env.clone()).unwrap_or_default();
        all.extend(variables_of_files(variables, project)?);
        all.extend(variables.env.iter().cloned());
        Ok(Self {
            name: name.to_owned(),
            command: target.command.clone(),
            variables: all.into_iter().collect(),
            folder: project.map(|project| project.folder.clone()),
            _copy: None,
        })
    }

    /// The program with the executable of a build.
    ///
    /// # Errors
    /// The executable cannot be copied.
    pub async fn with_executable(&self, executable: &Path, number: u64) -> io::Result<Self> {
        let copy = ExecutableCopy::new(executable, number).await?;
        Ok(Self { command: vec![copy.path.clone().into()], _copy: Some(Arc::new(copy)), ..self.clone() })
    }

    /// The command, with piped output.
    pub fn command(&self) -> Command {
        let (program, arguments) =
            self.command.split_first().map_or_else(Default::default, |(first, rest)| (first.clone(), rest));
        let mut command = Command::new(program);
        command.args(arguments).envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// Reads the files with variables: those of the command line, or `.env` of the package if it exists.
fn variables_of_files(args: &VariableArgs, project: Option<&Project>) -> Result<Vec<(String, String)>> {
    let folder = project.map(|project| project.folder.clone()).unwrap_or_default();
    let default = folder.join(".env");
    let files = match &*args.env_file {
        [] if default.is_file() => vec![default],
        files => files.to_vec(),
    };
    let mut variables = Vec::new();
    for file in files {
        let error =
            |error: dotenvy::Error| format!("cannot read the variables in {} (--env-file): {error}", file.display());
        for variable in dotenvy::from_path_iter(&file).map_err(error)? {
            variables.push(variable.map_err(error)?);
        }
    }
    Ok(variables)
}

/// The settings of a function on Lambda.
#[derive(Debug, Clone)]
pub struct LambdaSettings {
    pub timeout: Duration,
    /// The memory size in MB.
    pub memory: u32,
    /// The invocations at once of one process, on Managed Instances.
    pub concurrency: Option<NonZeroUsize>,
    pub max_processes: NonZeroUsize,
    pub is_freezing: bool,
    /// Whether the processes start from a snapshot.
    pub has_snap_start: bool,
    pub extensions: Option<PathBuf>,
    /// The address of the Runtime API for a process that the user starts.
    pub runtime_api: Option<SocketAddr>,
    /// The host names that requests to the Runtime API may have, besides `localhost`.
    pub allowed_hosts: Vec<String>,
}

impl LambdaSettings {
    /// The settings of a process that is invoked once.
    pub fn for_one_invocation(timeout: Duration) -> Self {
        Self {
            timeout,
            memory: 128,
            concurrency: None,
            max_processes: NonZeroUsize::MIN,
            is_freezing: false,
            has_snap_start: false,
            extensions: None,
            runtime_api: None,
            allowed_hosts: Vec::new(),
        }
    }
}
