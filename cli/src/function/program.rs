use std::{
    ffi::OsString,
    num::NonZeroUsize,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
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
}

impl Program {
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
    pub extensions: Option<PathBuf>,
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
            extensions: None,
        }
    }
}
