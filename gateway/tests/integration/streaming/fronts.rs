//! Streamed and buffered replies behind fronts of both kinds.

use bytes::Bytes;
use http::Response;
use lodger_gateway::{Front, RuntimeApi, StreamEnd, Warning};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::{HTTP, PRELUDE, begin, request, streaming_fronts};
use crate::support::{RawFunction, run_function, soon};

#[tokio::test]
async fn responds_with_500_to_an_invalid_prelude() {
    let long = [&vec![b' '; 16 * 1024 - 7][..], b"\0\0\0\0\0\0\0\0one"].concat();
    for (chunk, of_both, text) in [
        (&br#"{"statusCode":200,"body":"x"}"#[..], true, "before the 8 NULs after the prelude"),
        (b"{}\0\0\0\0\0\0\0one", true, "before the 8 NULs after the prelude"),
        (&long, true, "the first 16 KB of the reply have no 8 NULs"),
        (b"[]\0\0\0\0\0\0\0\0one", true, "expected a JSON object"),
        (b"{\"headers\":{\"x\":[\"1\"]}}\0\0\0\0\0\0\0\0one", true, "headers must be an object of strings"),
        (b"{\"multiValueHeaders\":{\"x\":[\"1\"]}}\0\0\0\0\0\0\0\0one", false, "multiValueHeaders"),
    ] {
        for front in streaming_fronts() {
            let api = RuntimeApi::start().await.unwrap();
            let mut function = RawFunction::connect(&api).await;
            let replying = async {
                let id = function.poll().await;
                function.begin_stream(&id, HTTP).await;
                function.send_chunk(chunk).await;
                function.end_stream("").await
            };
            let request = request();
            let (response, reply_response) = tokio::join!(api.send(&front, &request), replying);
            assert!(reply_response.starts_with("http/1.1 202 "), "{reply_response}");
            let is_invalid = of_both || front.name() == "function-url";
            assert_eq!(response.status(), if is_invalid { 500 } else { 200 }, "{front}: {text}");
            let errors = api.protocol_errors();
            assert_eq!(errors.len(), usize::from(is_invalid), "{errors:?}");
            assert!(errors.iter().all(|error| error.contains(text)), "{text}: {errors:?}");
        }
    }
}

#[tokio::test]
async fn a_function_url_passes_on_a_reply_without_a_prelude() {
    let api = RuntimeApi::start().await.unwrap();
    let front = Front::function_url().streaming();
    for (headers, content_type) in [("", "application/octet-stream"), ("content-type: text/html\r\n", "text/html")] {
        let (mut response, mut function, _) = begin(&api, &front, headers, &[]).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &content_type.parse().unwrap())
        );
        function.send_chunk(PRELUDE).await;
        assert_eq!(soon(response.chunk()).await.unwrap().bytes, PRELUDE);
        function.end_stream("").await;
        assert_eq!(response.end().await, StreamEnd::Complete);
    }
    assert_eq!(api.protocol_errors(), [""; 0]);

    // A buffered reply (rule 108).
    let envelope = br#"{"statusCode":404,"body":"x"}"#;
    let mut function = RawFunction::connect(&api).await;
    let replying = async {
        let id = function.poll().await;
        function
            .begin_reply(&id, &format!("content-type: application/json\r\ncontent-length: {}\r\n", envelope.len()))
            .await;
        function.socket.write_all(envelope).await.unwrap();
        function.response().await
    };
    let request = request();
    let (response, _) = tokio::join!(api.send(&front, &request), replying);
    assert_eq!((response.status().as_u16(), response.body().as_ref()), (200, &envelope[..]));
    assert_eq!(
        (&response.headers()["content-type"], api.protocol_errors()),
        (&"application/json".parse().unwrap(), vec![])
    );

    // An empty reply.
    let replying = async {
        let id = function.poll().await;
        function.begin_stream(&id, HTTP).await;
        function.end_stream("").await
    };
    let (response, _) = tokio::join!(api.send(&front, &request), replying);
    assert_eq!((response.status().as_u16(), response.body().len(), api.protocol_errors().len()), (200, 0, 1));
}

