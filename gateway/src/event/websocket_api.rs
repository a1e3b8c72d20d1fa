//! The events of a WebSocket API.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::{fields::Fields, first_label, insert, query, rest_api::header_name, user_agent};
use crate::{Message, WebSocketApi};

pub(crate) fn connect(api: &WebSocketApi, handshake: &Request<Bytes>) -> Value {
    let mut headers = Fields::of_headers(&api.front, handshake);
    headers.rename(header_name);
    let mut event = json!({"headers": headers.last(), "multiValueHeaders": headers.arrays()});
    let parameters = query::decoded(handshake.uri().query().unwrap_or_default());
    if !parameters.is_empty() {
        insert(&mut event, "queryStringParameters", parameters.last());
        insert(&mut event, "multiValueQueryStringParameters", parameters.arrays());
    }
    let mut context = context(api, "$connect", "CONNECT");
    if let Some(user_agent) = user_agent(handshake) {
        insert(&mut context, "identity", json!({"userAgent": user_agent, "sourceIp": api.front.client.to_string()}));
    }
    insert(&mut event, "requestContext", context);
    insert(&mut event, "isBase64Encoded", false);
    event
}

pub(crate) fn message(api: &WebSocketApi, route_key: &str, message: Message) -> Value {
    let mut context = context(api, route_key, "MESSAGE");
    insert(&mut context, "messageId", "JKJaYdTbvHcCESA=");
    let (body, is_base64) = message.into_body();
    json!({"requestContext": context, "body": body, "isBase64Encoded": is_base64})
}

pub(crate) fn disconnect(api: &WebSocketApi, status: u16, reason: &str) -> Value {
    // Nothing is left of the handshake but these, most of them empty.
    let headers = [("Host", api.front.domain.as_str()), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")];
    let mut fields = Fields::default();
    for (name, value) in headers {
        fields.push(name, value.to_owned());
    }
    let mut context = context(api, "$disconnect", "DISCONNECT");
    insert(&mut context, "disconnectStatusCode", status);
    insert(&mut context, "disconnectReason", reason);
    json!({
        "headers": fields.last(),
        "multiValueHeaders": fields.arrays(),
        "requestContext": context,
        "isBase64Encoded": false,
    })
}

fn context(api: &WebSocketApi, route_key: &str, event_type: &str) -> Value {
    json!({
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": "JKJaXmPLvHcESHA=",
        "requestTime": "12/Mar/2025:19:03:58 +0000",
        "messageDirection": "IN",
        "stage": api.front.stage,
        "connectedAt": 1_741_806_238_382_u64,
        "requestTimeEpoch": 1_741_806_238_390_u64,
        "identity": {"sourceIp": api.front.client.to_string()},
        "requestId": "JKJaXmPLvHcESHA=",
        "domainName": api.front.domain,
        "connectionId": api.connection_id,
        "apiId": first_label(api.front.kind.domain()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api() -> WebSocketApi {
        WebSocketApi::new().stage("dev").client([198, 51, 100, 4].into()).connection_id("one")
    }

    fn read(event: &Bytes) -> Value {
        serde_json::from_slice(event).unwrap()
    }

    #[test]
    fn a_connection_is_the_same_in_all_of_its_events() {
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
    fn a_connect_event_has_the_handshake() {
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
    fn a_message_is_text_or_base64() {
        let body = |event: &Bytes| (read(event)["body"].clone(), read(event)["isBase64Encoded"].clone());
        assert_eq!(body(&api().message("$default", "no json")), ("no json".into(), false.into()));
        assert_eq!(body(&api().message("$default", b"\x00".to_vec())), ("AA==".into(), true.into()));
    }

    #[test]
    fn a_disconnect_event_says_why() {
        let event = read(&api().disconnect_for(1001, "gone"));
        let context = &event["requestContext"];
        assert_eq!((&context["disconnectStatusCode"], &context["disconnectReason"]), (&1001.into(), &"gone".into()));
        assert!(event["headers"]["Host"].as_str().unwrap().ends_with(".amazonaws.com"));
        assert_eq!(read(&api().disconnect())["requestContext"]["disconnectStatusCode"], 1005);
    }

    #[test]
    fn a_status_of_success_lets_the_client_in() {
        let answer = |reply: &'static str| api().accepts(&Ok(reply.into())).map_err(|no| no.status().as_u16());
        assert_eq!(answer(r#"{"statusCode":200}"#), Ok(()));
        assert_eq!(answer(r#"{"statusCode":204,"headers":{"Sec-WebSocket-Protocol":"chat"},"cookies":[]}"#), Ok(()));
        assert_eq!(answer(r#"{"statusCode":401,"body":"no"}"#), Err(401));
        assert_eq!(answer(r#"{"statusCode":302}"#), Err(302));
        assert_eq!(answer(r#"{"body":"no status"}"#), Err(502));
        assert_eq!(answer("no json"), Err(502));
        let refused = api().accepts(&Ok(r#"{"statusCode":403,"body":"no"}"#.into())).unwrap_err();
        assert_eq!(refused.body().as_ref(), b"no");
        let failed = Err(crate::FunctionError { error_type: "Function.Error".into(), body: Bytes::new() });
        assert_eq!(api().accepts(&failed).unwrap_err().status(), 502);
    }
}
