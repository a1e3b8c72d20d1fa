//! Errors during a streamed reply.

use std::time::Duration;

use lodger_gateway::{Front, FunctionError, RuntimeApi, StreamEnd};
use serde_json::json;

use super::{HTTP, PRELUDE, TRAILER, begin, error_trailers, request, streaming_fronts};
use crate::support::{RawFunction, soon};

#[tokio::test]
async fn reads_the_error_in_the_trailers() {
    let message = r#"{"errorType":"Function.Panic","errorMessage":"oh"}"#;
    let failure = StreamEnd::Failed(FunctionError { error_type: "Function.Panic".into(), body: message.into() });
    for front in streaming_fronts() {
        let api = RuntimeApi::start().await.unwrap();
        let headers = format!("{HTTP}{TRAILER}");
        let (mut response, mut function, _) = begin(&api, &front, &headers, &[PRELUDE, b"one"]).await;
        assert!(function.end_stream(&error_trailers("Function.Panic", message)).await.starts_with("http/1.1 202"));
        assert_eq!(soon(response.chunk()).await.unwrap().bytes, "one");
        assert_eq!(response.end().await, failure, "{front}");

        // A collected response has the chunks before the error.
        let replying = async {
            let id = function.poll().await;
            function.begin_stream(&id, &headers).await;
            function.send_chunk(PRELUDE).await;
            function.send_chunk(b"one").await;
            function.end_stream(&error_trailers("Function.Panic", message)).await
        };
        let request = request();
        let (response, _) = tokio::join!(api.send(&front, &request), replying);
        assert_eq!((response.status().as_u16(), response.body().as_ref()), (201, &b"one"[..]));
        assert_eq!(response.extensions().get::<StreamEnd>(), Some(&failure));
        assert_eq!(api.protocol_errors(), [""; 0], "{front}");
    }
}

#[tokio::test]
async fn an_error_before_the_prelude_fails_the_invocation() {
    for (front, status) in streaming_fronts().into_iter().zip([502, 502]) {
        let api = RuntimeApi::start().await.unwrap();
        let mut function = RawFunction::connect(&api).await;
        let replying = async {
            let id = function.poll().await;
            function.begin_stream(&id, &format!("{HTTP}{TRAILER}")).await;
            function.send_chunk(&PRELUDE[..10]).await;
            function.end_stream(&error_trailers("Function.Panic", r#"{"errorType":"x","errorMessage":"oh"}"#)).await
        };
        let request = request();
        let (response, _) = tokio::join!(api.send(&front, &request), replying);
        assert_eq!((response.status().as_u16(), api.protocol_errors()), (status, vec![]), "{front}");
    }
}

#[tokio::test]
async fn checks_the_trailers() {
    let good = r#"{"errorType":"x","errorMessage":"oh"}"#;
    let good_type = "Lambda-Runtime-Function-Error-Type: Runtime.Unknown\r\n";
    for (headers, trailers, text) in [
        ("", error_trailers("Runtime.Unknown", good), "does not list"),
        (TRAILER, error_trailers("alloc::Error", good), "\"alloc::Error\" is not a valid error type"),
        (TRAILER, error_trailers("Runtime.X1", good), "\"Runtime.X1\" is not a valid error type"),
        (TRAILER, error_trailers("Runtime.Unknown", "oh"), "is not base64 of"),
        (TRAILER, error_trailers("Runtime.Unknown", r#"{"errorMessage":"oh"}"#), "is not base64 of"),
        (TRAILER, format!("{good_type}Lambda-Runtime-Function-Error-Body: {good}\r\n"), "is not base64 of"),
        (TRAILER, good_type.to_owned(), "is not base64 of"),
        ("trailer: x-checksum\r\n", "x-checksum: 1\r\n".to_owned(), "the unknown trailer x-checksum"),
    ] {
        let api = RuntimeApi::start().await.unwrap();
        let front = Front::function_url().streaming();
        let (mut response, mut function, _) = begin(&api, &front, &format!("{HTTP}{headers}"), &[PRELUDE]).await;
        assert!(function.end_stream(&trailers).await.starts_with("http/1.1 202"));
        assert_eq!(matches!(response.end().await, StreamEnd::Complete), text.contains("checksum"), "{text}");
        let errors = api.protocol_errors();
        let count = if headers.is_empty() { 2 } else { 1 };
        assert_eq!(errors.len(), count, "{errors:?}");
        assert!(errors.iter().all(|error| error.contains(text)), "{text}: {errors:?}");
    }
}

#[tokio::test]
async fn a_timeout_ends_a_stream() {
    let api = RuntimeApi::start().await.unwrap().timeout(Duration::from_millis(60_300));
    let front = Front::function_url().streaming();
    let (mut response, mut function, _) = begin(&api, &front, HTTP, &[PRELUDE, b"one", b"two", b"three"]).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(60_300)).await;
    tokio::time::resume();
    // Even if the client does not read the body.
    assert!(soon(function.response()).await.starts_with("http/1.1 410 "));
    let StreamEnd::Failed(error) = soon(response.end()).await else { panic!("{response:?}") };
    assert_eq!(error.to_string(), "Sandbox.Timedout: Task timed out after 60.30 seconds");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn accepts_an_error_during_a_stream_on_managed_instances() {
    let (url, body) = (Front::function_url().streaming(), json!({"errorType": "x", "errorMessage": "oh"}).to_string());
    let api = RuntimeApi::start().await.unwrap();
    let (_response, _function, id) = begin(&api, &url, HTTP, &[PRELUDE, b"one"]).await;
    // Other functions must not report an error during a stream.
    let mut other = RawFunction::connect(&api).await;
    assert!(other.report_error(&id, "Function.Panic", &body).await.starts_with("http/1.1 400 "));
    assert_eq!(api.protocol_errors().len(), 1, "{:?}", api.protocol_errors());

    let api = RuntimeApi::start().await.unwrap().max_concurrency(2);
    let headers = format!("{HTTP}lambda-runtime-invocation-id: 1\r\n");
    let (mut response, mut function, id) = begin(&api, &url, &headers, &[PRELUDE, b"one"]).await;
    let mut other = RawFunction::connect(&api).await;
    assert!(other.report_error(&id, "Function.Panic", &body).await.starts_with("http/1.1 202 "));
    assert_eq!(
        soon(response.end()).await.to_owned(),
        StreamEnd::Failed(FunctionError { error_type: "Function.Panic".into(), body: body.into() })
    );
    soon(function.wait_for_close()).await;
    assert_eq!(api.protocol_errors(), [""; 0]);
}
