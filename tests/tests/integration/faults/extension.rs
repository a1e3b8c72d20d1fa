//! The internal extension of `Lodger::sigterm`, and an Extensions API that misbehaves.

use std::time::{Duration, Instant};

use axum::Router;
use lodger_tests::{
    raw_api::{ACCEPTED, RawRuntimeApi},
    test_host::{TestApp, TestHost},
};

use super::{invocation, invokes_again};
use crate::clock;

/// Starts a function that registers an extension before its first poll.
async fn start() -> TestApp<RawRuntimeApi> {
    let app = Router::new().fallback(async || "hello");
    TestHost::raw_lambda().start(|lodger| lodger.sigterm(true).run(app)).await
}

#[tokio::test]
async fn invokes_without_the_extension_after_a_failed_registration() {
    for response in [
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: \r\nContent-Length: 0\r\n\r\n",
        "nonsense\r\n\r\n",
        "",
    ] {
        let function = start().await;
        let mut extension = function.accept().await;
        let request = extension.request().await;
        assert!(request.starts_with("POST /2020-01-01/extension/register HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nlambda-extension-name: lodger\r\n"), "{request}");
        assert!(request.ends_with("\r\n\r\n{\"events\":[]}"), "{request}");
        extension.write(response).await;
        drop(extension);
        invokes_again(function.accept().await).await;
    }
}

#[tokio::test]
async fn invokes_without_the_extension_after_3_s_without_a_response() {
    let function = start().await;
    let mut extension = function.accept().await;
    extension.request().await;
    clock::advance(Duration::from_secs(3)).await;
    invokes_again(function.accept().await).await;
}

#[tokio::test]
async fn polls_for_events_of_the_extension_again_after_each_reset() {
    let function = start().await;
    let mut extension = function.accept().await;
    extension.request().await;
    extension.write("HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: the-id\r\nContent-Length: 2\r\n\r\n{}").await;
    let mut runtime = function.accept().await;
    runtime.poll().await;
    for _ in 0..2 {
        let request = extension.request().await;
        assert!(request.starts_with("GET /2020-01-01/extension/event/next HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nlambda-extension-identifier: the-id\r\n"), "{request}");
        // A freeze closes connections too.
        extension.reset();
        let start = Instant::now();
        extension = function.accept().await;
        assert!(start.elapsed() > Duration::from_millis(500), "without a pause: {:?}", start.elapsed());
    }
    runtime.write(invocation("one")).await;
    runtime.response("one").await;
    runtime.write(ACCEPTED).await;
    runtime.poll().await;
}
