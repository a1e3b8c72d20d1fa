//! The versions of a function: the current one serves until the next one has started.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::version::Version;
use crate::{
    function::{LambdaSettings, LocalHost, Program},
    history::History,
    terminal::Terminal,
};

/// The time in which a new version has to poll. It may also compile something first.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The time after which a warning says that the function has not started. Requests wait for it.
const WARNING_TIMEOUT: Duration = Duration::from_secs(3);

/// The versions of a function.
#[derive(Debug)]
pub struct Versions {
    program: Program,
    /// The host on which a version starts first. `None` is Lambda.
    host: Option<LocalHost>,
    settings: LambdaSettings,
    history: Arc<History>,
    terminal: Terminal,
    current: watch::Sender<Option<Arc<Version>>>,
}

impl Versions {
    pub fn new(
        program: Program,
        host: Option<LocalHost>,
        settings: LambdaSettings,
        history: Arc<History>,
        terminal: Terminal,
    ) -> Self {
        Self { program, host, settings, history, terminal, current: watch::Sender::new(None) }
    }

    /// The name of the function.
    pub fn name(&self) -> &str {
        &self.program.name
    }

    /// The program of the command line, whose command a build replaces.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The current version. `None` if no version has started.
    pub fn current(&self) -> Option<Arc<Version>> {
        self.current.borrow().clone()
    }

    /// Starts a version, and makes it the current one as soon as it polls, or listens on another host than Lambda.
    ///
    /// # Errors
    /// The program cannot be started, ends or does not start in time. The last version goes on.
    pub async fn switch_to(&self, program: Program, number: u64) -> io::Result<()> {
        let (settings, history) = (self.settings.clone(), Arc::clone(&self.history));
        let version = Arc::new(Version::new(number, program, settings, history, self.terminal.clone()));
        let starting = async {
            match self.host {
                None => version.pool.warm_up().await,
                Some(host) => version.local_server(host).await.map(drop),
            }
        };
        let warning = async {
            sleep(WARNING_TIMEOUT).await;
            self.terminal.warning(&self.not_started(WARNING_TIMEOUT));
            std::future::pending().await
        };
        let started = async {
            tokio::select! { started = starting => started, () = warning => Ok(()) }
        };
        let late = |_| Err(io::Error::new(io::ErrorKind::TimedOut, self.not_started(START_TIMEOUT)));
        timeout(START_TIMEOUT, started).await.unwrap_or_else(late)?;
        self.current.send_replace(Some(version));
        Ok(())
    }

    /// The text about a function that has not started for some time.
    fn not_started(&self, time: Duration) -> String {
        let seconds = time.as_secs();
        match self.host {
            None => format!(
                "the function has not polled for {seconds} s; unset LODGER_HOST if it is set, and check that the program is a Lambda function"
            ),
            Some(_) => format!("the program has not listened for {seconds} s; unset LODGER_HOST if it is set"),
        }
    }
}
