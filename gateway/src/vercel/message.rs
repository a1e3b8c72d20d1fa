use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// What a process says to Vercel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VercelMessage {
    /// It listens.
    ServerStarted {
        /// How long it took.
        init_duration: Duration,
        /// The port of the loopback address that it listens on.
        port: u16,
    },
    /// A request is at its end.
    End {
        /// The id of the invocation.
        invocation_id: String,
        /// The id of the request, as [`mark`](crate::Vercel::mark) gave it.
        request_id: u64,
    },
    /// A line of its log.
    Log {
        /// The id of the invocation, `0` outside of one.
        invocation_id: String,
        /// The id of the request, 0 outside of one.
        request_id: u64,
        /// Such as `info`, or `stdout` where the line is what was written there.
        level: String,
        /// The line.
        message: String,
    },
    /// It cannot go on.
    UnrecoverableError {
        /// What it ends with.
        exit_code: i64,
        /// Why.
        message: String,
    },
}

impl VercelMessage {
    /// Reads a message; `None` if it is none that the platform knows.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
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
                // It may be missing, as the runtime for Python leaves it out.
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
    fn what_other_runtimes_say_is_read() {
        let read = |json: &str| VercelMessage::read(json.as_bytes());
        let end = Some(VercelMessage::End { invocation_id: "abc".into(), request_id: 42 });
        let context = r#""context":{"invocationId":"abc","requestId":42}"#;
        assert_eq!(read(&format!(r#"{{"type":"end","payload":{{{context},"error":null}}}}"#)), end);
        assert_eq!(read(&format!(r#"{{"type":"end","payload":{{{context}}}}}"#)), end);
        let log = |level: &str, message: &str| VercelMessage::Log {
            invocation_id: "abc".into(),
            request_id: 42,
            level: level.into(),
            message: message.into(),
        };
        let read_log =
            |rest: &str| read(&format!(r#"{{"type":"log","payload":{{{context},"message":"aGk=",{rest}}}}}"#));
        assert_eq!(read_log(r#""level":"warn""#), Some(log("warn", "hi")));
        assert_eq!(read_log(r#""stream":"stderr""#), Some(log("stderr", "hi")));
        assert_eq!(read_log(r#""level":"loud""#), None);
        for bad in
            ["", "{}", "[]", r#"{"type":"end"}"#, r#"{"type":"end","payload":{}}"#, r#"{"type":"x","payload":{}}"#]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
