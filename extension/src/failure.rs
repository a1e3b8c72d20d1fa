//! Failures of handlers.

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

/// An error with which a handler ends the extension.
///
/// Lambda receives the error as the exit error of the extension, and [`run`](crate::Extension::run) returns it. Lambda then
/// resets the environment. Return this error only if the function must not run without the extension. Every other error of a
/// handler is logged, and the extension goes on.
///
/// # Example
///
/// ```
/// use lodger_extension::{Extension, FatalError, InvokeEvent};
///
/// let extension = Extension::new().on_invoke(async |_: InvokeEvent| {
///     Err::<(), _>(FatalError::new("Extension.PolicyExpired", "the policy has expired"))
/// });
/// ```
#[derive(Debug, Clone)]
pub struct FatalError {
    pub(crate) error_type: String,
    pub(crate) message: String,
}

impl FatalError {
    /// Creates an error. `error_type` has the form `Category.Reason`, such as `Extension.PolicyExpired`.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self { error_type: error_type.into(), message: message.into() }
    }
}

impl fmt::Display for FatalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)
    }
}

impl StdError for FatalError {}

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
    ///
    /// # Errors
    /// The error ends the extension.
    pub(crate) fn report(&self, handler: &'static str, result: Result<(), BoxError>) -> Result<(), FatalError> {
        let Err(cause) = result else { return Ok(()) };
        self.stats.add_failed_call();
        log::error(format_args!("the handler {handler} failed: {cause}"));
        let fatal = cause.downcast_ref::<FatalError>().cloned();
        if let Some(on_error) = &self.on_error {
            on_error(&HandlerError::new(handler, cause));
        }
        fatal.map_or(Ok(()), Err)
    }
}
