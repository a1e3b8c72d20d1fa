//! Waits for events instead of for some time: a busy machine delays a test, and does not fail it.

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// The timeout of everything that a test waits for. Only a failing test reaches it.
pub const SOON: Duration = Duration::from_secs(20);

/// How long a test watches to see that nothing happens.
pub const QUIET: Duration = Duration::from_millis(100);

/// A grace period that does not end while a test runs.
pub const LONG_GRACE: Duration = Duration::from_secs(3600);

/// Waits until `has_happened` returns true. `event` is for the message of the failure.
pub async fn wait_until(event: &str, mut has_happened: impl FnMut() -> bool) {
    wait_until_async(event, async || has_happened()).await;
}

/// Waits until the future of `has_happened` returns true. `event` is for the message of the failure.
pub async fn wait_until_async(event: &str, mut has_happened: impl AsyncFnMut() -> bool) {
    let happens = async {
        while !has_happened().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, happens).await.unwrap_or_else(|_| panic!("timeout while waiting until {event}"));
}
