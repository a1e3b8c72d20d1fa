//! The functions of a platform, and their builds.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde::Serialize;
use tokio::sync::watch;

use super::{version::Version, versions::Versions};
use crate::{
    Result,
    function::Program,
    project::{Build, Sources},
    terminal::{Terminal, human_duration},
};

/// The state of the last build.
#[derive(Debug, Clone, Serialize)]
pub struct BuildState {
    /// `building`, `failed` or `running`.
    pub state: &'static str,
    pub number: u64,
    /// Milliseconds since 1970.
    pub at: u64,
    pub duration_ms: f64,
    /// Whether a version serves: this build, or the last one that did not fail.
    pub is_serving: bool,
    /// The messages of the compiler, or the errors at the start.
    pub output: String,
}

impl BuildState {
    fn building(number: u64, is_serving: bool) -> Self {
        Self { state: "building", number, at: now(), duration_ms: 0.0, is_serving, output: String::new() }
    }
}

/// The functions of a package, which are built together.
#[derive(Debug)]
pub struct Functions {
    all: Vec<Versions>,
    build: watch::Sender<BuildState>,
    terminal: Terminal,
}

impl Functions {
    /// Creates the functions, the default one first.
    pub fn new(all: Vec<Versions>, terminal: Terminal) -> Arc<Self> {
        Arc::new(Self { all, build: watch::Sender::new(BuildState::building(1, false)), terminal })
    }

    /// The names of the functions, the default one first.
    pub fn names(&self) -> Vec<&str> {
        self.all.iter().map(Versions::name).collect()
    }

    /// The variables of a function, of `Cargo.toml`, files and the command line.
    pub fn variables(&self, name: &str) -> &[(String, String)] {
        self.all.iter().find(|function| function.name() == name).map_or(&[], |function| &function.program().variables)
    }

    /// Waits for the end of a build, and returns the current version of a function. `None` if it has none, or there is no such function.
    pub async fn current(&self, name: Option<&str>) -> Option<Arc<Version>> {
        let mut build = self.build.subscribe();
        let _ = build.wait_for(|build| build.state != "building").await;
        let is_wanted = |function: &&Versions| name.is_none_or(|name| function.name() == name);
        self.all.iter().find(is_wanted)?.current()
    }

    /// The state of the last build, and its changes.
    pub fn build_state(&self) -> watch::Receiver<BuildState> {
        self.build.subscribe()
    }

    /// Begins a build: requests wait for its end.
    pub fn begin(&self) {
        self.build.send_modify(|build| *build = BuildState::building(build.number + 1, build.is_serving));
    }

    /// Builds the functions after [`begin`](Self::begin), and starts them. If one of them fails, the last version goes on. Returns the files
    /// that the build has read.
    ///
    /// # Errors
    /// cargo cannot be started.
    pub async fn build(&self, build: &Build) -> Result<Sources> {
        let built = build.run(&self.terminal).await?;
        let started = match &built.executables {
            Ok(executables) => self.copy_programs(executables).await.map(|programs| (executables, programs)),
            Err(output) => Err(output.clone()),
        };
        match started {
            Ok((executables, programs)) => {
                let has_started = self.switch_to(programs, built.duration).await;
                Ok(if has_started { Sources::of(executables.values()) } else { Sources::unknown() })
            }
            Err(output) => {
                self.fail(built.duration, output);
                Ok(Sources::unknown())
            }
        }
    }

    /// Copies the executables of a build.
    ///
    /// # Errors
    /// A file is missing, or cannot be copied.
    async fn copy_programs(
        &self,
        executables: &BTreeMap<String, PathBuf>,
    ) -> std::result::Result<Vec<(&Versions, Program)>, String> {
        let number = self.build.borrow().number;
        let mut programs = Vec::new();
        for function in &self.all {
            let name = function.name();
            let executable = executables.get(name).ok_or_else(|| format!("cargo has not built the binary {name:?}"))?;
            let program = function.program().with_executable(executable, number).await;
            programs
                .push((function, program.map_err(|error| format!("cannot copy {}: {error}", executable.display()))?));
        }
        Ok(programs)
    }

    /// Starts the programs of the command line.
    pub async fn start(&self) {
        let programs = self.all.iter().map(|function| (function, function.program().clone()));
        self.switch_to(programs.collect(), Duration::ZERO).await;
    }

    /// Starts a new version of each function. Returns whether all of them have started.
    async fn switch_to(&self, programs: Vec<(&Versions, Program)>, duration: Duration) -> bool {
        let number = self.build.borrow().number;
        let mut output = String::new();
        for (function, program) in programs {
            if let Err(error) = function.switch_to(program, number).await {
                let error =
                    if self.all.len() > 1 { format!("{}: {error}", function.name()) } else { error.to_string() };
                self.terminal.error(&error);
                output += &format!("{error}\n");
            }
        }
        if !output.is_empty() {
            self.fail(duration, output);
            return false;
        }
        if duration > Duration::ZERO {
            self.terminal.status("Running", format!("build {number}, after {}", human_duration(duration)));
        }
        self.end("running", duration, String::new());
        true
    }

    fn fail(&self, duration: Duration, output: String) {
        if self.is_serving() {
            self.terminal.warning("the last version still serves");
        }
        self.end("failed", duration, output);
    }

    fn end(&self, state: &'static str, duration: Duration, output: String) {
        let (duration_ms, is_serving) = (duration.as_secs_f64() * 1000.0, self.is_serving());
        self.build.send_modify(|build| {
            *build = BuildState { state, at: now(), duration_ms, is_serving, output, ..build.clone() };
        });
    }

    fn is_serving(&self) -> bool {
        self.all.iter().any(|function| function.current().is_some())
    }
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or_default()
}
