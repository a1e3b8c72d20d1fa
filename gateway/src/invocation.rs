use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// One invocation of a function: the event, and what the Runtime API says of it in headers.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub(crate) event: Bytes,
    pub(crate) headers: HeaderMap,
    pub(crate) deadline: Option<Duration>,
}

impl Invocation {
    /// An invocation with `event`, and the headers that every one has unless they are set otherwise.
    pub fn new(event: impl Into<Bytes>) -> Self {
        Self { event: event.into(), headers: HeaderMap::new(), deadline: None }
    }

    /// Sets a header of the answer to `next`, such as `lambda-runtime-aws-tenant-id`.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// How long the function has from when it is handed this, instead of what
    /// [`RuntimeApi::timeout`](crate::RuntimeApi::timeout) says.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
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

/// The type, and the `errorMessage` of the JSON if there is one.
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
    fn an_error_is_told_by_its_type_and_its_message() {
        let told =
            |body: &'static str| FunctionError { error_type: "Function.Error".into(), body: body.into() }.to_string();
        assert_eq!(told(r#"{"errorMessage":"no database","errorType":"x"}"#), "Function.Error: no database");
        for body in ["", "no json", "[]", r#"{"errorMessage":1}"#] {
            assert_eq!(told(body), "Function.Error", "{body}");
        }
    }
}
