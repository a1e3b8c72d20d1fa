//! Names of events and statuses of replies, for log entries.

use http::StatusCode;
use serde_json::Value;

/// Returns the name of an event: the method and the path of a request, the route of a WebSocket API, or the source.
pub(crate) fn event_name(event: &[u8]) -> String {
    let event: Value = serde_json::from_slice(event).unwrap_or_default();
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    if let (Some(route), Some(_)) = (text("/requestContext/routeKey"), text("/requestContext/eventType")) {
        return route.to_owned();
    }
    if text("/Action") == Some("Invoke") {
        return event_name(text("/body").unwrap_or_default().as_bytes());
    }
    let method = ["/httpMethod", "/requestContext/http/method", "/method"].into_iter().find_map(text);
    let path = ["/rawPath", "/raw_path", "/path"].into_iter().find_map(text);
    if let (Some(method), Some(path)) = (method, path) {
        return format!("{method} {}", path.split('?').next().unwrap_or_default());
    }
    let source = ["/Records/0/eventSource", "/Records/0/EventSource", "/eventSource", "/source"];
    let source = source.into_iter().find_map(text).unwrap_or("event");
    match text("/detail-type") {
        Some(detail) => format!("{source} {detail}"),
        None => source.to_owned(),
    }
}

/// Returns the status of a reply.
pub(crate) fn reply_status(reply: &[u8]) -> Option<StatusCode> {
    let reply: Value = serde_json::from_slice(reply).ok()?;
    StatusCode::from_u16(reply.get("statusCode")?.as_u64()?.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Front, WebSocketApi};
    use bytes::Bytes;
    use http::Request;

    #[test]
    fn names_a_request_by_method_and_path() {
        for front in Front::all() {
            let request = Request::put("/pets/1?token=secret").body(Bytes::new()).unwrap();
            let name = event_name(&front.event(&request).unwrap());
            assert!(name == "PUT /pets/1" || name == "PUT /prod/pets/1", "{front}: {name}");
        }
    }

    #[test]
    fn names_other_events_by_route_or_source() {
        let api = WebSocketApi::new();
        assert_eq!(event_name(&api.connect(&Request::get("/").body(Bytes::new()).unwrap())), "$connect");
        assert_eq!(event_name(&api.message("say", "hello")), "say");
        assert_eq!(event_name(&api.disconnect()), "$disconnect");
        for (event, name) in [
            (r#"{"Records":[{"eventSource":"aws:sqs"},{"eventSource":"x"}]}"#, "aws:sqs"),
            (r#"{"Records":[{"EventSource":"aws:sns"}]}"#, "aws:sns"),
            (r#"{"eventSource":"aws:kafka","records":{}}"#, "aws:kafka"),
            (r#"{"source":"aws.events","detail-type":"Scheduled Event"}"#, "aws.events Scheduled Event"),
            (r#"{"Records":[]}"#, "event"),
            (r#"{"Action":"Invoke","body":"no json"}"#, "event"),
            (r#"{"path":1,"httpMethod":"GET"}"#, "event"),
            ("[]", "event"),
            ("no json", "event"),
        ] {
            assert_eq!(event_name(event.as_bytes()), name, "{event}");
        }
    }

    #[test]
    fn reads_the_status_of_a_reply() {
        for (reply, status) in [
            (r#"{"statusCode":404}"#, Some(404)),
            (r#"{"statusCode":"404"}"#, None),
            (r#"{"statusCode":70000}"#, None),
            (r#"{"batchItemFailures":[]}"#, None),
            ("no json", None),
        ] {
            assert_eq!(reply_status(reply.as_bytes()).map(|status| status.as_u16()), status, "{reply}");
        }
    }
}
