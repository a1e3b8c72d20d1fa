//! Instructions, counted by valgrind's tool callgrind. They repeat on a busy machine, and count user space only.

use std::{fs, path::Path, process::Command, sync::Arc, thread};

use crate::{
    Result,
    app::{App, Protocol},
    scenario::Scenario,
    session::{Folder, Session},
};

/// The invocations of the two runs. Their difference has neither the start nor the end of the process.
const LENGTHS: (u64, u64) = (100, 600);

/// Returns an error that names the package if there is no valgrind.
pub fn check() -> Result<()> {
    match Command::new("valgrind").arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err("cannot count instructions: valgrind is missing; install the package valgrind".into()),
    }
}

/// Returns the instructions of one invocation.
pub fn count(app: App, protocol: Protocol, scenario: &Arc<Scenario>) -> Result<u64> {
    // Large bodies cost so much that few invocations are enough.
    let lengths = match scenario.count {
        ..200 => (5, 15),
        200..1000 => (5, 25),
        _ => LENGTHS,
    };
    count_between(app, protocol, scenario, lengths)
}

/// Returns the instructions of one invocation between two lengths of a run.
pub fn count_between(app: App, protocol: Protocol, scenario: &Arc<Scenario>, (less, more): (u64, u64)) -> Result<u64> {
    let path = app.path();
    let (few, many) = thread::scope(|scope| {
        let few = scope.spawn(|| run(&path, protocol, scenario, less));
        let many = run(&path, protocol, scenario, more);
        (few.join(), many)
    });
    let few = few.map_err(|_| "a run has panicked")??;
    Ok(many?.saturating_sub(few) / (more - less))
}

/// Returns the instructions of a whole run.
fn run(path: &Path, protocol: Protocol, scenario: &Arc<Scenario>, invocations: u64) -> Result<u64> {
    let folder = Folder::new()?;
    let out = folder.0.join("out");
    let wrapper = ["valgrind", "--quiet", "--tool=callgrind", &format!("--callgrind-out-file={}", out.display())];
    let mut session = Session::start(path, &wrapper.map(str::to_owned), protocol, scenario)?;
    session.invoke(invocations)?;
    session.process.terminate()?;
    let text = fs::read_to_string(out)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    Ok(total.ok_or("callgrind has written no counts")?.trim().parse()?)
}
