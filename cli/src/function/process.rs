//! A process that is watched until its end.

use std::{sync::LazyLock, time::Duration};

use lodger_gateway::Function;
use tokio::{sync::watch, time::timeout};

/// The time in which all processes have to end. Extensions have two seconds.
const END_TIMEOUT: Duration = Duration::from_secs(3);

/// Whether all processes have to end.
static END: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// Ends all processes and their extensions as their hosts do, and waits until they have ended.
pub async fn end_all() {
    END.send_replace(true);
    // Each task of a process has a receiver.
    let _ = timeout(END_TIMEOUT, END.closed()).await;
}

/// A process. It ends on drop.
#[derive(Debug)]
pub(super) struct Process {
    /// The exit of the process, as text.
    exit: watch::Receiver<Option<String>>,
    /// The drop ends the process.
    stop: watch::Sender<()>,
}

impl Process {
    pub(super) fn new(function: Function) -> Self {
        let (stop, stopped) = watch::channel(());
        let (exited, exit) = watch::channel(None);
        tokio::spawn(supervise(function, stopped, exited));
        Self { exit, stop }
    }

    /// Waits for the end of the process, and returns a text about it.
    pub(super) async fn exited(&self) -> String {
        let mut exit = self.exit.clone();
        let text = match exit.wait_for(Option::is_some).await {
            Ok(text) => text.clone(),
            Err(_) => None,
        };
        text.unwrap_or_else(|| "the process has ended".to_owned())
    }

    pub(super) fn has_exited(&self) -> bool {
        self.exit.borrow().is_some()
    }

    /// Ends the process and its extensions, and waits until they have ended.
    pub(super) async fn stop(self) {
        drop(self.stop);
        let mut exit = self.exit;
        // The task ends after the process.
        while exit.changed().await.is_ok() {}
    }
}

/// Waits until the process ends, until its owner is dropped, or until the command ends.
async fn supervise(mut function: Function, mut stopped: watch::Receiver<()>, exited: watch::Sender<Option<String>>) {
    let mut end = END.subscribe();
    tokio::select! {
        status = function.exited() => {
            let text = status.map_or_else(|error| error.to_string(), |status| format!("the process ended: {status}"));
            let _ = exited.send(Some(text));
        }
        // The sender is gone.
        _ = stopped.changed() => {}
        _ = end.wait_for(|end| *end) => {}
    }
    let _ = function.shut_down().await;
    drop(exited);
}
