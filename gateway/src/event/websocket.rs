//! The events of a WebSocket API.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::{
    event::{
        headers::{ContentLengthRule, HeaderRules, add_proxy_headers, api_gateway_name, event_headers},
        input::user_agent,
        json::insert,
        multi_map::MultiMap,
        query::decoded_parameters,
    },
    front_settings::FrontSettings,
};

const HEADERS: HeaderRules = HeaderRules { content_length: ContentLengthRule::Never, add: add_proxy_headers };

/// A connection to a WebSocket API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection<'a> {
    pub(crate) settings: &'a FrontSettings,
    pub(crate) id: &'a str,
}

impl Connection<'_> {
    /// Makes the event of the route `$connect`.
    pub(crate) fn connect_event(self, handshake: &Request<Bytes>) -> Value {
        let mut headers = event_headers(handshake, self.settings, &HEADERS);
        headers.rename(api_gateway_name);
        let mut event = json!({"headers": headers.last_values(), "multiValueHeaders": headers.arrays()});
        let parameters = decoded_parameters(handshake.uri().query().unwrap_or_default());
        if !parameters.is_empty() {
            insert(&mut event, "queryStringParameters", parameters.last_values());
            insert(&mut event, "multiValueQueryStringParameters", parameters.arrays());
        }
        let mut context = self.context("$connect", "CONNECT");
        if let Some(user_agent) = user_agent(handshake) {
            let client = self.settings.client.to_string();
            insert(&mut context, "identity", json!({"userAgent": user_agent, "sourceIp": client}));
        }
        insert(&mut event, "requestContext", context);
        insert(&mut event, "isBase64Encoded", false);
        event
    }

    /// Makes the event of a message.
    pub(crate) fn message_event(self, route_key: &str, body: &str, is_base64: bool) -> Value {
        let mut context = self.context(route_key, "MESSAGE");
        insert(&mut context, "messageId", "JKJaYdTbvHcCESA=");
        json!({"requestContext": context, "body": body, "isBase64Encoded": is_base64})
    }

    /// Makes the event of the route `$disconnect`.
    pub(crate) fn disconnect_event(self, status: u16, reason: &str) -> Value {
        // The event has only these headers, most of them empty.
        let mut headers = MultiMap::default();
        headers.append("Host", self.settings.domain().to_owned());
        for name in ["x-api-key", "X-Forwarded-For", "x-restapi"] {
            headers.append(name, String::new());
        }
        let mut context = self.context("$disconnect", "DISCONNECT");
        insert(&mut context, "disconnectStatusCode", status);
        insert(&mut context, "disconnectReason", reason);
        json!({
            "headers": headers.last_values(),
            "multiValueHeaders": headers.arrays(),
            "requestContext": context,
            "isBase64Encoded": false,
        })
    }

    fn context(self, route_key: &str, event_type: &str) -> Value {
        let settings = self.settings;
        json!({
            "routeKey": route_key,
            "eventType": event_type,
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "requestTime": "12/Mar/2025:19:03:58 +0000",
            "messageDirection": "IN",
            "stage": settings.stage,
            "connectedAt": 1_741_806_238_382_u64,
            "requestTimeEpoch": 1_741_806_238_390_u64,
            "identity": {"sourceIp": settings.client.to_string()},
            "requestId": "JKJaXmPLvHcESHA=",
            "domainName": settings.domain(),
            "connectionId": self.id,
            "apiId": settings.api_id(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WebSocketApi;

    fn api() -> WebSocketApi {
        WebSocketApi::new().stage("dev").client([198, 51, 100, 4].into()).connection_id("one")
    }

    fn read(event: &Bytes) -> Value {
        serde_json::from_slice(event).unwrap()
    }

    #[test]
    fn has_the_same_connection_in_all_events() {
        let handshake = Request::get("/").body(Bytes::new()).unwrap();
        for (event, route_key, event_type) in [
            (api().connect(&handshake), "$connect", "CONNECT"),
            (api().message("send", "{}"), "send", "MESSAGE"),
            (api().disconnect(), "$disconnect", "DISCONNECT"),
        ] {
            let context = &read(&event)["requestContext"];
            assert_eq!((&context["routeKey"], &context["eventType"]), (&route_key.into(), &event_type.into()));
            assert_eq!((&context["connectionId"], &context["stage"]), (&"one".into(), &"dev".into()));
            assert_eq!(context["identity"]["sourceIp"], "198.51.100.4");
            assert_eq!(context.get("messageId").is_some(), event_type == "MESSAGE");
        }
    }

    #[test]
    fn has_the_handshake_in_the_connect_event() {
        let handshake = Request::get("/?room=a+b&room=2").header("upgrade", "websocket").header("user-agent", "curl");
        let handshake = handshake.header("sec-websocket-protocol", "chat").header("x-a", "1").header("x-a", "2");
        let event = read(&api().connect(&handshake.body(Bytes::new()).unwrap()));
        assert_eq!((&event["headers"]["x-a"], &event["multiValueHeaders"]["x-a"]), (&"2".into(), &json!(["1", "2"])));
        assert_eq!(event["headers"]["Sec-WebSocket-Protocol"], "chat");
        assert_eq!((event["headers"].get("upgrade"), event.get("body")), (None, None));
        assert_eq!(event["queryStringParameters"], json!({"room": "2"}));
        assert_eq!(event["multiValueQueryStringParameters"], json!({"room": ["a b", "2"]}));
        assert_eq!(event["requestContext"]["identity"]["userAgent"], "curl");
    }

    #[test]
    fn sends_a_message_as_text_or_base64() {
        let body = |event: &Bytes| (read(event)["body"].clone(), read(event)["isBase64Encoded"].clone());
        assert_eq!(body(&api().message("$default", "no json")), ("no json".into(), false.into()));
        assert_eq!(body(&api().message("$default", b"\x00".to_vec())), ("AA==".into(), true.into()));
    }

    #[test]
    fn has_the_reason_in_the_disconnect_event() {
        let event = read(&api().disconnect_for(1001, "gone"));
        let context = &event["requestContext"];
        assert_eq!((&context["disconnectStatusCode"], &context["disconnectReason"]), (&1001.into(), &"gone".into()));
        assert!(event["headers"]["Host"].as_str().unwrap().ends_with(".amazonaws.com"));
        assert_eq!(read(&api().disconnect())["requestContext"]["disconnectStatusCode"], 1005);
    }
}
