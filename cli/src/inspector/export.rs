//! The history as a file.

use http::{HeaderValue, Response, header::CONTENT_DISPOSITION};
use serde_json::{Value, json};

use crate::{
    history::{Detail, HeaderList, is_secret, remove_secrets},
    platform::Platform,
};

/// The members of the file for all invocations, the oldest first.
pub fn export(platform: &Platform, with_secrets: bool) -> Value {
    let invocations: Vec<_> = platform
        .history
        .all()
        .iter()
        .map(|record| if with_secrets { json!(record.detail()) } else { without_secrets(record.detail()) })
        .collect();
    json!({"project": platform.package.0, "version": platform.package.1, "invocations": invocations})
}

/// Makes the browser save a response as a file.
pub fn as_file<B>(mut response: Response<B>) -> Response<B> {
    let value = HeaderValue::from_static("attachment; filename=\"invocations.json\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, value);
    response
}

/// An invocation without the values of secret headers. Events and replies have them too.
fn without_secrets(mut detail: Detail) -> Value {
    let remove = |headers: &mut HeaderList| headers.retain(|(name, _)| !is_secret(name));
    if let Some(request) = &mut detail.request {
        remove(&mut request.headers);
    }
    if let Some(response) = &mut detail.response {
        remove(&mut response.headers);
    }
    let prelude = detail.reply.as_mut().and_then(|reply| reply.prelude.as_mut());
    if let Some(prelude) = prelude {
        *prelude = json_without_secrets(prelude).unwrap_or_default();
    }
    // The body of a streamed reply is that of the response, which is kept.
    let has_stream = detail.reply.as_ref().is_some_and(|reply| reply.is_streamed);
    let mut value = json!(detail);
    for (path, is_kept) in [("/event", false), ("/reply/body", has_stream)] {
        let Some(Value::Object(body)) = value.pointer_mut(path).filter(|_| !is_kept) else { continue };
        let Some(Value::String(text)) = body.get_mut("data") else { continue };
        // A text that is cut off has secrets at unknown places.
        *text = json_without_secrets(text).unwrap_or_else(|| "(removed)".to_owned());
    }
    value
}

fn json_without_secrets(text: &str) -> Option<String> {
    let mut value = serde_json::from_str(text).ok()?;
    remove_secrets(&mut value);
    Some(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{BodyRecord, ReplyRecord, RequestRecord, ResponseRecord};

    #[test]
    fn has_no_secrets_in_any_part() {
        let headers = || vec![("cookie".to_owned(), "s3cret".to_owned()), ("x-a".to_owned(), "kept".to_owned())];
        let body = |text: &str| BodyRecord::new(None, text.as_bytes());
        let detail = Detail {
            request: Some(RequestRecord {
                method: "GET".to_owned(),
                target: "/".to_owned(),
                headers: headers(),
                body: body(""),
            }),
            event: Some(body(r#"{"headers":{"cookie":"s3cret"},"cookies":["s3cret"],"x":"kept"}"#)),
            reply: Some(ReplyRecord {
                prelude: Some(r#"{"headers":{"set-cookie":"s3cret"}}"#.to_owned()),
                body: body(r#"{"cookies":["s3cret"]}"#),
                ..ReplyRecord::default()
            }),
            response: Some(ResponseRecord { status: 200, headers: headers(), body: body("text"), end: "complete" }),
            ..Detail::default()
        };
        assert_eq!(json!(detail).to_string().matches("s3cret").count(), 6);
        let text = without_secrets(detail).to_string();
        assert_eq!((text.matches("s3cret").count(), text.matches("kept").count()), (0, 3), "{text}");
    }

    #[test]
    fn has_no_event_that_is_cut_off() {
        let event = format!(r#"{{"headers":{{"cookie":"s3cret"}},"body":"{}"}}"#, "x".repeat(2 << 20));
        let detail = Detail { event: Some(BodyRecord::new(None, event.as_bytes())), ..Detail::default() };
        let value = without_secrets(detail);
        assert_eq!((&value["event"]["data"], &value["event"]["is_truncated"]), (&json!("(removed)"), &json!(true)));
    }
}
