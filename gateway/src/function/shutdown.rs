//! The end of a function and its extensions.

use std::{io, process::ExitStatus, time::Duration};

use tokio::time::Instant;

use super::{Function, Host, signal};
use crate::{ShutdownReason, runtime_api::SHUTDOWN_TIMEOUT};

/// The time between SIGTERM and SIGKILL on Vercel.
const VERCEL_GRACE: Duration = Duration::from_millis(500);

/// The time between SIGTERM and SIGKILL of a Web Function.
///
/// Source: [Execution environment lifecycle](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-env-lifecycle.html).
const WEB_FUNCTION_GRACE: Duration = Duration::from_secs(1);

/// The time between SIGTERM and SIGKILL of a server, which is the default of Kubernetes.
const SERVER_GRACE: Duration = Duration::from_secs(30);

impl Function {
    /// Shuts the process down as its host does, and returns its exit status.
    ///
    /// Lambda kills the process at once, unless the function has an [extension](crate::RuntimeApi::extensions). All other processes get
    /// SIGTERM. If a process does not end in time, it is killed: on Lambda after half a second, or 0.3 seconds without an internal
    /// extension, on Vercel after half a second, a Web
    /// Function after one second, and after 30 seconds as a server. Windows has no SIGTERM, so the process is killed
    /// there.
    ///
    /// External extensions then receive SHUTDOWN, and have the rest of two seconds. Lambda kills those that do not end in time, and
    /// at once those that have not registered for SHUTDOWN. The [reason](ShutdownReason) is a failure if the function has ended or
    /// has reported an init error, or an extension has failed, and a timeout if the last invocation has timed out.
    ///
    /// # Errors
    /// The operating system does not return the exit status.
    pub async fn shut_down(&mut self) -> io::Result<ExitStatus> {
        let started = Instant::now();
        let has_ended = matches!(self.child.try_wait(), Ok(Some(_)));
        let grace = match &self.host {
            Host::Lambda(state) => state.lock().extensions.function_grace(),
            #[cfg(unix)]
            Host::Vercel => Some(VERCEL_GRACE),
            Host::WebFunction => Some(WEB_FUNCTION_GRACE),
            Host::Server => Some(SERVER_GRACE),
        };
        let status = self.end_process(grace).await;
        self.end_extensions(started, has_ended).await;
        status
    }

    /// Sends SHUTDOWN to external extensions, and ends their processes.
    async fn end_extensions(&mut self, started: Instant, has_function_ended: bool) {
        let Host::Lambda(state) = &self.host else { return };
        if self.extensions.is_empty() && !state.lock().extensions.has_external() {
            return;
        }
        let reason = {
            let mut state = state.lock();
            if has_function_ended {
                state.fail_environment("Runtime.ExitError");
            }
            if has_function_ended { ShutdownReason::Failure } else { state.shutdown_reason() }
        };
        state.shut_down(reason, SHUTDOWN_TIMEOUT.saturating_sub(started.elapsed()));
        // First those that end at once.
        self.extensions.sort_by_key(|extension| state.lock().extensions.receives_shutdown(&extension.name));
        for extension in &mut self.extensions {
            let receives_shutdown = state.lock().extensions.receives_shutdown(&extension.name);
            let grace = SHUTDOWN_TIMEOUT.saturating_sub(started.elapsed());
            extension.end(if receives_shutdown { grace } else { Duration::ZERO }).await;
        }
    }

    /// Ends the process of the function.
    async fn end_process(&mut self, grace: Option<Duration>) -> io::Result<ExitStatus> {
        if let Some(freezer) = &self.freezer {
            freezer.thaw().await;
        }
        if let Some(grace) = grace
            && self.terminate().await.is_ok()
            && let Ok(status) = tokio::time::timeout(grace, self.exited()).await
        {
            self.kill_group().await;
            return status;
        }
        self.kill_group().await;
        // Fails only if the process has ended on its own, and then there is a status.
        let _ = self.child.start_kill();
        // Without the rest of the output: a child of the process may still hold the streams.
        self.child.wait().await
    }

    /// Kills all processes in the group of the function, if it leads one.
    async fn kill_group(&mut self) {
        if let Some(group) = self.group.take() {
            // Fails if all of them have ended.
            let _ = signal::send("KILL", &[group]).await;
        }
    }

    /// Sends SIGTERM to the process. Unix only: on other systems this is an error.
    ///
    /// A frozen process gets the signal with the next invocation.
    ///
    /// # Errors
    /// The process has ended, or the command `kill` failed.
    pub async fn terminate(&self) -> io::Result<()> {
        let id = self.id().ok_or_else(|| io::Error::other("cannot send SIGTERM: the process has ended"))?;
        signal::send("TERM", &[id.to_string()]).await
    }
}
