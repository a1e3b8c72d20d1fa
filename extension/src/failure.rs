//! Failures of handlers.

use std::{error::Error as StdError, fmt, sync::Arc};

use crate::{FatalError, Stats, call::catch, fatal::Causes, handler::BoxError, log};

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
    ///
    /// # Errors
    /// The error ends the extension.
    pub(crate) fn report(&self, handler: &'static str, result: Result<(), BoxError>) -> Result<(), FatalError> {
        let Err(cause) = result else { return Ok(()) };
        self.stats.add_failed_call();
        let fatal = FatalError::find(&*cause);
        // The messages and `on_error` are code of the user. Their panic must not prevent the report of a fatal error to Lambda.
        let reported = catch(|| {
            log::error(format_args!("the handler {handler} failed: {}", Causes(&*cause)));
            if let Some(on_error) = &self.on_error {
                on_error(&HandlerError::new(handler, cause));
            }
        });
        if let Err(message) = reported {
            log::error(format_args!("cannot report the error of {handler}: the report panicked: {message}"));
        }
        fatal.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Mutex};

    use super::*;

    fn fatal() -> FatalError {
        FatalError::new("Extension.PolicyExpired", "the policy has expired")
    }

    fn failures() -> Failures {
        Failures { stats: Stats::default(), on_error: None }
    }

    fn nested(error: impl Into<BoxError>, levels: usize) -> BoxError {
        (0..levels).fold(error.into(), |cause, _| Box::new(HandlerError::new("outer", cause)))
    }

    #[test]
    fn finds_a_fatal_error_in_errors_of_other_crates() {
        let errors: [(&str, BoxError); 8] = [
            ("itself", fatal().into()),
            ("io", io::Error::other(fatal()).into()),
            ("anyhow", anyhow::Error::from(fatal()).into()),
            ("anyhow with a context", anyhow::Error::from(fatal()).context("outer").into()),
            ("anyhow with two contexts", anyhow::Error::from(fatal()).context("inner").context("outer").into()),
            ("eyre", eyre::Report::from(fatal()).into()),
            ("eyre with a context", eyre::Report::from(fatal()).wrap_err("outer").into()),
            ("eyre in anyhow", anyhow::Error::from_boxed(eyre::Report::from(fatal()).into()).into()),
        ];
        for (name, error) in errors {
            let found = failures().report("on_invoke", Err(error)).expect_err(name);
            assert_eq!((found.error_type(), found.message()), ("Extension.PolicyExpired", "the policy has expired"));
        }
        assert!(failures().report("on_invoke", Err(anyhow::anyhow!("a plain error").into())).is_ok());
    }

    #[test]
    fn searches_at_most_64_levels_for_a_fatal_error() {
        assert!(failures().report("on_invoke", Err(nested(fatal(), 63))).is_err());
        assert!(failures().report("on_invoke", Err(nested(fatal(), 64))).is_ok());
    }

    #[test]
    fn keeps_a_fatal_error_if_the_function_of_the_user_panics() {
        let mut failures = failures();
        let calls = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&calls);
        failures.on_error = Some(Arc::new(move |_| {
            *counted.lock().unwrap() += 1;
            panic!("in on_error");
        }));
        assert!(failures.report("on_invoke", Err("plain".into())).is_ok());
        assert!(failures.report("on_invoke", Err(fatal().into())).is_err());
        assert_eq!(*calls.lock().unwrap_or_else(std::sync::PoisonError::into_inner), 2);
    }

    #[test]
    fn prints_the_causes_of_an_error() {
        let cause: BoxError = anyhow::anyhow!("connection refused").context("cannot reach the collector").into();
        assert_eq!(Causes(&*cause).to_string(), "cannot reach the collector: connection refused");
        assert_eq!(Causes(&fatal()).to_string(), "Extension.PolicyExpired: the policy has expired");
        assert_eq!(Causes(&*nested("end", 100)).to_string().matches("the handler outer failed").count(), 64);
    }
}
