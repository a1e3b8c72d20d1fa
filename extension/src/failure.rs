//! Failures of handlers, which do not end the extension.

use std::{error::Error as StdError, fmt, sync::Arc};

use crate::{Stats, handler::BoxError, log};

/// A failure of a handler. The extension goes on.
#[derive(Debug)]
pub struct HandlerError {
    handler: &'static str,
    cause: BoxError,
}

impl HandlerError {
    pub(crate) fn new(handler: &'static str, cause: BoxError) -> Self {
        Self { handler, cause }
    }

    /// The name of the handler: `on_invoke`, `on_shutdown`, `on_telemetry` or `on_logs`.
    #[must_use]
    pub fn handler(&self) -> &'static str {
        self.handler
    }

    /// The error that the handler returned, or the message of its panic.
    #[must_use]
    pub fn cause(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.cause
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the handler {} failed", self.handler)
    }
}

impl StdError for HandlerError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.cause)
    }
}

/// A function that receives failures.
type OnError = Arc<dyn Fn(&HandlerError) + Send + Sync>;

/// Logs and counts failures, and passes them to the function of the user.
#[derive(Clone)]
pub(crate) struct Failures {
    pub(crate) stats: Stats,
    pub(crate) on_error: Option<OnError>,
}

impl Failures {
    /// Reports the error of the handler with this name, if there is one.
    pub(crate) fn report(&self, handler: &'static str, result: Result<(), BoxError>) {
        let Err(cause) = result else { return };
        self.stats.add_failed_call();
        log::error(format_args!("the handler {handler} failed: {cause}"));
        if let Some(on_error) = &self.on_error {
            on_error(&HandlerError::new(handler, cause));
        }
    }
}
