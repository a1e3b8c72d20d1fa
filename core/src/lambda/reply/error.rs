//! Responses that cannot become a reply.

use std::fmt;

use http::StatusCode;

use crate::{lambda::reply::format::ReplyFormat, util::guarded_body::BodyError};

/// The reason why a response of the app cannot become a reply.
#[derive(Debug)]
pub(crate) enum ReplyError {
    /// The body returned an error or panicked.
    BodyError(BodyError),
    /// The reply exceeds the limit of the front or of Lambda. `size` is a lower bound.
    TooLarge { size: u64, format: &'static ReplyFormat },
    /// An informational status, which a reply cannot represent, or a status outside of 100 to 599.
    Status(StatusCode),
}

impl ReplyError {
    /// The message for the client, if a different request could succeed.
    pub(crate) fn for_the_client(&self) -> Option<String> {
        matches!(self, Self::TooLarge { .. }).then(|| self.to_string())
    }
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BodyError(error) => error.fmt(f),
            Self::Status(status) if status.is_informational() => {
                write!(f, "cannot send status {status}: it is not final, and Lambda has no connection to upgrade")
            }
            Self::Status(status) => {
                write!(f, "cannot send status {}: HTTP has statuses from 100 to 599", status.as_u16())
            }
            Self::TooLarge { size, format: ReplyFormat { max_size, max_size_of, .. } } => write!(
                f,
                "the response is too large for {max_size_of}: encoded, it takes at least {size} bytes, and the limit is \
                 {max_size} bytes"
            ),
        }
    }
}
