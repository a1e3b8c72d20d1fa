//! The events of extensions.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use super::extension::Subscriptions;

/// The longest time of a shutdown with external extensions.
pub(crate) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// The reason of a shutdown, which extensions get in the SHUTDOWN event.
///
/// Source: [Shutdown phase](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-lifecycle-shutdown).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShutdownReason {
    /// The function has had no invocation for some time.
    Spindown,
    /// An invocation has timed out.
    Timeout,
    /// The function or an extension has failed.
    Failure,
}

/// Writes the value of `shutdownReason`, such as `spindown`.
impl fmt::Display for ShutdownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Spindown => "spindown",
            Self::Timeout => "timeout",
            Self::Failure => "failure",
        })
    }
}

/// An event that an extension receives.
#[derive(Debug, Clone)]
pub(crate) enum ExtensionEvent {
    Invoke { request_id: String, deadline_ms: u128, arn: String, trace_id: Option<String> },
    Shutdown { reason: ShutdownReason, deadline_ms: u128 },
}

impl ExtensionEvent {
    /// Creates a SHUTDOWN event for an environment that ends after `grace`.
    pub(crate) fn shutdown(reason: ShutdownReason, grace: Duration) -> Self {
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + grace;
        Self::Shutdown { reason, deadline_ms: deadline.as_millis() }
    }

    pub(super) fn matches(&self, subscriptions: Subscriptions) -> bool {
        match self {
            Self::Invoke { .. } => subscriptions.invoke,
            Self::Shutdown { .. } => subscriptions.shutdown,
        }
    }

    pub(in crate::runtime_api) fn to_json(&self) -> Value {
        match self {
            Self::Invoke { request_id, deadline_ms, arn, trace_id } => {
                let mut event = json!({
                    "eventType": "INVOKE",
                    "deadlineMs": millis(*deadline_ms),
                    "requestId": request_id,
                    "invokedFunctionArn": arn,
                });
                if let (Some(trace_id), Some(event)) = (trace_id, event.as_object_mut()) {
                    event.insert("tracing".to_owned(), json!({"type": "X-Amzn-Trace-Id", "value": trace_id}));
                }
                event
            }
            Self::Shutdown { reason, deadline_ms } => json!({
                "eventType": "SHUTDOWN",
                "deadlineMs": millis(*deadline_ms),
                "shutdownReason": reason.to_string(),
            }),
        }
    }
}

/// Converts a number of milliseconds to a number of JSON.
fn millis(millis: u128) -> u64 {
    u64::try_from(millis).unwrap_or(u64::MAX)
}
