//! Messages of the Azure Functions host about HTTP requests: one reply for each, and no request that the host could not have received.

#![no_main]

use std::cell::Cell;

use arbitrary::Arbitrary;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use libfuzzer_sys::fuzz_target;
use lodger_core::{Settings, fuzzing::exchange_azure_message};
use lodger_fuzz::{
    app::SeenRequest,
    function::{EVENTS_PATH, is_below, may_be_reserved},
    http_message::{AnyRequest, AnyResponse},
    mutation::Mutation,
};
use serde_json::{Value, json};

#[derive(Debug, Arbitrary)]
struct Input {
    request: AnyRequest,
    response: AnyResponse,
    mutations: Vec<Mutation>,
}

fuzz_target!(|input: Input| {
    let sent = &input.request.0;
    let headers: serde_json::Map<String, Value> =
        sent.headers.iter().map(|(name, value)| (name.clone(), json!([String::from_utf8_lossy(value)]))).collect();
    let url = format!("https://example.com{}", sent.target);
    let text = std::str::from_utf8(&sent.body).unwrap_or_default();
    let message =
        json!({"Data": {"req": {"Url": url, "Method": sent.method, "Headers": headers, "Body": text}}, "Metadata": {}});
    let mut message = message.to_string().into_bytes();
    input.mutations.iter().take(8).for_each(|mutation| mutation.apply(&mut message));

    let mut settings = Settings::default();
    settings.events_path = Some(EVENTS_PATH.to_owned());
    let seen = Cell::new(None);
    let app = |request: lodger_core::Request| {
        let (head, body) = request.into_parts();
        let body = body_in_memory(body);
        seen.set(Some(SeenRequest {
            method: head.method.to_string(),
            uri: head.uri,
            headers: head.headers,
            body,
            is_synthetic: Some(false),
        }));
        input.response.0.clone()
    };
    let reply = exchange_azure_message(&settings, Request::new(message.into()), app);
    let Some(seen) = seen.take() else {
        // 404 as a reply for the client of a reserved path, or an error for a damaged message.
        let is_reserved = reply.status().is_success() && reply_of(&reply)["statusCode"] == 404;
        assert!(is_reserved || !reply.status().is_success(), "{reply:?}");
        assert!(!input.mutations.is_empty() || is_reserved && may_be_reserved(&sent.target), "{reply:?}");
        return;
    };
    seen.check();
    assert!(!is_below(seen.uri.path(), EVENTS_PATH), "a client has requested {:?}", seen.uri);
    check_reply(&input.response.0, &reply);
    let has_type = sent.headers.iter().any(|(name, _)| name == "content-type");
    if input.mutations.is_empty() && !has_type {
        assert_eq!(
            (seen.method.as_str(), seen.uri.to_string(), &seen.body[..]),
            (&*sent.method, sent.target.clone(), text.as_bytes())
        );
    }
});

/// The body of a message is in memory, so its future is ready.
fn body_in_memory(body: lodger_core::Body) -> Bytes {
    let mut collected = std::pin::pin!(body.collect());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match collected.as_mut().poll(&mut context) {
        std::task::Poll::Ready(Ok(body)) => body.to_bytes(),
        other => panic!("the body is not in memory: {other:?}"),
    }
}

/// The return value or the output in a reply.
fn reply_of(reply: &Response<Bytes>) -> Value {
    let reply: Value = serde_json::from_slice(reply.body()).expect("a reply is JSON");
    reply["Outputs"]["res"].clone()
}

/// Compares the reply with the response of the app.
fn check_reply(planned: &Response<Bytes>, reply: &Response<Bytes>) {
    let Ok(text) = std::str::from_utf8(planned.body()) else {
        assert_eq!(reply.status(), 500, "the Functions host passes on text only");
        return;
    };
    assert_eq!(reply.status(), 200);
    let reply = reply_of(reply);
    assert_eq!((&reply["statusCode"], &reply["body"]), (&json!(planned.status().as_u16()), &json!(text)));
    let headers = reply["headers"].as_object().expect("an object");
    assert_eq!(headers.len(), planned.headers().keys_len());
    for (name, value) in headers {
        let value = value.as_str().expect("a text");
        assert!(planned.headers().contains_key(name), "the app has not set {name}");
        assert!(
            !value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)),
            "the header {name} has the value {value:?}"
        );
    }
}
