//! The previous form of [`program`](crate::program), for modules that still use it.

use std::{
    io::Read as _,
    process::{Child, Command, ExitStatus, Stdio},
};

/// A running process. It is killed when it is dropped.
pub struct Logging(Child);

impl Logging {
    /// Starts `program` with no other variables than `vars`.
    pub fn start(program: &str, vars: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program);
        command.env_clear().envs(vars.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.0.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Reads standard output up to the end of the line that contains `text`.
    pub fn output_until(&mut self, text: &str) -> String {
        read_until(self.0.stdout.as_mut().unwrap(), text)
    }

    /// Reads standard error up to the end of the line that contains `text`.
    pub fn errors_until(&mut self, text: &str) -> String {
        read_until(self.0.stderr.as_mut().unwrap(), text)
    }

    /// Waits for the end. Returns the status, standard output and standard error.
    pub fn end(mut self) -> (ExitStatus, String, String) {
        let (mut output, mut errors) = (String::new(), String::new());
        self.0.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        self.0.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.0.wait().unwrap(), output, errors)
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn read_until(from: &mut impl std::io::Read, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) || !read.ends_with('\n') {
        let mut byte = [0];
        assert_eq!(from.read(&mut byte).unwrap(), 1, "{read}");
        read.push(byte[0].into());
    }
    read
}
