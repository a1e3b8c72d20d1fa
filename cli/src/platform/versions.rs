//! The versions of a function: the current one serves until the next one has started.

use std::{io, sync::Arc, time::Duration};

use tokio::{sync::watch, time::timeout};

use super::version::Version;
use crate::{
    function::{LambdaSettings, Program},
    history::History,
    terminal::Terminal,
};

/// The time in which a new version has to poll. It may also compile something first.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The versions of a function.
#[derive(Debug)]
pub struct Versions {
    program: Program,
    settings: LambdaSettings,
    history: Arc<History>,
    terminal: Terminal,
    current: watch::Sender<Option<Arc<Version>>>,
}

impl Versions {
    pub fn new(program: Program, settings: LambdaSettings, history: Arc<History>, terminal: Terminal) -> Self {
        Self { program, settings, history, terminal, current: watch::Sender::new(None) }
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

    /// Starts a version, and makes it the current one as soon as it polls.
    ///
    /// # Errors
    /// The program cannot be started, ends or does not poll in time. The last version goes on.
    pub async fn switch_to(&self, program: Program, number: u64) -> io::Result<()> {
        let (settings, history) = (self.settings.clone(), Arc::clone(&self.history));
        let version = Version::new(number, program, settings, history, self.terminal.clone());
        timeout(START_TIMEOUT, version.pool.warm_up()).await.unwrap_or_else(|_| {
            let error = format!(
                "the function has not polled for {} s; unset LODGER_HOST if it is set, and check that the program is a Lambda function",
                START_TIMEOUT.as_secs()
            );
            Err(io::Error::new(io::ErrorKind::TimedOut, error))
        })?;
        self.current.send_replace(Some(Arc::new(version)));
        Ok(())
    }
}
