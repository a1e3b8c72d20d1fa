use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::{Observer, observer::Observed};

/// An invocation of a function: the event, the headers of the Runtime API, and the timeout.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub(crate) event: Bytes,
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Option<Duration>,
    pub(crate) observed: Observed,
}

impl Invocation {
    /// Creates an invocation with the default headers and timeout.
    pub fn new(event: impl Into<Bytes>) -> Self {
        Self { event: event.into(), headers: HeaderMap::new(), timeout: None, observed: Observed::default() }
    }

    /// Sets a header of the response to the poll, such as `lambda-runtime-aws-tenant-id`.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets the timeout of this invocation, instead of [`RuntimeApi::timeout`](crate::RuntimeApi::timeout).
    ///
    /// It begins when the function receives the event.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets an observer, which receives the parts of this invocation as they occur.
    #[must_use]
    pub fn observer(self, observer: Arc<dyn Observer>) -> Self {
        self.observed(Observed::by(observer))
    }

    pub(crate) fn observed(mut self, observed: Observed) -> Self {
        self.observed = observed;
        self
    }
}

impl<T: Into<Bytes>> From<T> for Invocation {
    fn from(event: T) -> Self {
        Self::new(event)
    }
}

/// The result of an invocation: the reply of the function, or the error that it reported.
pub type FunctionResult = Result<Bytes, FunctionError>;

/// An error that a function reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// The header `Lambda-Runtime-Function-Error-Type`.
    pub error_type: String,
    /// The JSON of the error, with `errorMessage` and `errorType`.
    pub body: Bytes,
}

/// Writes the error type, and the `errorMessage` if the JSON has one.
impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error_type)?;
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        match body.get("errorMessage").and_then(Value::as_str) {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FunctionError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_error_type_and_the_message() {
        let text =
            |body: &'static str| FunctionError { error_type: "Function.Error".into(), body: body.into() }.to_string();
        assert_eq!(text(r#"{"errorMessage":"no database","errorType":"x"}"#), "Function.Error: no database");
        for body in ["", "no json", "[]", r#"{"errorMessage":1}"#] {
            assert_eq!(text(body), "Function.Error", "{body}");
        }
    }
}
