//! The kind and the limits of the reply to each front.

use crate::lambda::{
    event::tests::*,
    reply::{
        Envelope::{ApiGateway, LoadBalancer},
        ReplyFormat,
        ReplyKind::{self, Envelope, Prelude},
    },
};

fn format(event: &Value, response_mode: ResponseMode) -> &'static ReplyFormat {
    let bytes = Bytes::from(event.to_string());
    let settings = Settings { response_mode, websocket_path: Some("/ws".into()), ..Settings::default() };
    read_bytes(&bytes, &settings, "").unwrap().1.format
}

/// The events of a front that are sent by AWS, with a custom domain and by an emulator.
fn with_domains(event: fn(Value) -> Value) -> [Value; 3] {
    let [aws, custom] = [("a.execute-api.eu-west-1.amazonaws.com", "a"), ("api.example.com", "api")]
        .map(|(domain, prefix)| event(json!({".domainName": domain, ".domainPrefix": prefix})));
    [aws, custom, event(json!({".domainName": "api.example.com"}))]
}

#[test]
fn streams_to_the_fronts_of_the_mode() {
    use ResponseMode::{Buffered, Stream, StreamRest, StreamUrl};
    let streams = |event: Value| {
        [Buffered, Stream, StreamUrl, StreamRest].map(|mode| format(&event, mode).kind == ReplyKind::Prelude)
    };
    let emulated = payload_v2::event(json!({".domainName": "localhost"}));
    for function_url in [payload_v2::event(json!({})), emulated] {
        assert_eq!(streams(function_url), [false, true, true, false]);
    }
    for rest_api in with_domains(payload_v1::event) {
        assert_eq!(streams(rest_api), [false, true, false, true]);
    }
    for http_api in with_domains(payload_v2::event) {
        assert_eq!(streams(http_api), [false; 4]);
    }
    let others =
        [alb::event(json!({})), lattice::v1(json!({})), lattice::v2(json!({})), websocket::event("MESSAGE", json!({}))];
    for other in others {
        assert_eq!(streams(other), [false; 4]);
    }
}

#[test]
fn limits_the_headers_and_messages_of_each_front() {
    let limits = |event: Value, mode| {
        let format = format(&event, mode);
        (format.kind, format.max_headers, format.max_message)
    };
    let function_url = || payload_v2::event(json!({".domainPrefix": "abcdefg"}));
    assert_eq!(limits(function_url(), ResponseMode::Buffered), (Envelope(ApiGateway), None, None));
    assert_eq!(limits(function_url(), ResponseMode::Stream), (Prelude, None, None));
    for api in with_domains(payload_v1::event).into_iter().chain(with_domains(payload_v2::event)) {
        assert_eq!(limits(api, ResponseMode::Buffered), (Envelope(ApiGateway), Some(10_240), None));
    }
    for rest_api in with_domains(payload_v1::event) {
        assert_eq!(limits(rest_api, ResponseMode::Stream), (Prelude, Some(10_240), None));
    }
    let alb = alb::event(json!({}));
    assert_eq!(limits(alb, ResponseMode::Buffered), (Envelope(LoadBalancer), Some(32_768), None));
    for (event_type, max_message) in [("CONNECT", None), ("MESSAGE", Some(131_072)), ("DISCONNECT", Some(131_072))] {
        let event = websocket::event(event_type, json!({}));
        let format = format(&event, ResponseMode::Buffered);
        assert_eq!((format.max_message, format.only_header), (max_message, Some("sec-websocket-protocol")));
    }
}
