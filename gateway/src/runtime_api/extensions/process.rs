//! Extensions as child processes of `Function`.

use std::time::Duration;

use super::{ShutdownReason, extension::ExtensionState, registry::Extensions};
use crate::{
    ExtensionError, FunctionError,
    runtime_api::{
        phases::Phases,
        state::{SharedState, State},
        telemetry::Telemetry,
    },
};

impl Extensions {
    pub(crate) fn is_registered(&self, name: &str) -> bool {
        let mut running = self.iter_registered().filter(|extension| extension.state.is_running());
        running.any(|extension| extension.name == name)
    }

    /// The time that the function has between SIGTERM and SIGKILL. `None` without an extension, as there is no SIGTERM then.
    ///
    /// Source: [Shutdown phase](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-lifecycle-shutdown).
    pub(crate) fn function_grace(&self) -> Option<Duration> {
        let has_internal = self.iter_registered().any(|extension| !extension.is_external);
        match (has_internal, self.has_external()) {
            (true, _) => Some(Duration::from_millis(500)),
            (false, true) => Some(Duration::from_millis(300)),
            (false, false) => None,
        }
    }

    /// Whether there is an external extension.
    pub(crate) fn has_external(&self) -> bool {
        self.iter_registered().any(|extension| extension.is_external)
    }

    /// Removes the internal extensions, and waits for the registration of all others.
    fn restart(&mut self) {
        self.remove_internal();
        self.error = None;
        for extension in self.iter_mut() {
            extension.state = ExtensionState::Announced;
            extension.event = None;
        }
    }

    /// Whether the extension gets SHUTDOWN.
    pub(crate) fn receives_shutdown(&self, name: &str) -> bool {
        let mut running = self.iter_registered().filter(|extension| extension.state.is_running());
        running.any(|extension| extension.name == name && extension.subscriptions.shutdown)
    }
}

impl State {
    /// Begins another environment after a shutdown. Announced extensions have to register again.
    pub(crate) fn restart(&mut self) {
        if std::mem::take(&mut self.is_shutting_down) {
            self.extensions.restart();
            (self.phases, self.telemetry) = (Phases::default(), Telemetry::default());
            (self.has_timed_out, self.is_registration_closed) = (false, false);
        }
    }

    /// The reason for a shutdown now.
    pub(crate) fn shutdown_reason(&self) -> ShutdownReason {
        if self.has_failed_to_start || self.extensions.error.is_some() {
            ShutdownReason::Failure
        } else if self.has_timed_out {
            ShutdownReason::Timeout
        } else {
            ShutdownReason::Spindown
        }
    }
}

impl SharedState {
    /// Records the end of the process of an extension, which is an error unless the environment shuts down.
    pub(crate) fn extension_exited(&self, name: &str, error: FunctionError) {
        let mut state = self.lock();
        if !state.is_shutting_down && state.extensions.fail_name(name) {
            let error_type = error.error_type.clone();
            state.extensions.error = Some(ExtensionError { name: name.to_owned(), error });
            state.fail_environment(&error_type);
        }
        self.changed.notify_waiters();
    }
}
