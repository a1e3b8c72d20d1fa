//! The error that ends the extension, and the search for it in errors of handlers.

use std::{error::Error, fmt, iter::successors};

/// The maximum number of errors of a chain that are searched and printed. A chain may be endless.
const MAX_CAUSES: usize = 64;

/// An error with which a handler ends the extension.
///
/// Lambda receives the error as the exit error of the extension, and [`run`](crate::Extension::run) returns it. Lambda then
/// resets the environment. Return this error only if the function must not run without the extension. Every other error of a
/// handler is logged, and the extension goes on.
///
/// The handler can return this error itself, or an error that has this error as a [source](Error::source), at most 64 levels
/// deep. `anyhow::Error` and `eyre::Report` with this error work, with and without contexts. This error has no effect if it is
/// the context of another error, because these crates hide the type of a context.
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
    exit: ExitError,
}

/// The source of every [`FatalError`].
///
/// A wrapper such as `anyhow::Error` or `io::Error` can hide the type of the error that it holds. `source` of the wrapper then
/// returns the source of that error, whose type is visible.
#[derive(Debug, Clone)]
struct ExitError {
    error_type: String,
    message: String,
}

impl FatalError {
    /// Creates an error. `error_type` has the form `Category.Reason`, such as `Extension.PolicyExpired`.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self { exit: ExitError { error_type: error_type.into(), message: message.into() } }
    }

    /// Returns the first fatal error among `error` and its causes.
    pub(crate) fn find(error: &(dyn Error + 'static)) -> Option<Self> {
        let exit = chain(error).find_map(|error| match error.downcast_ref::<Self>() {
            Some(fatal) => Some(&fatal.exit),
            None => error.downcast_ref::<ExitError>(),
        });
        exit.map(|exit| Self { exit: exit.clone() })
    }

    pub(crate) fn error_type(&self) -> &str {
        &self.exit.error_type
    }

    pub(crate) fn message(&self) -> &str {
        &self.exit.message
    }
}

impl fmt::Display for FatalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.exit.error_type, self.exit.message)
    }
}

impl Error for FatalError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.exit)
    }
}

impl fmt::Display for ExitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this error ends the extension")
    }
}

impl Error for ExitError {}

/// The message of an error and those of its causes, separated by colons.
pub(crate) struct Causes<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut causes = chain(self.0).skip(1).filter(|error| !error.is::<ExitError>());
        causes.try_for_each(|cause| write!(f, ": {cause}"))
    }
}

/// Returns an error and its causes.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| error.source()).take(MAX_CAUSES)
}
