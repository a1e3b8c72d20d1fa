//! Results of events that are not HTTP: the response body, or an error.

use bytes::Bytes;
use http::StatusCode;

use crate::{
    json::{self, syntax::is_json},
    lambda::reply::{payload::ReplyPayload, shape::Reply},
};

/// The number of bytes of a body that an error message quotes.
const MAX_QUOTE: usize = 200;

/// Returns the body as the result of the invocation. JSON stays unchanged, text becomes a JSON string, and an empty body `null`.
pub(crate) fn from_body(body: &Bytes) -> Reply {
    if body.is_empty() {
        return Reply::Payload(ReplyPayload::whole(b"null".to_vec()));
    }
    if is_json(body) {
        return Reply::Payload(ReplyPayload::whole(body.to_vec()));
    }
    if std::str::from_utf8(body).is_err() {
        return Reply::Error {
            error_type: "Function.UnreadableResult",
            message: "cannot return the response to the event: the body is neither JSON nor UTF-8".to_owned(),
        };
    }
    let mut text = Vec::with_capacity(body.len() + 2);
    text.push(b'"');
    json::push_escaped(body, &mut text);
    text.push(b'"');
    Reply::Payload(ReplyPayload::whole(text))
}

/// Returns the error for a status that is not a success, with the beginning of the body.
pub(crate) fn from_error_status(status: StatusCode, body: &[u8]) -> Reply {
    let quote = String::from_utf8_lossy(body.get(..MAX_QUOTE).unwrap_or(body));
    let separator = if quote.is_empty() { "" } else { ": " };
    Reply::Error {
        error_type: "Function.ErrorStatus",
        message: format!("the app responded to the event with {status}{separator}{quote}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(body: &'static [u8]) -> String {
        match from_body(&Bytes::from_static(body)) {
            Reply::Payload(payload) => {
                let mut out = vec![];
                let mut pieces = payload.pieces();
                while pieces.push_next(&mut out) {}
                String::from_utf8(out).unwrap()
            }
            Reply::Error { error_type, message } => format!("{error_type}: {message}"),
            Reply::Stream(_) => unreachable!("a result is not streamed"),
        }
    }

    #[test]
    fn returns_json_unchanged_and_text_as_a_string() {
        assert_eq!(result(b" {\"batchItemFailures\":[]}\n"), " {\"batchItemFailures\":[]}\n");
        assert_eq!(result(b"42"), "42");
        assert_eq!(result(b"done \"so\""), r#""done \"so\"""#);
        assert_eq!(result(b"{broken"), r#""{broken""#);
        assert_eq!(result(b""), "null");
        assert!(result(b"\xff").starts_with("Function.UnreadableResult"));
    }

    #[test]
    fn quotes_the_beginning_of_an_error_body() {
        let Reply::Error { error_type, message } = from_error_status(StatusCode::CONFLICT, &[b'x'; 1000]) else {
            panic!()
        };
        assert_eq!((error_type, message.len()), ("Function.ErrorStatus", 50 + MAX_QUOTE));
        assert!(message.starts_with("the app responded to the event with 409 Conflict: xxx"), "{message}");
    }
}
