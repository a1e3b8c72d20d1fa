//! Checks of the request with a streamed reply.

use lodger_gateway::{Front, Invocation, RuntimeApi, StreamEnd};
use tokio::io::AsyncWriteExt as _;

use super::{HTTP, PRELUDE, begin, request};
use crate::support::RawFunction;

#[tokio::test]
async fn checks_the_head_of_a_streamed_reply() {
    let front = Front::function_url().streaming();
    for (headers, text) in [
        // hyper removes the `content-length` of this one.
        ("content-length: 80\r\ntransfer-encoding: chunked\r\n", "has a content-length"),
        ("transfer-encoding: chunked\r\ncontent-length: 80\r\n", "has a content-length"),
    ] {
        let api = RuntimeApi::start().await.unwrap();
        let mut function = RawFunction::connect(&api).await;
        let replying = async {
            let id = function.poll().await;
            function
                .begin_reply(&id, &format!("{HTTP}lambda-runtime-function-response-mode: streaming\r\n{headers}"))
                .await;
            function.send_chunk(PRELUDE).await;
            function.end_stream("").await
        };
        let request = request();
        let (response, _) = tokio::join!(api.send(&front, &request), replying);
        assert_eq!(response.status(), 201);
        assert!(
            api.protocol_errors().len() == 1 && api.protocol_errors()[0].contains(text),
            "{:?}",
            api.protocol_errors()
        );
    }

    let api = RuntimeApi::start().await.unwrap();
    let mut function = RawFunction::connect(&api).await;
    let replying = async {
        let id = function.poll().await;
        let length = PRELUDE.len();
        let mode = "lambda-runtime-function-response-mode: streaming\r\n";
        function.begin_reply(&id, &format!("{HTTP}{mode}content-length: {length}\r\n")).await;
        function.socket.write_all(PRELUDE).await.unwrap();
        function.response().await
    };
    let request = request();
    let (response, _) = tokio::join!(api.send(&front, &request), replying);
    assert_eq!((response.status().as_u16(), api.protocol_errors().len()), (201, 2), "{:?}", api.protocol_errors());
    assert!(api.protocol_errors()[1].contains("has no `transfer-encoding: chunked`"), "{:?}", api.protocol_errors());
}

#[tokio::test]
async fn rejects_an_unknown_response_mode() {
    for mode in ["buffered", "Streaming", "stream", ""] {
        let api = RuntimeApi::start().await.unwrap();
        let mut function = RawFunction::connect(&api).await;
        let replying = async {
            let id = function.poll().await;
            function
                .begin_reply(&id, &format!("lambda-runtime-function-response-mode: {mode}\r\ncontent-length: 2\r\n"))
                .await;
            function.socket.write_all(b"{}").await.unwrap();
            function.response().await
        };
        let (request, front) = (request(), Front::function_url());
        let (response, reply_response) = tokio::join!(api.send(&front, &request), replying);
        assert!(
            reply_response.starts_with("http/1.1 400 ") && reply_response.contains("invalidfunctionresponsemode"),
            "{reply_response}"
        );
        assert_eq!(response.status(), 502, "{mode}");
        assert_eq!(api.protocol_errors(), [format!("{mode:?} is not a valid response mode")]);
    }
}

#[tokio::test]
async fn rejects_a_second_reply() {
    let api = RuntimeApi::start().await.unwrap();
    let (mut response, mut function, id) = begin(&api, &Front::function_url().streaming(), HTTP, &[PRELUDE]).await;
    let mut other = RawFunction::connect(&api).await;
    other.begin_reply(&id, "content-length: 2\r\n").await;
    other.socket.write_all(b"{}").await.unwrap();
    assert!(other.response().await.starts_with("http/1.1 400 "));
    other.begin_stream(&id, HTTP).await;
    assert!(other.response().await.starts_with("http/1.1 400 "));
    assert_eq!(api.protocol_errors().len(), 2, "{:?}", api.protocol_errors());
    assert!(function.end_stream("").await.starts_with("http/1.1 202"));
    assert_eq!(response.end().await, StreamEnd::Complete);
}

#[tokio::test]
async fn checks_the_invocation_id_of_a_streamed_reply() {
    let api = RuntimeApi::start().await.unwrap();
    let mut function = RawFunction::connect(&api).await;
    for (header, errors) in [("lambda-runtime-invocation-id: 7\r\n", 0), ("", 1)] {
        let invocation = Invocation::new("{}").header("lambda-runtime-invocation-id".parse().unwrap(), 7.into());
        let replying = async {
            let id = function.poll().await;
            function.begin_stream(&id, header).await;
            function.end_stream("").await
        };
        let (_, _) = tokio::join!(api.invoke(invocation), replying);
        assert_eq!(api.protocol_errors().len(), errors, "{:?}", api.protocol_errors());
    }
}

#[tokio::test]
async fn rejects_a_streamed_reply_over_200_mb() {
    let api = RuntimeApi::start().await.unwrap();
    let (mut response, mut function, _) = begin(&api, &Front::function_url().streaming(), "", &[]).await;
    let sending = async {
        let chunk = vec![b'x'; 1 << 20];
        for _ in 0..200 {
            function.send_chunk(&chunk).await;
        }
        function.send_chunk(b"x").await;
        function.response().await
    };
    let (ended, reply_response) = tokio::join!(response.end(), sending);
    assert!(reply_response.starts_with("http/1.1 413 "), "{reply_response}");
    assert_eq!((ended, api.protocol_errors().len()), (StreamEnd::Truncated, 1));
}
