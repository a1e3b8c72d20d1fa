//! External extensions as child processes.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use serde_json::json;
use tokio::{process::Command, sync::watch, task::JoinHandle, time::timeout};

use super::{
    output::{OnLine, Output},
    signal,
};
use crate::{FunctionError, runtime_api::SharedState};

/// Lambda's limit for the initialization of an on-demand function.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// The process of an external extension. The drop kills it.
#[derive(Debug)]
pub(super) struct ExtensionProcess {
    pub(super) name: String,
    id: u32,
    exit: watch::Receiver<Option<ExitStatus>>,
    task: JoinHandle<()>,
}

/// Returns the files of a folder, in the order of their names.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let list = || {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_file() {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    };
    list().map_err(|error: io::Error| {
        let folder = folder.display();
        io::Error::new(error.kind(), format!("cannot read the extensions in {folder}: {error}"))
    })
}

impl ExtensionProcess {
    /// Announces the extension and starts its process, in a process group of its own.
    pub(super) fn spawn(
        name: String,
        mut command: Command,
        state: &Arc<SharedState>,
        output: &Arc<Output>,
        on_line: &OnLine,
    ) -> io::Result<Self> {
        state.lock().extensions.announce(&name);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| {
            let message = format!("cannot start the extension {name}: {error}; make the file an executable");
            io::Error::new(error.kind(), message)
        })?;
        let id = child.id().unwrap_or_default();
        output.capture(child.stdout.take(), child.stderr.take(), on_line);
        let (exited, exit) = watch::channel(None);
        let (state, extension) = (Arc::clone(state), name.clone());
        let task = tokio::spawn(async move {
            let status = child.wait().await;
            if let Ok(status) = status {
                state.extension_exited(&extension, crash(status));
                exited.send_replace(Some(status));
            }
        });
        Ok(Self { name, id, exit, task })
    }

    /// The id of the process group.
    pub(super) fn group(&self) -> String {
        signal::group(self.id)
    }

    /// Waits until the extension has registered.
    ///
    /// # Errors
    /// The process has ended, or ten seconds are over.
    pub(super) async fn wait_for_registration(&mut self, state: &SharedState) -> io::Result<()> {
        let registered = state.wait_for(|state| state.extensions.is_registered(&self.name).then_some(()));
        let cause = tokio::select! {
            biased;
            () = registered => return Ok(()),
            exit = self.exit.wait_for(Option::is_some) => match exit.ok().and_then(|exit| *exit) {
                Some(status) => format!("its process ended with {status}"),
                None => "its process ended".to_owned(),
            },
            () = tokio::time::sleep(INIT_TIMEOUT) => format!("it has not registered for {} s", INIT_TIMEOUT.as_secs()),
        };
        Err(io::Error::other(format!("cannot start the extension {}: {cause}", self.name)))
    }

    /// Waits until the process ends, and kills it if it does not end in time.
    pub(super) async fn end(&mut self, grace: Duration) {
        if timeout(grace, self.exit.wait_for(Option::is_some)).await.is_err() {
            let _ = signal::send("KILL", &[self.group()]).await;
            let _ = self.exit.wait_for(Option::is_some).await;
        }
    }
}

impl Drop for ExtensionProcess {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The error of an extension whose process has ended.
fn crash(status: ExitStatus) -> FunctionError {
    let error_type = "Extension.Crash".to_owned();
    let body = json!({"errorType": error_type, "errorMessage": status.to_string()}).to_string();
    FunctionError { error_type, body: Bytes::from(body) }
}
