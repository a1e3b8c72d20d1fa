//! A program that is measured, and the cost of it from Linux's `/proc`.

use std::{
    fs, io,
    process::{Child, Command},
    time::{Duration, Instant},
};

use crate::Result;

/// A running program, which is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// The time of the start.
    pub started: Instant,
}

impl Process {
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let started = Instant::now();
        Ok(Self { child: command.spawn()?, started })
    }

    /// The CPU time of all threads, in the kernel and outside. Threads that have ended do not count: those of tokio and actix stay.
    pub fn cpu_time(&self) -> Result<Duration> {
        let mut time = 0;
        for thread in self.threads()? {
            // A thread may end in between.
            let Ok(text) = fs::read_to_string(thread.join("schedstat")) else { continue };
            time += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
        }
        Ok(Duration::from_nanos(time))
    }

    /// How often the threads have left a CPU, because they waited or because another thread got it.
    pub fn context_switches(&self) -> Result<u64> {
        let threads = self.threads()?;
        Ok(threads
            .iter()
            .map(|thread| status(thread, "voluntary_ctxt_switches") + status(thread, "nonvoluntary_ctxt_switches"))
            .sum())
    }

    /// The peak of the memory in use, in KB.
    pub fn peak_memory(&self) -> u64 {
        status(&self.folder(), "VmHWM")
    }

    /// The memory in use, in KB.
    pub fn memory(&self) -> u64 {
        status(&self.folder(), "VmRSS")
    }

    /// Returns an error if the program has ended.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => Err(format!("the program has ended: {status}").into()),
            None => Ok(()),
        }
    }

    /// Ends the program by SIGTERM, and waits for its end. Under valgrind, this makes it write its counts.
    pub fn terminate(mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        self.child.wait()?;
        Ok(())
    }

    fn folder(&self) -> std::path::PathBuf {
        format!("/proc/{}", self.child.id()).into()
    }

    fn threads(&self) -> io::Result<Vec<std::path::PathBuf>> {
        fs::read_dir(self.folder().join("task"))?.map(|entry| Ok(entry?.path())).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The program may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a number of a file `status`, or 0.
fn status(folder: &std::path::Path, name: &str) -> u64 {
    let text = fs::read_to_string(folder.join("status")).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Binds this thread, and the threads and programs that it starts from now on, to the first CPU, or frees them.
pub fn pin(is_pinned: bool) -> Result<()> {
    // `taskset` ignores the numbers of CPUs that do not exist.
    let cpus = if is_pinned { "0" } else { "0-1023" };
    // The number of the main thread is that of the process.
    let output = Command::new("taskset").args(["-cp", cpus, &std::process::id().to_string()]).output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("cannot set the CPUs: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}
