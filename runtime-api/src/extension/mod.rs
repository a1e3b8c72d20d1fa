//! The Extensions API, and the subscriptions of the Telemetry API and the Logs API.

mod client;
mod internal;
mod registration;

use bytes::Bytes;

use crate::{
    address::Address,
    http1::{Connection, ConnectionError, OnHeader, ResponseHead},
    timer::ReusableTimer,
};

pub use client::ExtensionClient;
pub use internal::InternalExtension;
pub use registration::{LifecycleEvent, Registration};

const API_VERSION: &str = "/2020-01-01/extension";

/// A response, and the connection on which it arrived.
struct Response {
    connection: Box<Connection>,
    head: ResponseHead,
    body: Bytes,
}

/// Sends a request, and waits for its response without a timeout.
async fn send(
    address: &Address,
    kept: Option<Box<Connection>>,
    request: &[u8],
    header: OnHeader<'_>,
) -> Result<Response, ConnectionError> {
    let mut timer = ReusableTimer::default();
    let mut connection = address.connection(kept).await?;
    connection.send(request, &mut timer).await?;
    connection.wait().await?;
    let (head, body) = connection.response(&mut timer, header).await?;
    Ok(Response { connection, head, body })
}
