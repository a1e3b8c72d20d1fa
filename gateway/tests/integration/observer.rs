//! The parts of an invocation that an observer receives, in their order.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use lodger_gateway::{
    Chunk, EventDelivery, Front, Invocation, ObservedReply, Observer, RuntimeApi, StreamEnd, Warning,
};
use serde_json::json;

use crate::{
    streaming::{HTTP, PRELUDE, request},
    support::{RawFunction, run_function},
};

/// The calls, as text.
#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<String>>);

impl Recorder {
    fn add(&self, call: impl Into<String>) {
        self.0.lock().unwrap().push(call.into());
    }

    fn calls(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Recorder {
    fn event(&self, event: &Bytes) {
        self.add(if event.starts_with(b"{") { "event" } else { "no event" });
    }

    fn delivered(&self, delivery: &EventDelivery) {
        self.add(format!("delivered {} {}", delivery.request_id.len(), delivery.timeout.as_secs()));
    }

    fn reply(&self, reply: &ObservedReply) {
        self.add(match reply {
            ObservedReply::Buffered { body, .. } => format!("buffered {}", body.len()),
            ObservedReply::Streamed { content_type } => format!("streamed {}", content_type.is_some()),
            ObservedReply::Error(error) => error.error_type.clone(),
            _ => String::new(),
        });
    }

    fn chunk(&self, chunk: &Chunk) {
        self.add(format!("chunk {}", String::from_utf8_lossy(&chunk.bytes).escape_debug()));
    }

    fn end(&self, end: &StreamEnd) {
        self.add(format!("{end:?}"));
    }

    fn warning(&self, warning: &Warning) {
        self.add(format!("{warning:?}"));
    }
}

#[tokio::test]
async fn observes_a_buffered_reply_and_a_warning() {
    let api = RuntimeApi::start().await.unwrap();
    tokio::spawn(run_function(api.address(), |_| json!({"statusCode": 200, "body": "/w==", "isBase64Encoded": true})));
    let recorder = Arc::new(Recorder::default());
    let response = api.stream_observed(&Front::rest_api(), &request(), Arc::clone(&recorder) as _).await;
    assert_eq!(response.status(), 200);
    let reply = json!({"statusCode": 200, "body": "/w==", "isBase64Encoded": true}).to_string();
    let buffered = format!("buffered {}", reply.len());
    let warning = r#"EncodedResponseBody { accept: "" }"#;
    assert_eq!(recorder.calls(), ["event", "delivered 36 30", &buffered, warning]);

    let recorder = Arc::new(Recorder::default());
    api.invoke(Invocation::new("{}").observer(Arc::clone(&recorder) as _)).await.unwrap().unwrap();
    assert_eq!(recorder.calls(), ["event", "delivered 36 30", &buffered]);
}

#[tokio::test]
async fn observes_each_chunk_of_a_stream_behind_a_front_that_follows_the_reply() {
    let api = RuntimeApi::start().await.unwrap();
    let recorder = Arc::new(Recorder::default());
    let front = Front::function_url().streaming_like_reply();
    let mut function = RawFunction::connect(&api).await;
    let replying = async {
        let id = function.poll().await;
        function.begin_stream(&id, HTTP).await;
        function.send_chunk(PRELUDE).await;
        function.send_chunk(b"one").await;
        function.end_stream("").await
    };
    let request = request();
    let sending = async {
        let mut response = api.stream_observed(&front, &request, Arc::clone(&recorder) as _).await;
        assert_eq!(response.end().await, StreamEnd::Complete);
    };
    tokio::join!(sending, replying);
    let calls = recorder.calls();
    let names: Vec<_> = calls.iter().map(|call| call.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["event", "delivered", "streamed", "chunk", "chunk", "Complete"], "{calls:?}");
    assert_eq!(calls[4], "chunk one");
}
