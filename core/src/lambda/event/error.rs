//! Errors of decoding an event.

use crate::lambda::event::rejection::Rejection;

/// The reason why the request is invalid, for the client.
#[derive(Debug)]
pub(crate) struct BadRequest(pub(crate) String);

impl From<String> for BadRequest {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl From<&'static str> for BadRequest {
    fn from(reason: &'static str) -> Self {
        Self(reason.to_owned())
    }
}

/// The reason why a front cannot extract a request from its event.
pub(crate) enum DecodeError {
    /// The client sent an invalid request.
    BadRequest(BadRequest),
    /// The app does not serve such events.
    Rejected(Rejection),
}

impl<T: Into<BadRequest>> From<T> for DecodeError {
    fn from(reason: T) -> Self {
        Self::BadRequest(reason.into())
    }
}
