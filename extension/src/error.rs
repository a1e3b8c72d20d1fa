use std::{error, fmt, io};

use lodger_runtime_api::Error as ApiError;

use crate::FatalError;

/// The reason why an extension cannot start or cannot go on.
///
/// The type is opaque. `Display` prints this level only; the cause is the [`source`](error::Error::source).
#[derive(Debug)]
pub struct Error {
    message: String,
    source: Option<Source>,
}

#[derive(Debug)]
enum Source {
    Api(ApiError),
    Io(io::Error),
    Handler(FatalError),
}

impl Error {
    /// The HTTP status with which Lambda rejected a request, if it did.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match &self.source {
            Some(Source::Api(error)) => error.status(),
            _ => None,
        }
    }

    pub(crate) fn setting(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    pub(crate) fn api(action: &str, error: ApiError) -> Self {
        Self { message: format!("cannot {action}"), source: Some(Source::Api(error)) }
    }

    pub(crate) fn io(action: &str, error: io::Error) -> Self {
        Self { message: format!("cannot {action}"), source: Some(Source::Io(error)) }
    }

    /// The type and the message of the exit error.
    pub(crate) fn exit_report(&self) -> (&str, String) {
        match &self.source {
            Some(Source::Handler(error)) => (error.error_type(), error.message().to_owned()),
            _ => ("Extension.PollFailed", self.report()),
        }
    }

    /// The message with the cause, for a report.
    pub(crate) fn report(&self) -> String {
        match error::Error::source(self) {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}

impl From<FatalError> for Error {
    fn from(error: FatalError) -> Self {
        Self { message: "a handler ended the extension".to_owned(), source: Some(Source::Handler(error)) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.source {
            Some(Source::Api(error)) => Some(error),
            Some(Source::Io(error)) => Some(error),
            Some(Source::Handler(error)) => Some(error),
            None => None,
        }
    }
}
