//! Panics, errors, large responses and invalid events.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Response;
use hyper::body::{Body, Frame};
use lodger::Error;
use lodger_gateway::Front;
use lodger_tests::{probe, test_host::TestHost};
use serde_json::Value;

use super::event;

#[tokio::test]
async fn a_panic_is_a_500_and_the_process_goes_on() {
    let lambda = TestHost::lambda().start(|lodger| lodger.run(probe::app())).await;
    for target in ["/panic", "/panic/body"] {
        let response = lambda.get(target).await;
        let expected = (500, &b"internal server error"[..]);
        assert_eq!((response.status().as_u16(), &response.body()[..]), expected, "{target}");
        assert_eq!(lambda.get("/reply/text").await.status(), 200);
    }
    assert_eq!((lambda.protocol_errors(), lambda.connection_count()), (vec![], 1));
}

/// A body that panics when it is read, and again when it is dropped.
struct PanicsTwice;

impl Body for PanicsTwice {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        panic!("asked to panic when it is read");
    }
}

impl Drop for PanicsTwice {
    fn drop(&mut self) {
        panic!("asked to panic when it is dropped");
    }
}

#[tokio::test]
async fn a_body_that_panics_again_when_it_is_dropped_is_a_500() {
    let service = async |_: lodger::Request| Ok::<_, Error>(Response::new(PanicsTwice));
    let lambda = TestHost::lambda().start(|lodger| lodger.run(hyper::service::service_fn(service))).await;
    for _ in 0..2 {
        let response = lambda.get("/").await;
        assert_eq!((response.status().as_u16(), &response.body()[..]), (500, &b"internal server error"[..]));
    }
    assert_eq!((lambda.protocol_errors(), lambda.connection_count()), (vec![], 1));
}

#[tokio::test]
async fn an_error_of_a_service_is_a_500() {
    let failing = tower::service_fn(async |_: lodger::Request| Err::<Response<String>, _>(io::Error::other("secret")));
    let lambda = TestHost::lambda().start(|lodger| lodger.run(failing)).await;
    let response = lambda.get("/").await;
    assert_eq!((response.status().as_u16(), &response.body()[..]), (500, &b"internal server error"[..]));
}

#[tokio::test]
async fn a_response_over_6_mb_is_a_500_with_both_sizes() {
    let lambda = TestHost::lambda().start(|lodger| lodger.run(probe::app())).await;
    let response = lambda.get("/size/6000000").await;
    assert_eq!((response.status().as_u16(), response.body().len()), (200, 6_000_000));
    let response = lambda.get("/size/7000000").await;
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    assert_eq!(response.status(), 500);
    assert!(body.contains("7000000") && body.contains("6291556"), "{body}");
    assert_eq!(lambda.get("/reply/text").await.status(), 200);
    assert_eq!(lambda.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn an_event_that_is_not_a_request_is_an_error_and_the_process_goes_on() {
    let lambda = TestHost::lambda().start(|lodger| lodger.run(probe::app())).await;
    for (event, error_type) in [
        (r#"{"Records":[{"eventSource":"aws:sqs"}]}"#, "Runtime.UnsupportedEvent"),
        ("null", "Runtime.UnsupportedEvent"),
        (r#"{"requestContext":{"#, "Runtime.MalformedEvent"),
        ("", "Runtime.MalformedEvent"),
    ] {
        let Err(error) = lambda.invoke(event).await.unwrap() else { panic!("the invocation of {event} succeeded") };
        let body: Value = serde_json::from_slice(&error.body).unwrap();
        assert_eq!((error.error_type.as_str(), &body["errorType"]), (error_type, &error_type.into()), "{event}");
    }
    assert_eq!(lambda.get("/reply/text").await.status(), 200);
    assert_eq!(lambda.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn an_event_with_an_invalid_header_is_a_400() {
    let lambda = TestHost::lambda().start(|lodger| lodger.run(probe::app())).await;
    for (name, value) in [("a\"a", "x"), ("x-split", "1\r\nx-evil: 2")] {
        let mut event: Value = serde_json::from_slice(&event("/")).unwrap();
        event["headers"][name] = value.into();
        let result = lambda.invoke(event.to_string()).await.unwrap();
        let response = Front::function_url().response(&result);
        assert_eq!((response.status().as_u16(), response.headers().contains_key("x-evil")), (400, false));
    }
    assert_eq!(lambda.get("/reply/text").await.status(), 200);
    assert_eq!(lambda.protocol_errors(), [""; 0]);
}
