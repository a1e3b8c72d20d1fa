//! Events that are not HTTP at all: each is POSTed to the app, where it has said that it wants them.
//!
//! The body is the event as it came, the answer's is what Lambda gets: of SQS, say, the `batchItemFailures`.

use std::borrow::Cow;

use http::HeaderValue;

use super::{
    Refusal,
    fields::Fields,
    front::{Front, Parts, Why},
};
use crate::lambda::reply::Style;

pub(super) const FRONT: Front = Front {
    is_this: |fields| !is_of_http(fields),
    is_http: false,
    parts: |event, _, asked| {
        let Some(path) = asked.events_path else {
            return Err(Why::Refused(Refusal::unrouted(event)));
        };
        Ok(Parts {
            method: Some(Cow::Borrowed(b"POST")),
            path: path.as_bytes().to_vec().into(),
            content_type: Some(HeaderValue::from_static("application/json")),
            body: Some(event.clone()),
            ..Parts::default()
        })
    },
    reply: &Style { is_result: true, fails_by_status: true, ..Style::DEFAULT },
};

/// Whether there is anything about it that only events of HTTP have. What cannot be read as one of them must not be
/// taken for something else, which an app trusts more than a client.
fn is_of_http(fields: &Fields<'_>) -> bool {
    let context = &fields.context;
    fields.raw_path.is_some()
        || fields.lattice_path.is_some()
        || fields.is_edge
        || context.is_of_api
        || context.is_of_load_balancer
        || context.is_of_lattice
        || context.is_of_connection
        || context.http.is_some()
}
