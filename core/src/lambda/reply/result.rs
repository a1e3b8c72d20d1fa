//! Answers to events that are not HTTP: of a response, what Lambda is to get.

use bytes::Bytes;
use http::StatusCode;

use crate::{
    json,
    lambda::reply::{Reply, json_syntax::is_json, payload::Payload},
};

/// How much of a body is told with an error.
const TOLD: usize = 200;

/// The result of an event: the body as it is, if it is JSON, else as a string of JSON; nothing is `null`.
pub(crate) fn of(body: &Bytes) -> Reply {
    if body.is_empty() {
        return Reply::Payload(Payload::whole(b"null".to_vec()));
    }
    if is_json(body) {
        return Reply::Payload(Payload::whole(body.to_vec()));
    }
    if std::str::from_utf8(body).is_err() {
        return Reply::Error {
            error_type: "Function.UnreadableResult",
            message: "the app's answer to the event is neither JSON nor text".to_owned(),
        };
    }
    let mut text = Vec::with_capacity(body.len() + 2);
    text.push(b'"');
    json::push_escaped(body, &mut text);
    text.push(b'"');
    Reply::Payload(Payload::whole(text))
}

/// The error that an answer is of which the status is not one of success.
pub(crate) fn failed(status: StatusCode, body: &[u8]) -> Reply {
    let told = String::from_utf8_lossy(body.get(..TOLD).unwrap_or(body));
    let separator = if told.is_empty() { "" } else { ": " };
    Reply::Error {
        error_type: "Function.ErrorStatus",
        message: format!("the app answered the event with {status}{separator}{told}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(body: &'static [u8]) -> String {
        match of(&Bytes::from_static(body)) {
            Reply::Payload(payload) => {
                let mut out = vec![];
                let mut pieces = payload.pieces();
                while pieces.push_next(&mut out) {}
                String::from_utf8(out).unwrap()
            }
            Reply::Error { error_type, message } => format!("{error_type}: {message}"),
            Reply::Stream(_) => unreachable!("a result is no stream"),
        }
    }

    #[test]
    fn json_is_the_result_and_all_else_a_string() {
        assert_eq!(result(b" {\"batchItemFailures\":[]}\n"), " {\"batchItemFailures\":[]}\n");
        assert_eq!(result(b"42"), "42");
        assert_eq!(result(b"done \"so\""), r#""done \"so\"""#);
        assert_eq!(result(b"{broken"), r#""{broken""#);
        assert_eq!(result(b""), "null");
        assert!(result(b"\xff").starts_with("Function.UnreadableResult"));
    }

    #[test]
    fn a_status_that_fails_is_told_with_the_begin_of_its_body() {
        let Reply::Error { error_type, message } = failed(StatusCode::CONFLICT, &[b'x'; 1000]) else { panic!() };
        assert_eq!((error_type, message.len()), ("Function.ErrorStatus", 46 + TOLD));
        assert!(message.starts_with("the app answered the event with 409 Conflict: xxx"), "{message}");
    }
}
