//! A program that runs as a process of its own, and its output.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread::{self, sleep},
    time::{Duration, Instant},
};

/// The pause between two signals that Lodger does not count as one. It counts signals within a second as one.
pub const SEPARATE_SIGNALS: Duration = Duration::from_millis(1100);

/// A program that runs longer is killed. Then the reads of its output end, and the test fails instead of waiting forever.
const MAX_RUN_TIME: Duration = Duration::from_secs(120);

/// The variable with the file for the coverage of a process.
const PROFILE: &str = "LLVM_PROFILE_FILE";

/// A running program. Dropping it kills the process.
pub struct Program {
    /// Ends the thread that would kill the program.
    _alive: mpsc::Sender<()>,
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
}

/// The exit status of a program, and the output that was not read before.
#[derive(Debug)]
pub struct Exit {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    /// Starts a program with `vars` as its only environment variables.
    pub fn start(path: &str, vars: &[(&str, &str)]) -> Self {
        let mut command = Command::new(path);
        command.env_clear().envs(vars.iter().copied());
        Self::spawn(&mut command)
    }

    /// Starts a command.
    pub fn spawn(command: &mut Command) -> Self {
        // The program adds its lines to the coverage of the test, if that is measured.
        command.envs(env::var_os(PROFILE).map(|file| (PROFILE, file)));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (alive, dropped) = mpsc::channel();
        let id = child.id().to_string();
        thread::spawn(move || {
            if dropped.recv_timeout(MAX_RUN_TIME) == Err(mpsc::RecvTimeoutError::Timeout) {
                kill(&["-KILL", &id]);
            }
        });
        Self { _alive: alive, child, stdout, stderr }
    }

    /// Reads a line from standard error.
    pub fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        line
    }

    /// Reads a line from standard error, in which Lodger logs its address. Returns the address.
    pub fn listening_addr(&mut self) -> SocketAddr {
        self.addr_after("lodger: listening on http://")
    }

    /// Reads a line from standard error. Returns the address that follows `prefix`.
    pub fn addr_after(&mut self, prefix: &str) -> SocketAddr {
        let line = self.read_line();
        let addr = line.strip_prefix(prefix).unwrap_or_else(|| panic!("{line:?} does not begin with {prefix:?}"));
        addr.trim_end().parse().unwrap()
    }

    /// Reads standard output up to the end of the line that contains `text`.
    pub fn stdout_until(&mut self, text: &str) -> String {
        read_until(&mut self.stdout, text)
    }

    /// Reads standard error up to the end of the line that contains `text`.
    pub fn stderr_until(&mut self, text: &str) -> String {
        read_until(&mut self.stderr, text)
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, signal: &str) {
        kill(&[&format!("-{signal}"), &self.child.id().to_string()]);
    }

    /// Sends a signal twice at once, like a supervisor that signals a process and then its group.
    pub fn signal_twice(&self, signal: &str) {
        let id = self.child.id().to_string();
        kill(&[&format!("-{signal}"), &id, &id]);
    }

    /// Sends a signal until the process exits, because a busy machine may delay the second of two signals.
    pub fn signal_until_exit(&mut self, signal: &str) {
        for _ in 0..15 {
            self.signal(signal);
            let signalled = Instant::now();
            while signalled.elapsed() < SEPARATE_SIGNALS {
                if self.has_exited() {
                    return;
                }
                sleep(Duration::from_millis(10));
            }
        }
        panic!("the process goes on after 15 signals");
    }

    /// Whether the process has exited.
    pub fn has_exited(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until the process exits.
    pub fn wait(mut self) -> Exit {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.stderr.read_to_string(&mut stderr).unwrap();
        Exit { status: self.child.wait().unwrap(), stdout, stderr }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn kill(arguments: &[&str]) {
    assert!(Command::new("kill").args(arguments).status().unwrap().success());
}

fn read_until(from: &mut impl BufRead, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        assert_ne!(from.read_line(&mut read).unwrap(), 0, "{text:?} is not in the output:\n{read}");
    }
    read
}
