//! Events of the execution environment.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer};

use crate::string_enum::string_enum;

/// An invocation of the function. The extension receives no part of its payload.
///
/// Source: [Invoke phase](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-lifecycle-invoke).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct InvokeEvent {
    /// The request id, which is in every log line of Lambda.
    pub request_id: String,
    /// The ARN by which the function was invoked, including a version or an alias.
    pub invoked_function_arn: String,
    /// The time at which Lambda ends the invocation, which includes the time of extensions. `None` if unknown.
    #[serde(rename = "deadlineMs", deserialize_with = "from_milliseconds")]
    pub deadline: Option<SystemTime>,
    /// The trace of the invocation.
    pub tracing: Option<Tracing>,
}

/// A trace header.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tracing {
    /// The name of the header, which is `X-Amzn-Trace-Id`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value of the header.
    pub value: String,
    /// The id of the span in hexadecimal digits. Only records of telemetry have one.
    pub span_id: Option<String>,
}

/// The end of the execution environment.
///
/// Lambda gives external extensions two seconds, less up to half a second for the runtime, and then sends SIGKILL.
///
/// Source: [Shutdown phase](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-lifecycle-shutdown).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct ShutdownEvent {
    /// The reason.
    #[serde(rename = "shutdownReason")]
    pub reason: ShutdownReason,
    /// The time at which Lambda kills the process. `None` if unknown.
    #[serde(rename = "deadlineMs", deserialize_with = "from_milliseconds")]
    pub deadline: Option<SystemTime>,
}

string_enum! {
    /// The reason why Lambda ends the execution environment.
    pub enum ShutdownReason {
        /// The environment is no longer needed.
        Spindown = "SPINDOWN",
        /// An invocation has timed out.
        Timeout = "TIMEOUT",
        /// The runtime or an extension has failed, for example because memory ran out.
        Failure = "FAILURE",
    }
}

/// An event, by its `eventType`.
#[derive(Debug)]
pub(crate) enum NextEvent {
    Invoke(InvokeEvent),
    Shutdown(ShutdownEvent),
    /// An event of another type.
    Other(String),
}

impl NextEvent {
    pub(crate) fn parse(json: &[u8]) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Type {
            event_type: String,
        }

        let Type { event_type } = serde_json::from_slice(json)?;
        match event_type.as_str() {
            "INVOKE" => serde_json::from_slice(json).map(Self::Invoke),
            "SHUTDOWN" => serde_json::from_slice(json).map(Self::Shutdown),
            _ => Ok(Self::Other(event_type)),
        }
    }
}

impl InvokeEvent {
    /// The time until the [deadline](Self::deadline). Zero if the deadline has passed, and `None` if the deadline is unknown.
    #[must_use]
    pub fn remaining_time(&self) -> Option<Duration> {
        remaining_time(self.deadline)
    }
}

impl ShutdownEvent {
    /// The time until the [deadline](Self::deadline). Zero if the deadline has passed, and `None` if the deadline is unknown.
    #[must_use]
    pub fn remaining_time(&self) -> Option<Duration> {
        remaining_time(self.deadline)
    }
}

fn remaining_time(deadline: Option<SystemTime>) -> Option<Duration> {
    Some(deadline?.duration_since(SystemTime::now()).unwrap_or_default())
}

/// Reads a time in milliseconds since the epoch. Any other value is an unknown time, and does not fail the event.
fn from_milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_u64().and_then(|milliseconds| UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_an_invocation() {
        let json =
            br#"{"eventType":"INVOKE","deadlineMs":4102444800000,"requestId":"r-1","invokedFunctionArn":"arn:f:1",
            "tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-2"},"later":true}"#;
        let NextEvent::Invoke(event) = NextEvent::parse(json).unwrap() else { panic!() };
        assert_eq!((event.request_id.as_str(), event.invoked_function_arn.as_str()), ("r-1", "arn:f:1"));
        assert_eq!(event.deadline, Some(UNIX_EPOCH + Duration::from_secs(4_102_444_800)));
        assert!(event.remaining_time().is_some());
        let tracing = event.tracing.unwrap();
        assert_eq!((tracing.kind.as_str(), tracing.value.as_str()), ("X-Amzn-Trace-Id", "Root=1-2"));
    }

    #[test]
    fn keeps_unknown_reasons_and_event_types() {
        for (text, reason) in [
            ("SPINDOWN", ShutdownReason::Spindown),
            ("TIMEOUT", ShutdownReason::Timeout),
            ("FAILURE", ShutdownReason::Failure),
            ("METEOR", ShutdownReason::Other("METEOR".to_owned())),
        ] {
            let json = format!(r#"{{"eventType":"SHUTDOWN","shutdownReason":"{text}","deadlineMs":676051}}"#);
            let NextEvent::Shutdown(event) = NextEvent::parse(json.as_bytes()).unwrap() else { panic!() };
            assert_eq!((event.reason.as_str(), &event.reason), (text, &reason));
            // In the past.
            assert_eq!(event.remaining_time(), Some(Duration::ZERO));
        }
        assert_eq!(ShutdownReason::from("spindown"), ShutdownReason::Spindown);
        assert!(matches!(NextEvent::parse(br#"{"eventType":"NAP"}"#), Ok(NextEvent::Other(kind)) if kind == "NAP"));
    }

    #[test]
    fn an_invalid_deadline_is_unknown() {
        for deadline in ["-1", "\"soon\"", "1e30", "null", "18446744073709551615"] {
            let json = format!(r#"{{"eventType":"SHUTDOWN","deadlineMs":{deadline}}}"#);
            let NextEvent::Shutdown(event) = NextEvent::parse(json.as_bytes()).unwrap() else { panic!() };
            assert!(event.deadline.is_none() || deadline.starts_with('1'), "{deadline}");
            assert_eq!(event.remaining_time().is_none(), event.deadline.is_none(), "{deadline}");
        }
        assert!(NextEvent::parse(b"[").is_err() && NextEvent::parse(b"{}").is_err());
    }
}
