use std::{error, fmt, io, time::Duration};

use crate::http1::ConnectionError;

/// The number of bytes of a response that an error quotes.
const MAX_QUOTE: usize = 500;

/// The error of a call to the Runtime API or the Extensions API.
///
/// The type is opaque. Use [`is_fatal`](Self::is_fatal) to decide whether the process can go on. `Display` prints this level
/// only; the cause is the [`source`](error::Error::source).
#[derive(Debug)]
pub struct Error {
    message: String,
    kind: ErrorKind,
    source: Option<io::Error>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorKind {
    /// The address is missing or invalid.
    Address,
    /// The Runtime API responded with 500, or has been unreachable for too long.
    Fatal,
    /// The Runtime API rejected a request with this status.
    Rejected(u16),
    /// The connection failed.
    Connection,
    /// The name of an extension is invalid.
    ExtensionName,
}

impl Error {
    /// Whether the process has to exit, because no later call will succeed.
    pub fn is_fatal(&self) -> bool {
        matches!(self.kind, ErrorKind::Address | ErrorKind::Fatal)
    }

    /// The HTTP status of the response, if the Runtime API rejected the request.
    ///
    /// | status | meaning |
    /// |---|---|
    /// | 400, 403 | Lambda does not wait for a response to this invocation: it has one, or it has timed out |
    /// | 410 | on Managed Instances, the response came after the timeout |
    /// | 413 | the response is too large |
    ///
    /// The table applies to responses and errors of invocations. Other requests have no such meanings.
    pub fn status(&self) -> Option<u16> {
        match self.kind {
            ErrorKind::Rejected(status) => Some(status),
            _ => None,
        }
    }

    /// The error of a process without the variable `AWS_LAMBDA_RUNTIME_API`. [`Client::from_env`](crate::Client::from_env)
    /// returns it.
    #[must_use]
    pub fn missing_address() -> Self {
        let message =
            "AWS_LAMBDA_RUNTIME_API is not set; Lambda and its emulators set it to the address of the Runtime API";
        Self { message: message.to_owned(), kind: ErrorKind::Address, source: None }
    }

    pub(crate) fn invalid_address(address: &str) -> Self {
        let message = format!(
            "invalid AWS_LAMBDA_RUNTIME_API {address:?}: expected a host and a port such as 127.0.0.1:9001, or an http URL"
        );
        Self { message, kind: ErrorKind::Address, source: None }
    }

    pub(crate) fn invalid_extension_name(name: &str) -> Self {
        let message = format!("invalid extension name {name:?}: expected ASCII letters, digits, `.`, `_` and `-`");
        Self { message, kind: ErrorKind::ExtensionName, source: None }
    }

    pub(crate) fn fatal(message: String, source: Option<io::Error>) -> Self {
        Self { message, kind: ErrorKind::Fatal, source }
    }

    /// The error for an `action` whose connection failed.
    pub(crate) fn connection(action: &str, source: impl Into<io::Error>) -> Self {
        Self { message: format!("cannot {action}"), kind: ErrorKind::Connection, source: Some(source.into()) }
    }

    /// The error for an `action` to which Lambda did not respond within `limit`.
    pub(crate) fn timeout(action: &str, limit: Duration) -> Self {
        Self::connection(action, io::Error::new(io::ErrorKind::TimedOut, format!("no response within {limit:?}")))
    }

    /// The error for an `action` whose response is not a success. A 500 means that the process cannot go on.
    pub(crate) fn rejected(action: &str, status: u16) -> Self {
        if status == 500 {
            return Self::fatal(format!("cannot {action}: Lambda reports that this process cannot go on (500)"), None);
        }
        Self::rejected_with_hint(action, status, "")
    }

    /// As [`rejected`](Self::rejected), for the response or the error of an invocation.
    pub(crate) fn response_rejected(action: &str, status: u16) -> Self {
        let hint = match status {
            400 | 403 => ": the invocation has a response already, or has timed out",
            410 => ": the response came after the timeout",
            413 => ": it is too large",
            _ => return Self::rejected(action, status),
        };
        Self::rejected_with_hint(action, status, hint)
    }

    /// As [`rejected`](Self::rejected), for a request of an extension. Quotes the start of `body`, in which Lambda explains the
    /// rejection.
    pub(crate) fn explained_rejection(action: &str, status: u16, body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(body.get(..MAX_QUOTE).unwrap_or(body));
        let hint = if body.trim().is_empty() { String::new() } else { format!(": {}", body.trim().escape_debug()) };
        Self::rejected_with_hint(action, status, &hint)
    }

    fn rejected_with_hint(action: &str, status: u16, hint: &str) -> Self {
        Self {
            message: format!("cannot {action}: Lambda rejected it with status {status}{hint}"),
            kind: ErrorKind::Rejected(status),
            source: None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl From<ConnectionError> for io::Error {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::Unreachable(error) | ConnectionError::Closed(error) | ConnectionError::Broken(error) => {
                error
            }
        }
    }
}
