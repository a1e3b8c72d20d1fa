//! The previous form of [`program`](crate::program), for modules that still use it.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
};

/// A program and its standard error. It is killed when this is dropped.
pub struct Process {
    pub child: Child,
    pub stderr: BufReader<ChildStderr>,
}

impl Process {
    /// Starts a program with these environment variables and no others.
    pub fn start(program: &str, vars: &[(&str, &str)]) -> Self {
        let mut child =
            Command::new(program).env_clear().envs(vars.iter().copied()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr }
    }

    /// The next line on standard error.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        line
    }

    /// The address that Lodger says it listens on, in the next line.
    pub fn addr(&mut self) -> SocketAddr {
        self.addr_behind("lodger: listening on http://")
    }

    /// The address that the next line has behind these words.
    pub fn addr_behind(&mut self, words: &str) -> SocketAddr {
        let line = self.line();
        let addr = line.strip_prefix(words).unwrap_or_else(|| panic!("{line:?}"));
        addr.trim_end().parse().unwrap()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// How it ended, and what it said until then.
    pub fn end(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
