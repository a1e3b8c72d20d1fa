//! A process that is watched until its end.

use lodger_gateway::Function;
use tokio::sync::watch;

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

/// Waits until the process ends, or until its owner is dropped.
async fn supervise(mut function: Function, mut stopped: watch::Receiver<()>, exited: watch::Sender<Option<String>>) {
    tokio::select! {
        status = function.wait() => {
            let text = status.map_or_else(|error| error.to_string(), |status| format!("the process ended: {status}"));
            let _ = exited.send(Some(text));
        }
        // The sender is gone.
        _ = stopped.changed() => {}
    }
    let _ = function.shut_down().await;
    drop(exited);
}
