//! The process of the app.

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use tokio::time::{sleep, timeout};

use crate::{Result, app};

/// How long the process may take to end, and its numbers to become stable.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A process of the app, which is killed on drop.
#[derive(Debug)]
pub struct Child {
    process: tokio::process::Child,
    id: u32,
}

impl Child {
    /// Starts the app with variables of the environment.
    pub fn start(variables: &[(&str, String)]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(app::ARGUMENT).env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
        // The app logs each of its panics.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let id = process.id().ok_or("the app has ended")?;
        Ok(Self { process, id })
    }

    /// The memory in use, in KB.
    pub fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("the app has ended")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// The number of open file descriptors.
    pub fn descriptors(&self) -> Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.id))?.count())
    }

    /// Waits until no more descriptors are open than at the beginning: the app closes the connections of clients that have left.
    pub async fn check_descriptors(&self, name: &str, before: usize) -> Result<()> {
        let returned = async {
            while self.descriptors()? > before {
                sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        };
        match timeout(TIMEOUT, returned).await {
            Ok(done) => done,
            Err(_) => Err(format!("{name}: {} descriptors are open, and {before} were", self.descriptors()?).into()),
        }
    }

    /// Ends the app by SIGTERM. Returns an error if it does not end with success.
    pub async fn terminate(mut self, name: &str) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.id.to_string()]).status()?;
        let status = timeout(TIMEOUT, self.process.wait())
            .await
            .map_err(|_| format!("{name}: SIGTERM does not end the app"))??;
        if status.success() { Ok(()) } else { Err(format!("{name}: the app has ended with {status}").into()) }
    }
}
