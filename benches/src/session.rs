//! A program that runs, with the other side of its protocol.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use crate::{Result, app::Protocol, client::Client, process::Process, runtime_api::RuntimeApi, scenario::Scenario};

/// A program that runs.
#[derive(Debug)]
pub struct Session {
    pub process: Process,
    side: Side,
    folder: Folder,
}

#[derive(Debug)]
enum Side {
    Lambda(RuntimeApi),
    Http(Client),
}

impl Session {
    /// Starts a program, and waits until it polls or listens. `wrapper` is a command that starts it, such as valgrind.
    pub fn start(program: &Path, wrapper: &[String], protocol: Protocol, scenario: &Arc<Scenario>) -> Result<Self> {
        let folder = Folder::new()?;
        let mut command = match wrapper.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        let response = folder.0.join("response");
        std::fs::write(&response, scenario.ready_response(protocol == Protocol::Lambda))?;
        let errors = std::fs::File::create(folder.0.join("stderr"))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        command.env_clear().env("BENCH_RESPONSE", &response).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.envs(scenario.variables.iter().map(|(name, value)| (name, value)));
        let (process, side) = match protocol {
            Protocol::Lambda => {
                let api = RuntimeApi::start(scenario)?;
                command.envs([
                    ("AWS_LAMBDA_RUNTIME_API", api.address.to_string().as_str()),
                    ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
                    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench"),
                    ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/29/[$LATEST]1"),
                    ("AWS_REGION", "eu-west-1"),
                    // lambda_http leaves the stage of a REST API in the path by default, so that no route matches.
                    ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
                ]);
                let mut process = Process::start(&mut command)?;
                api.invoke(0, || process.check())?;
                (process, Side::Lambda(api))
            }
            Protocol::Vercel | Protocol::Server => {
                let (process, client) = Client::start(&mut command, scenario, protocol == Protocol::Vercel)?;
                (process, Side::Http(client))
            }
        };
        Ok(Self { process, side, folder })
    }

    /// Sends events or requests, and waits until the program has responded to all.
    pub fn invoke(&mut self, count: u64) -> Result<()> {
        let done = match &mut self.side {
            Side::Lambda(api) => api.invoke(count, || self.process.check()),
            Side::Http(client) => client.invoke(count),
        };
        done.map_err(|error| {
            let log = std::fs::read_to_string(self.folder.0.join("stderr")).unwrap_or_default();
            format!("{error}; the log of the program: {log}").into()
        })
    }

    /// The time from the start of the process to the first poll, or until the server listens.
    pub fn start_time(&self) -> Duration {
        let ready = match &self.side {
            Side::Lambda(api) => api.first_poll(),
            Side::Http(client) => Some(client.ready),
        };
        ready.map(|ready| ready - self.process.started).unwrap_or_default()
    }

    /// The number of connections to the Runtime API.
    pub fn connections(&self) -> u64 {
        match &self.side {
            Side::Lambda(api) => api.connections(),
            Side::Http(_) => 1,
        }
    }

    /// Returns the bodies of the responses on Lambda, if the scenario keeps them.
    pub fn take_bodies(&self) -> Vec<String> {
        match &self.side {
            Side::Lambda(api) => api.take_bodies(),
            Side::Http(_) => Vec::new(),
        }
    }
}

/// A folder of this process for a file, which is removed when this is dropped.
#[derive(Debug)]
pub struct Folder(pub std::path::PathBuf);

impl Folder {
    pub fn new() -> Result<Self> {
        static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("lodger-bench-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A file that stays is small.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
