use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// A message of a process to Vercel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VercelMessage {
    /// The process listens for requests.
    ServerStarted {
        /// The duration of the initialization.
        init_duration: Duration,
        /// The port of the loopback address that the process listens on.
        port: u16,
    },
    /// A request has ended, including its work after the response.
    End {
        /// The id of the invocation.
        invocation_id: String,
        /// The id of the request, from [`Vercel::add_headers`](crate::Vercel::add_headers).
        request_id: u64,
    },
    /// A log line.
    Log {
        /// The id of the invocation, or `0` for a line outside of a request.
        invocation_id: String,
        /// The id of the request, or 0 for a line outside of a request.
        request_id: u64,
        /// The level, such as `info`, or the stream: `stdout` or `stderr`.
        level: String,
        /// The text of the line.
        message: String,
    },
    /// The process cannot continue.
    UnrecoverableError {
        /// The exit code of the process.
        exit_code: i64,
        /// The error message.
        message: String,
    },
}

impl VercelMessage {
    /// Parses a message. Returns `None` if the platform does not define it.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let message: Value = serde_json::from_slice(json).ok()?;
        let payload = message.get("payload")?;
        let text = |value: &Value, name: &str| Some(value.get(name)?.as_str()?.to_owned());
        let context = || {
            let context = payload.get("context")?;
            Some((text(context, "invocationId")?, context.get("requestId")?.as_u64()?))
        };
        Some(match message.get("type")?.as_str()? {
            "server-started" => Self::ServerStarted {
                init_duration: Duration::from_millis(payload.get("initDuration")?.as_u64()?),
                port: payload.get("httpPort")?.as_u64()?.try_into().ok()?,
            },
            "end" => {
                let (invocation_id, request_id) = context()?;
                // The runtime for Python omits `error`.
                payload.get("error").is_none_or(|error| error.is_null() || error.is_string()).then_some(())?;
                Self::End { invocation_id, request_id }
            }
            "log" => {
                let (invocation_id, request_id) = context()?;
                let level = text(payload, "level")
                    .filter(|level| ["trace", "debug", "info", "warn", "error", "fatal"].contains(&level.as_str()));
                let stream = text(payload, "stream").filter(|stream| ["stdout", "stderr"].contains(&stream.as_str()));
                let message = STANDARD.decode(payload.get("message")?.as_str()?).ok()?;
                Self::Log {
                    invocation_id,
                    request_id,
                    level: level.or(stream)?,
                    message: String::from_utf8(message).ok()?,
                }
            }
            "unrecoverable-error" => Self::UnrecoverableError {
                exit_code: payload.get("exitCode")?.as_i64()?,
                message: text(payload, "message")?,
            },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_messages_of_other_runtimes() {
        let parse = |json: &str| VercelMessage::parse(json.as_bytes());
        let end = Some(VercelMessage::End { invocation_id: "abc".into(), request_id: 42 });
        let context = r#""context":{"invocationId":"abc","requestId":42}"#;
        assert_eq!(parse(&format!(r#"{{"type":"end","payload":{{{context},"error":null}}}}"#)), end);
        assert_eq!(parse(&format!(r#"{{"type":"end","payload":{{{context}}}}}"#)), end);
        let log = |level: &str, message: &str| VercelMessage::Log {
            invocation_id: "abc".into(),
            request_id: 42,
            level: level.into(),
            message: message.into(),
        };
        let parse_log =
            |rest: &str| parse(&format!(r#"{{"type":"log","payload":{{{context},"message":"aGk=",{rest}}}}}"#));
        assert_eq!(parse_log(r#""level":"warn""#), Some(log("warn", "hi")));
        assert_eq!(parse_log(r#""stream":"stderr""#), Some(log("stderr", "hi")));
        assert_eq!(parse_log(r#""level":"loud""#), None);
        for bad in
            ["", "{}", "[]", r#"{"type":"end"}"#, r#"{"type":"end","payload":{}}"#, r#"{"type":"x","payload":{}}"#]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
