//! Errors of the Runtime API client as errors of Lodger.

use std::{error::Error as _, fmt::Write as _};

use lodger_runtime_api::Error as ApiError;

use crate::{Error, log};

/// Converts the error. The message contains the causes, so that one log line shows everything.
pub(crate) fn into_error(error: &ApiError) -> Error {
    Error::new(with_causes(error))
}

/// The message of the error and the messages of its causes.
pub(crate) fn with_causes(error: &ApiError) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(message, ": {error}");
        cause = error.source();
    }
    message
}

/// Logs that Lambda did not accept a report that the process cannot go on.
pub(crate) fn log_lost_report(reported: Result<(), ApiError>) {
    if let Err(error) = reported {
        log::error!("{}", with_causes(&error));
    }
}
