use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// One invocation of a function: the event, and what the Runtime API says of it in headers.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub(crate) event: Bytes,
    pub(crate) headers: HeaderMap,
}

impl Invocation {
    /// An invocation with `event`, and the headers that every one has unless they are set otherwise.
    pub fn new(event: impl Into<Bytes>) -> Self {
        Self { event: event.into(), headers: HeaderMap::new() }
    }

    /// Sets a header of the answer to `next`, such as `lambda-runtime-aws-tenant-id`.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

impl<T: Into<Bytes>> From<T> for Invocation {
    fn from(event: T) -> Self {
        Self::new(event)
    }
}

/// What became of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered with these bytes.
    Reply(Bytes),
    /// The function reported an error.
    Error(Reported),
}

/// An error that a function reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The header `Lambda-Runtime-Function-Error-Type`.
    pub error_type: String,
    /// The JSON that says more.
    pub body: Bytes,
}