#[tokio::test]
async fn a_front_without_streaming_gets_the_collected_reply() {
    for front in Front::all() {
        let api = RuntimeApi::start().await.unwrap();
        let mut function = RawFunction::connect(&api).await;
        let replying = async {
            let id = function.poll().await;
            function.begin_stream(&id, HTTP).await;
            function.send_chunk(b"{\"statusCode\":201,\"headers\":{\"x-a\":\"1\"}}\0\0\0\0\0\0\0\0").await;
            function.send_chunk(b"one").await;
            function.end_stream("").await
        };
        let request = request();
        let (response, _) = tokio::join!(api.send(&front, &request), replying);
        let (status, is_body) = match front.name() {
            "rest-api" => (201, false),
            "function-url" | "http-api" => (200, true),
            "http-api-v1" | "vercel" => (500, false),
            _ => (502, false),
        };
        assert_eq!(response.status(), status, "{front}");
        assert_eq!(response.body().ends_with(b"\0one"), is_body, "{front}");
        assert_eq!(response.headers().contains_key("x-a"), front.name() == "rest-api", "{front}");
        assert_eq!(response.extensions().get::<StreamEnd>(), None);
        // `streaming` has no effect on other fronts.
        assert_eq!(front.clone().streaming().is_streaming(), ["rest-api", "function-url"].contains(&front.name()));
    }
}

/// Sends two requests through `front` to a function with the same reply to both. Returns the second response.
async fn send_twice(front: &Front, reply: Value) -> (RuntimeApi, Response<Bytes>) {
    let api = RuntimeApi::start().await.unwrap();
    tokio::spawn(run_function(api.address(), move |_| reply.clone()));
    api.send(front, &request()).await;
    let response = api.send(front, &request()).await;
    (api, response)
}

#[tokio::test]
async fn warns_once_of_a_buffered_reply_to_a_streaming_front() {
    let envelope = json!({"statusCode": 404, "body": "x"});
    for front in streaming_fronts() {
        let (api, response) = send_twice(&front, envelope.clone()).await;
        assert_eq!(api.warnings(), [Warning::BufferedReply { front: front.name() }], "{front}");
        assert_eq!(soon(api.warning(0)).await, api.warnings()[0]);
        let text = api.warnings()[0].to_string();
        assert!(text.contains("Front::streaming") && text.contains("LODGER_RESPONSE_MODE=stream "), "{text}");
        let (status, word) = if front.name() == "rest-api" { (500, "500") } else { (200, "200") };
        assert!(response.status() == status && text.contains(word), "{front}: {text}");
    }
    // A reply without a status is a body for a Function URL, with and without streaming.
    let (api, _) = send_twice(&Front::function_url().streaming(), json!({"temperature": 7})).await;
    assert_eq!(api.warnings(), []);
    for front in Front::all() {
        let (api, _) = send_twice(&front, envelope.clone()).await;
        assert_eq!(api.warnings(), [], "{front}");
    }
}

#[tokio::test]
async fn warns_once_of_a_streamed_reply_to_a_front_without_streaming() {
    for (front, can_stream) in [(Front::function_url(), true), (Front::rest_api(), true), (Front::http_api(), false)] {
        let api = RuntimeApi::start().await.unwrap();
        let mut function = RawFunction::connect(&api).await;
        for chunk in [PRELUDE, b"no prelude", PRELUDE] {
            let request = request();
            let replying = async {
                let id = function.poll().await;
                function.begin_stream(&id, HTTP).await;
                function.send_chunk(chunk).await;
                function.end_stream("").await
            };
            tokio::join!(api.send(&front, &request), replying);
        }
        assert_eq!(api.warnings(), [Warning::StreamedReply { front: front.name(), can_stream }], "{front}");
        let text = api.warnings()[0].to_string();
        assert_eq!(text.contains("Front::streaming"), can_stream, "{text}");
        assert!(text.contains("LODGER_RESPONSE_MODE=buffered"), "{text}");
        assert_eq!(api.protocol_errors(), [""; 0], "{front}");
    }
    // No warning if both stream.
    for front in streaming_fronts() {
        let api = RuntimeApi::start().await.unwrap();
        let (_response, mut function, _) = begin(&api, &front, HTTP, &[PRELUDE]).await;
        function.end_stream("").await;
        assert_eq!(api.warnings(), [], "{front}");
    }
}
