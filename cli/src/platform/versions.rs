//! The builds of the function: the current one serves until the next one has started.

use std::{
    io,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde::Serialize;
use tokio::{sync::watch, time::timeout};

use super::version::Version;
use crate::{
    Result,
    function::{LambdaSettings, Program},
    history::History,
    project::Build,
    terminal::{Terminal, human_duration},
};

/// The time in which a new version has to poll. It may also compile something first.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The state of the last build.
#[derive(Debug, Clone, Serialize)]
pub struct BuildState {
    /// `building`, `failed` or `running`.
    pub state: &'static str,
    pub number: u64,
    /// Milliseconds since 1970.
    pub at: u64,
    pub duration_ms: f64,
    /// The messages of the compiler, or the error at the start.
    pub output: String,
}

/// The versions of the function.
#[derive(Debug)]
pub struct Versions {
    program: Program,
    settings: LambdaSettings,
    history: Arc<History>,
    terminal: Terminal,
    current: watch::Sender<Option<Arc<Version>>>,
    build: watch::Sender<BuildState>,
}

impl Versions {
    pub fn new(program: Program, settings: LambdaSettings, history: Arc<History>, terminal: Terminal) -> Arc<Self> {
        let build = BuildState { state: "building", number: 1, at: now(), duration_ms: 0.0, output: String::new() };
        let (current, build) = (watch::Sender::new(None), watch::Sender::new(build));
        Arc::new(Self { program, settings, history, terminal, current, build })
    }

    /// Waits for the end of a build, and returns the current version. `None` if no build has succeeded so far.
    pub async fn current(&self) -> Option<Arc<Version>> {
        let mut build = self.build.subscribe();
        let _ = build.wait_for(|build| build.state != "building").await;
        self.current.borrow().clone()
    }

    /// The state of the last build, and its changes.
    pub fn name(&self) -> &str {
        &self.program.name
    }

    /// The state of the last build, and its changes.
    pub fn build_state(&self) -> watch::Receiver<BuildState> {
        self.build.subscribe()
    }

    /// Builds the function after [`begin`](Self::begin), and starts it. If one of them fails, the last version goes on.
    ///
    /// # Errors
    /// cargo cannot be started.
    pub async fn build(&self, build: &Build) -> Result<()> {
        let built = build.run(&self.terminal).await?;
        match built.executable {
            Ok(executable) => {
                let program = Program { command: vec![executable.into()], ..self.program.clone() };
                self.switch_to(program, built.duration).await;
            }
            Err(output) => self.fail(built.duration, output),
        }
        Ok(())
    }

    /// Starts the program of the command line.
    pub async fn start(&self) {
        self.switch_to(self.program.clone(), Duration::ZERO).await;
    }

    /// Begins a build: requests wait for its end.
    pub fn begin(&self) {
        self.build.send_modify(|build| {
            let number = build.number + 1;
            *build = BuildState { state: "building", number, at: now(), duration_ms: 0.0, output: String::new() };
        });
    }

    /// Starts a new version, and makes it the current one as soon as it polls.
    async fn switch_to(&self, program: Program, duration: Duration) {
        let number = self.build.borrow().number;
        let (settings, history) = (self.settings.clone(), Arc::clone(&self.history));
        let version = Version::new(number, program, settings, history, self.terminal.clone());
        let started = timeout(START_TIMEOUT, version.pool.warm_up()).await.unwrap_or_else(|_| {
            let error = format!(
                "the function has not polled for {} s; unset LODGER_HOST if it is set, and check that the program is a Lambda function",
                START_TIMEOUT.as_secs()
            );
            Err(io::Error::new(io::ErrorKind::TimedOut, error))
        });
        match started {
            Ok(()) => {
                self.current.send_replace(Some(Arc::new(version)));
                if duration > Duration::ZERO {
                    self.terminal.status("Running", format!("build {number}, after {}", human_duration(duration)));
                }
                self.end("running", duration, String::new());
            }
            Err(error) => {
                self.terminal.error(&error.to_string());
                self.fail(duration, format!("{error}\n"));
            }
        }
    }

    fn fail(&self, duration: Duration, output: String) {
        if self.current.borrow().is_some() {
            self.terminal.warning("the last version still serves");
        }
        self.end("failed", duration, output);
    }

    fn end(&self, state: &'static str, duration: Duration, output: String) {
        let duration_ms = duration.as_secs_f64() * 1000.0;
        self.build.send_modify(|build| *build = BuildState { state, at: now(), duration_ms, output, ..build.clone() });
    }
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or_default()
}
