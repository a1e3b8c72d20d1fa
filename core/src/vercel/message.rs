//! Messages to Vercel: JSON, each followed by a NUL byte.

use std::{fmt::Write as _, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use tracing::Level;

use crate::vercel::Context;

/// Creates the first message: the server accepts connections.
pub(crate) fn server_started(init: Duration, port: u16) -> String {
    message("server-started", format_args!(r#""initDuration":{},"httpPort":{port}"#, init.as_millis()))
}

/// Appends the message that a request has ended.
///
/// Every request needs one, so it is written without `core::fmt`, which would take a tenth of Lodger's time for a request.
pub(crate) fn push_end(out: &mut BytesMut, context: &Context) {
    out.extend_from_slice(br#"{"type":"end","payload":{"context":{"invocationId":""#);
    if is_plain(context.invocation_id()) {
        out.extend_from_slice(context.invocation_id().as_bytes());
    } else {
        // Writing to memory cannot fail.
        let _ = write!(out, "{}", Escaped(context.invocation_id()));
    }
    out.extend_from_slice(br#"","requestId":"#);
    push_number(out, context.request_id());
    out.extend_from_slice(b"},\"error\":null}}\0");
}

fn push_number(out: &mut BytesMut, mut number: u64) {
    // The maximum number of digits of a `u64`.
    let mut digits = [b'0'; 20];
    let mut first = digits.len();
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        first = at;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}

/// Creates the message that the process cannot start.
pub(crate) fn unrecoverable_error(exit_code: u8, reason: &str) -> String {
    message("unrecoverable-error", format_args!(r#""exitCode":{exit_code},"message":{}"#, Json(reason)))
}

/// Creates the message with a log line, of a request or of the process.
pub(crate) fn log(context: Option<&Context>, level: Level, line: &str) -> String {
    let level = match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    };
    let line = STANDARD.encode(line);
    match context {
        Some(context) => message("log", format_args!(r#""context":{},{LEVEL}{level}{LINE}{line}""#, Json(context))),
        None => message(
            "log",
            format_args!(r#""context":{{"invocationId":"0","requestId":0}},{LEVEL}{level}{LINE}{line}""#),
        ),
    }
}

const LEVEL: &str = r#""level":""#;
const LINE: &str = r#"","message":""#;

/// Reads the line in a message of [`log`]. `message` has no NUL byte. Returns `None` for other messages.
pub(crate) fn read_log_line(message: &[u8]) -> Option<String> {
    let message = std::str::from_utf8(message).ok()?;
    // Ids are escaped, so they cannot contain this text.
    let (_, line) = message.starts_with(r#"{"type":"log""#).then(|| message.rsplit_once(LINE))??;
    let line = STANDARD.decode(line.split('"').next()?).ok()?;
    String::from_utf8(line).ok()
}

fn message(kind: &str, payload: std::fmt::Arguments<'_>) -> String {
    format!("{{\"type\":\"{kind}\",\"payload\":{{{payload}}}}}\0")
}

/// A value that displays as JSON.
struct Json<T>(T);

impl std::fmt::Display for Json<&str> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_char('"')?;
        if is_plain(self.0) {
            f.write_str(self.0)?;
        } else {
            write!(f, "{}", Escaped(self.0))?;
        }
        f.write_char('"')
    }
}

/// Returns whether no character has to be escaped. That is so for every id that Vercel uses.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte))
}

/// Text that displays as the inside of a JSON string.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                // JSON forbids unescaped control characters (RFC 8259, section 7), and a NUL would end the message.
                '\0'..=' ' if character < ' ' => write!(f, "\\u{:04x}", u32::from(character))?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Json<&Context> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, r#"{{"invocationId":{},"requestId":{}}}"#, Json(self.0.invocation_id()), self.0.request_id())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn end(context: &Context) -> String {
        let mut out = BytesMut::new();
        push_end(&mut out, context);
        String::from_utf8(out.to_vec()).unwrap()
    }

    fn read(message: &str) -> Value {
        let (json, end) = message.split_at(message.len() - 1);
        assert_eq!(end, "\0");
        assert!(!json.contains('\0'), "{json:?}");
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn encodes_a_log_line_in_base64_and_reads_the_line_again() {
        let context = Context::new("a\",\"message\":\"", 0);
        for (context, id) in [(Some(&context), context.invocation_id()), (None, "0")] {
            let message = log(context, Level::WARN, "\"line\"\0é");
            assert_eq!(
                read(&message),
                json!({"type": "log", "payload": {
                    "context": {"invocationId": id, "requestId": 0}, "level": "warn", "message": "ImxpbmUiAMOp"}})
            );
            assert_eq!(read_log_line(message.trim_end_matches('\0').as_bytes()).unwrap(), "\"line\"\0é");
        }
        for other in [&b""[..], b"\xff", b"\"}}", end(&context).as_bytes()] {
            assert_eq!(read_log_line(other), None, "{other:?}");
        }
    }

    #[test]
    fn every_message_is_json_and_a_nul() {
        assert_eq!(
            read(&server_started(Duration::from_micros(12_999), 3000)),
            json!({"type": "server-started", "payload": {"initDuration": 12, "httpPort": 3000}})
        );
        for (invocation_id, request_id) in [("a\"b\\c\n\0\u{7f}é", u64::MAX), ("sfo1:a-B_0.9", 0), ("", 1090)] {
            assert_eq!(
                read(&end(&Context::new(invocation_id, request_id))),
                json!({"type": "end", "payload": {
                    "context": {"invocationId": invocation_id, "requestId": request_id}, "error": null}})
            );
        }
        assert_eq!(
            read(&unrecoverable_error(1, "no \"database\"\r\n")),
            json!({"type": "unrecoverable-error", "payload": {"exitCode": 1, "message": "no \"database\"\r\n"}})
        );
    }
}
