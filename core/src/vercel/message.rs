//! Messages to the platform: JSON, each ended by a NUL.

use std::{fmt::Write as _, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use tracing::Level;

use crate::vercel::Context;

/// The server listens: the first message, and the only one of its kind.
pub(crate) fn server_started(init: Duration, port: u16) -> String {
    message("server-started", format_args!(r#""initDuration":{},"httpPort":{port}"#, init.as_millis()))
}

/// A request is at its end. The one message that every request has: `core::fmt` would take a tenth of what Lodger does for it.
pub(crate) fn push_end(out: &mut BytesMut, of: &Context) {
    out.extend_from_slice(br#"{"type":"end","payload":{"context":{"invocationId":""#);
    if is_plain(of.invocation_id()) {
        out.extend_from_slice(of.invocation_id().as_bytes());
    } else {
        // Memory has no end that could be told of here.
        let _ = write!(out, "{}", Escaped(of.invocation_id()));
    }
    out.extend_from_slice(br#"","requestId":"#);
    push_number(out, of.request_id());
    out.extend_from_slice(b"},\"error\":null}}\0");
}

fn push_number(out: &mut BytesMut, mut number: u64) {
    // As many digits as a u64 may have.
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

/// The process cannot go on.
pub(crate) fn unrecoverable_error(exit_code: u8, why: &str) -> String {
    message("unrecoverable-error", format_args!(r#""exitCode":{exit_code},"message":{}"#, Json(why)))
}

/// A line of the log, of a request or of nobody's.
pub(crate) fn log(of: Option<&Context>, level: Level, line: &str) -> String {
    let level = match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    };
    let line = STANDARD.encode(line);
    match of {
        Some(of) => message("log", format_args!(r#""context":{},{LEVEL}{level}{LINE}{line}""#, Json(of))),
        None => message(
            "log",
            format_args!(r#""context":{{"invocationId":"0","requestId":0}},{LEVEL}{level}{LINE}{line}""#),
        ),
    }
}

const LEVEL: &str = r#""level":""#;
const LINE: &str = r#"","message":""#;

/// The line in a message, without its NUL, that is one of the log.
pub(crate) fn line_of(message: &[u8]) -> Option<String> {
    let message = std::str::from_utf8(message).ok()?;
    // What an id may hold is escaped, and so is no part of it.
    let (_, line) = message.starts_with(r#"{"type":"log""#).then(|| message.rsplit_once(LINE))??;
    let line = STANDARD.decode(line.split('"').next()?).ok()?;
    String::from_utf8(line).ok()
}

fn message(kind: &str, payload: std::fmt::Arguments<'_>) -> String {
    format!("{{\"type\":\"{kind}\",\"payload\":{{{payload}}}}}\0")
}

/// A value as it stands in JSON.
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

/// Whether nothing has to be escaped, as in every id there is.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte))
}

/// Text as it stands between quotes.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                // What is below a space may not stand there (RFC 8259, section 7), and a NUL would end the message.
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
    use crate::request::platform_headers::PlatformHeaders;

    fn context(invocation_id: &str, request_id: u64) -> Context {
        let invocation_id = Some(invocation_id.to_owned());
        let mut said = PlatformHeaders::default();
        (said.invocation_id, said.request_id) = (invocation_id, Some(request_id));
        Context::of(&mut said).unwrap()
    }

    fn end(of: &Context) -> String {
        let mut out = BytesMut::new();
        push_end(&mut out, of);
        String::from_utf8(out.to_vec()).unwrap()
    }

    fn read(message: &str) -> Value {
        let (json, end) = message.split_at(message.len() - 1);
        assert_eq!(end, "\0");
        assert!(!json.contains('\0'), "{json:?}");
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_line_of_the_log_is_base64_and_can_be_had_back() {
        let context = context("a\",\"message\":\"", 0);
        for (of, id) in [(Some(&context), context.invocation_id()), (None, "0")] {
            let message = log(of, Level::WARN, "\"line\"\0é");
            assert_eq!(
                read(&message),
                json!({"type": "log", "payload": {
                    "context": {"invocationId": id, "requestId": 0}, "level": "warn", "message": "ImxpbmUiAMOp"}})
            );
            assert_eq!(line_of(message.trim_end_matches('\0').as_bytes()).unwrap(), "\"line\"\0é");
        }
        for other in [&b""[..], b"\xff", b"\"}}", end(&context).as_bytes()] {
            assert_eq!(line_of(other), None, "{other:?}");
        }
    }

    #[test]
    fn each_is_json_and_a_nul() {
        assert_eq!(
            read(&server_started(Duration::from_micros(12_999), 3000)),
            json!({"type": "server-started", "payload": {"initDuration": 12, "httpPort": 3000}})
        );
        for (invocation_id, request_id) in [("a\"b\\c\n\0\u{7f}é", u64::MAX), ("sfo1:a-B_0.9", 0), ("", 1090)] {
            assert_eq!(
                read(&end(&context(invocation_id, request_id))),
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
