//! Events that are not HTTP at all: each is POSTed to the app, where it has said that it wants them.
//!
//! The body is the event as it came, the answer's is what Lambda gets: of SQS, say, the `batchItemFailures`.

use std::borrow::Cow;

use http::HeaderValue;

use crate::lambda::{
    event::{
        Rejection,
        front::{DecodeError, Front, RequestParts},
    },
    reply::ReplyFormat,
};

/// What no front claims comes here.
pub(crate) const FRONT: Front = Front {
    name: "an event that is not HTTP",
    short_name: "event",
    is_this: |_| true,
    is_like_this: |_| false,
    is_http: false,
    parts: |event, _, asked| {
        let Some(path) = asked.events_path else {
            return Err(DecodeError::Refused(Rejection::unrouted(event)));
        };
        Ok(RequestParts {
            method: Some(Cow::Borrowed(b"POST")),
            path: path.as_bytes().to_vec().into(),
            content_type: Some(HeaderValue::from_static("application/json")),
            body: Some(event.clone()),
            ..RequestParts::default()
        })
    },
    reply: &ReplyFormat { is_result: true, fails_by_status: true, ..ReplyFormat::DEFAULT },
    reply_to_api_gateway: None,
    stream: None,
};
