//! Bodies of requests that have a small limit.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;

use super::state::SharedState;

/// Lambda's limit for the body of an error, a registration or a subscription: 1 MB.
const MAX_BODY: usize = 1024 * 1024;

/// Reads a body. An incomplete body or one over the limit is a protocol error, and the result is empty.
pub(super) async fn read_body(state: &SharedState, request: Request<&mut Incoming>) -> Bytes {
    let path = request.uri().path().to_owned();
    match Limited::new(request.into_body(), MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            state.add_protocol_error(format!("the body of the request to {path} is too large or incomplete"));
            Bytes::new()
        }
    }
}
