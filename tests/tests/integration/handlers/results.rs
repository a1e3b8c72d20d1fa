//! Results of handlers, and streams.

use std::{io, time::Duration};

use axum::Router;
use futures_util::{StreamExt, stream};
use lodger::{
    Body, Lodger,
    lambda::{Context, Error, LambdaEvent, StreamResponse, service_fn},
};
use lodger_gateway::RuntimeApi;
use lodger_tests::{test_host::TestHost, wait::wait_until};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{error_of, result_of};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    order_id: u64,
    lines: Vec<&'static str>,
}

#[tokio::test]
async fn a_result_is_any_value_that_serializes() {
    let lodger = |lodger: Lodger| {
        lodger
            .on_source("unit", async |_: Value, _| ())
            .on_source("value", async |event: Value, _| event)
            .on_source("struct", async |_: Value, _| {
                Ok::<_, Error>(Receipt { order_id: 7, lines: vec!["a", "\"é\n"] })
            })
            .on_source("option", async |_: Value, _| Ok::<_, Error>(None::<u8>))
            .on_source("text", async |_: Value, _| Ok::<_, Error>("text"))
    };
    let api = TestHost::lambda().start(|host| lodger(host).run(Router::new())).await;
    for (source, expected) in [
        ("unit", json!(null)),
        ("value", json!({"source": "value", "detail-type": "d"})),
        ("struct", json!({"orderId": 7, "lines": ["a", "\"é\n"]})),
        ("option", json!(null)),
        ("text", json!("text")),
    ] {
        assert_eq!(result_of(&api, &json!({"source": source, "detail-type": "d"})).await, expected, "{source}");
    }
}

#[tokio::test]
async fn a_result_that_does_not_serialize_is_an_error() {
    let keys = async |_: Value, _: Context| {
        Ok::<_, Error>([((1, 2), 3)].into_iter().collect::<std::collections::BTreeMap<_, _>>())
    };
    let api = TestHost::lambda().start(|lodger| lodger.on_any(keys).run(Router::new())).await;
    let error = error_of(&api, &json!({})).await;
    assert_eq!((&*error.error_type, &*error.message), ("InvalidResult", "cannot serialize the result of the handler"));
    assert_eq!(error.stack_trace, ["key must be a string"]);
}

#[tokio::test]
async fn a_stream_of_bytes_has_no_prelude() {
    let stream = async |_: LambdaEvent<Value>| {
        let pieces = stream::iter(["a,", "b\0\0\0\0\0\0\0\0", "c"].map(Ok::<_, io::Error>));
        Ok::<_, Error>(StreamResponse::new(Body::from_stream(pieces)).content_type("text/csv".parse()?))
    };
    let api = TestHost::lambda().start(|lodger| lodger.run(service_fn(stream))).await;
    assert_eq!(api.invoke("{}").await.unwrap().unwrap(), "a,b\0\0\0\0\0\0\0\0c");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_stream_that_fails_fails_the_invocation() {
    let stream = async |_: LambdaEvent<Value>| {
        let body = stream::iter([Ok("begin"), Err(io::Error::other("hunter2"))]);
        Ok::<_, Error>(StreamResponse::new(Body::from_stream(body)))
    };
    let api = TestHost::lambda().start(|lodger| lodger.run(service_fn(stream))).await;
    let error = api.invoke("{}").await.unwrap().unwrap_err();
    assert_eq!(error.error_type, "Function.StreamFailed");
    assert!(!String::from_utf8_lossy(&error.body).contains("hunter2"), "{error:?}");
    // The process goes on.
    assert!(api.invoke("{}").await.unwrap().is_err());
}

/// A handler that streams the numbers that the test sends.
fn from_channel(
    receiver: mpsc::Receiver<&'static str>,
) -> impl Fn(Value, Context) -> std::future::Ready<StreamResponse> {
    let receiver = std::sync::Mutex::new(Some(receiver));
    move |_, _| {
        let receiver = receiver.lock().unwrap().take().unwrap();
        let numbers = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
        std::future::ready(StreamResponse::new(Body::from_stream(numbers.map(Ok::<_, io::Error>))))
    }
}

#[tokio::test]
async fn the_deadline_ends_a_stream() {
    let (sender, receiver) = mpsc::channel(1);
    let host = TestHost::lambda().timeout(Duration::from_millis(600));
    let api = host.start(|lodger| lodger.on_any(from_channel(receiver)).run(Router::new())).await;
    sender.send("first").await.unwrap();
    let error = RuntimeApi::invoke(&api, "{}").await.unwrap().unwrap_err();
    assert_eq!(error.error_type, "Function.Timeout");
    wait_until("the body was dropped", || sender.is_closed()).await;
}
