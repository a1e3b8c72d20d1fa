//! The input and the output of the functions that decode replies.

use bytes::Bytes;
use http::Response;

use crate::{Warning, front_settings::FrontSettings};

/// A buffered reply, and the request that it answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplyInput<'a> {
    pub(crate) reply: &'a [u8],
    pub(crate) settings: &'a FrontSettings,
    /// The first entry of the request's `Accept`. `None` stands for the content type of the response.
    pub(crate) accept: Option<&'a str>,
}

/// The response of a front, and the loss that its client has.
#[derive(Debug)]
pub(crate) struct DecodedReply {
    pub(crate) response: Response<Bytes>,
    pub(crate) warning: Option<Warning>,
}

impl From<Response<Bytes>> for DecodedReply {
    fn from(response: Response<Bytes>) -> Self {
        Self { response, warning: None }
    }
}
