//! Events that are not HTTP: each becomes a POST to the route for events, if the app has one.
//!
//! The body of the request is the event. The body of the response is the result of the invocation: for SQS, for example,
//! `batchItemFailures`.

use std::borrow::Cow;

use http::HeaderValue;

use crate::lambda::{
    event::{
        error::DecodeError,
        front::EventFormat,
        parts::{BodySource, HeaderPairs, RequestParts},
        rejection::Rejection,
    },
    reply::ReplyFormat,
};

/// The format of events that no front recognizes.
pub(crate) const FORMAT: EventFormat = EventFormat {
    log_name: "event",
    is_http: false,
    wrapper: None,
    parts: |event, fields, context| {
        let Some(path) = context.events_path else {
            return Err(DecodeError::Rejected(Rejection::unrouted(event)));
        };
        Ok(RequestParts {
            method: Some(Cow::Borrowed(b"POST")),
            path: path.as_bytes().to_vec().into(),
            // Members of the event do not become headers.
            headers: HeaderPairs { pairs: &[], fallback: &[] },
            content_type: Some(HeaderValue::from_static("application/json")),
            body: BodySource::Event(event.clone()),
            ..RequestParts::new(fields)
        })
    },
    reply: &ReplyFormat::RESULT,
    reply_to_api_gateway: None,
    streaming: None,
};
