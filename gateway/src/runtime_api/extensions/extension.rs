//! One extension.

use std::fmt;

use serde_json::{Value, json};

use super::event::ExtensionEvent;
use crate::FunctionError;

#[derive(Debug)]
pub(crate) struct Extension {
    pub(crate) name: String,
    pub(super) id: String,
    pub(super) is_external: bool,
    pub(super) subscriptions: Subscriptions,
    pub(super) state: ExtensionState,
    /// The event that the next poll receives.
    pub(super) event: Option<ExtensionEvent>,
}

/// The events for which an extension has registered.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subscriptions {
    pub(crate) invoke: bool,
    pub(crate) shutdown: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExtensionState {
    /// An external extension that has not registered.
    Announced,
    Registered,
    /// The extension waits for its next event.
    Waiting,
    /// The extension has polled before, and does not wait for an event now.
    Working,
    /// The extension has reported an init error.
    InitFailed,
    /// The extension has reported an exit error, or its process has ended.
    ExitFailed,
}

impl ExtensionState {
    pub(super) fn is_failed(self) -> bool {
        matches!(self, Self::InitFailed | Self::ExitFailed)
    }

    /// Whether the extension has registered and not failed.
    pub(super) fn is_running(self) -> bool {
        self != Self::Announced && !self.is_failed()
    }
}

/// An error that an extension reported, or the end of its process.
///
/// Lambda ends the execution environment after such an error. [`RuntimeApi::invoke`](crate::RuntimeApi::invoke) fails until the
/// extension registers again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExtensionError {
    /// The name of the extension.
    pub name: String,
    /// The header `Lambda-Extension-Function-Error-Type` and the body of the request. The type is `Extension.Crash` if the process
    /// ended without a SHUTDOWN event.
    pub error: FunctionError,
}

impl fmt::Display for ExtensionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the extension {} failed: {}", self.name, self.error)
    }
}

impl std::error::Error for ExtensionError {}

impl Extension {
    /// The content of the record `platform.extension`.
    pub(crate) fn to_record(&self) -> Value {
        let state = match self.state {
            ExtensionState::Announced => "Started",
            ExtensionState::Registered => "Registered",
            ExtensionState::Waiting | ExtensionState::Working => "Ready",
            ExtensionState::InitFailed => "InitError",
            ExtensionState::ExitFailed => "ExitError",
        };
        let events = [("INVOKE", self.subscriptions.invoke), ("SHUTDOWN", self.subscriptions.shutdown)];
        let events: Vec<_> = events.iter().filter(|(_, is_subscribed)| *is_subscribed).map(|(name, _)| name).collect();
        json!({"name": self.name, "state": state, "events": events})
    }

    /// Whether the extension is ready for the next invocation.
    ///
    /// Its first poll ends its initialization. An extension with INVOKE then polls again after each invocation.
    pub(super) fn is_idle(&self) -> bool {
        match self.state {
            ExtensionState::Waiting => self.event.is_none(),
            ExtensionState::Working => !self.subscriptions.invoke,
            ExtensionState::Announced
            | ExtensionState::Registered
            | ExtensionState::InitFailed
            | ExtensionState::ExitFailed => false,
        }
    }
}
