//! The reply that a request needs, and the reply that it gets.

use crate::lambda::reply::{
    format::{ReplyFormat, ReplyKind},
    payload::ReplyPayload,
};

/// The form of the reply to one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplyShape {
    pub(crate) format: &'static ReplyFormat,
    /// The request is a HEAD: the reply has the headers of the body, and no body.
    pub(crate) without_body: bool,
}

impl ReplyShape {
    /// Whether the body is streamed after a prelude.
    pub(crate) fn is_streamed(self) -> bool {
        self.format.kind == ReplyKind::Prelude
    }
}

/// The reply to an invocation.
#[derive(Debug)]
pub(crate) enum Reply {
    Payload(ReplyPayload),
    /// The start of a stream: the prelude, and the part of the body that is available.
    Stream(Vec<u8>),
    /// The invocation failed, and no client sees a response.
    Error {
        /// In the form of the Runtime API: `Function.Reason`.
        error_type: &'static str,
        message: String,
    },
}
