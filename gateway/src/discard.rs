//! Rests of request bodies.

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::runtime::Handle;

/// The longest time for reading the rest of a body.
const LINGER: Duration = Duration::from_secs(10);

/// Reads the rest of a body for up to ten seconds and drops it.
///
/// If a server closes a connection with unread data, the client gets a reset and may lose the response.
pub(crate) fn discard(mut body: Incoming) {
    if let (false, Ok(runtime)) = (body.is_end_stream(), Handle::try_current()) {
        let rest = async move { while let Some(Ok(_)) = body.frame().await {} };
        runtime.spawn(tokio::time::timeout(LINGER, rest));
    }
}
