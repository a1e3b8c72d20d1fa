//! Clients and functions over plain sockets.

mod http;
mod listener;
mod raw_extension;
mod raw_function;

use std::time::Duration;

use tokio::time::timeout;

pub(crate) use self::{
    http::{exchange, fetch, header, upload},
    listener::{Listener, subscribe, subscribe_to},
    raw_extension::{RawExtension, extension_request, register},
    raw_function::{NEXT, RawFunction, invoke_until, report_init_error, run_function},
};

/// A generous limit for everything that must happen.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// Waits for an event that must happen.
pub(crate) async fn soon<T>(event: impl Future<Output = T>) -> T {
    timeout(SOON, event).await.expect("the event did not happen")
}
