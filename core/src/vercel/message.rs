//! Messages to the platform: JSON, each ended by a NUL.

use std::{fmt::Write as _, time::Duration};

use super::Context;

/// The server listens: the first message, and the only one of its kind.
pub(super) fn server_started(init: Duration, port: u16) -> String {
    message("server-started", format_args!(r#""initDuration":{},"httpPort":{port}"#, init.as_millis()))
}

/// A request is at its end.
pub(super) fn end(of: &Context) -> String {
    message("end", format_args!(r#""context":{},"error":null"#, Json(of)))
}

/// The process cannot go on.
pub(super) fn unrecoverable_error(exit_code: u8, why: &str) -> String {
    message("unrecoverable-error", format_args!(r#""exitCode":{exit_code},"message":{}"#, Json(why)))
}

fn message(kind: &str, payload: std::fmt::Arguments<'_>) -> String {
    format!("{{\"type\":\"{kind}\",\"payload\":{{{payload}}}}}\0")
}

/// A value as it stands in JSON.
struct Json<T>(T);

impl std::fmt::Display for Json<&str> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                // What is below a space may not stand there (RFC 8259, section 7), and a NUL would end the message.
                '\0'..=' ' if character < ' ' => write!(f, "\\u{:04x}", u32::from(character))?,
                _ => f.write_char(character)?,
            }
        }
        f.write_char('"')
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
    use crate::vercel::context::Said;

    fn read(message: &str) -> Value {
        let (json, end) = message.split_at(message.len() - 1);
        assert_eq!(end, "\0");
        assert!(!json.contains('\0'), "{json:?}");
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn each_is_json_and_a_nul() {
        assert_eq!(
            read(&server_started(Duration::from_micros(12_999), 3000)),
            json!({"type": "server-started", "payload": {"initDuration": 12, "httpPort": 3000}})
        );
        let invocation_id = "a\"b\\c\n\0\u{7f}é".to_owned();
        let context =
            Context::new(Said { invocation_id: invocation_id.clone(), request_id: u64::MAX, ..Said::default() });
        assert_eq!(
            read(&end(&context)),
            json!({"type": "end", "payload": {
                "context": {"invocationId": invocation_id, "requestId": u64::MAX}, "error": null}})
        );
        assert_eq!(
            read(&unrecoverable_error(1, "no \"database\"\r\n")),
            json!({"type": "unrecoverable-error", "payload": {"exitCode": 1, "message": "no \"database\"\r\n"}})
        );
    }
}
