//! Stops the processes of a function between invocations.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::signal;
use crate::runtime_api::{Freeze, SharedState};

/// A task that freezes and thaws the processes. The drop ends the task.
#[derive(Debug)]
pub(super) struct Freezer {
    state: Arc<SharedState>,
    task: JoinHandle<()>,
}

impl Freezer {
    /// Starts the task for these process groups, in the current tokio runtime.
    pub(super) fn start(state: &Arc<SharedState>, groups: Vec<String>) -> Self {
        state.lock().stays_thawed = false;
        Self { state: Arc::clone(state), task: tokio::spawn(run(Arc::clone(state), groups)) }
    }

    /// Thaws the processes, and does not freeze them again.
    pub(super) async fn thaw(&self) {
        self.state.lock().stays_thawed = true;
        self.state.changed.notify_waiters();
        self.wait_for(Freeze::Running).await;
    }

    /// Waits until the processes are in this state.
    pub(super) async fn wait_for(&self, freeze: Freeze) {
        let mut changes = self.state.lock().freeze.subscribe();
        // The sender is a part of the state, which is still there.
        let _ = changes.wait_for(|current| *current == freeze).await;
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        self.task.abort();
        // For another function of the same API.
        self.state.lock().freeze.send_replace(Freeze::Running);
        self.state.queued.notify_waiters();
    }
}

async fn run(state: Arc<SharedState>, groups: Vec<String>) {
    loop {
        begin(&state).await;
        // A signal fails if a process has ended. All others get it nevertheless.
        let _ = signal::send("STOP", &groups).await;
        state.lock().freeze.send_replace(Freeze::Frozen);
        state.wait_for(|state| state.has_to_thaw().then_some(())).await;
        let _ = signal::send("CONT", &groups).await;
        state.lock().freeze.send_replace(Freeze::Running);
        // Polls may receive the queued invocations.
        state.queued.notify_waiters();
    }
}

/// Waits until the environment is idle, and begins the freeze before another invocation can begin.
async fn begin(state: &SharedState) {
    loop {
        let changed = state.changed.notified();
        if state.lock().begin_freeze() {
            return;
        }
        changed.await;
    }
}
