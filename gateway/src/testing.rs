//! Helpers of the unit tests.

use bytes::Bytes;
use http::{Response, request::Builder};
use serde_json::Value;

use crate::Front;

/// Returns the event of a request that the front accepts. For Vercel, returns the request in the event.
pub(crate) fn event(front: &Front, request: Builder, body: &'static [u8]) -> Value {
    let event = front.event(&request.body(Bytes::from_static(body)).unwrap()).unwrap();
    let event: Value = serde_json::from_slice(&event).unwrap();
    match event["Action"].as_str() {
        Some("Invoke") => serde_json::from_str(event["body"].as_str().unwrap()).unwrap(),
        _ => event,
    }
}

/// Returns the response to a buffered reply.
pub(crate) fn response_to(front: &Front, reply: &[u8]) -> Response<Bytes> {
    front.response(&Ok(Bytes::copy_from_slice(reply)))
}
