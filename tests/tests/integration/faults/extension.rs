//! The internal extension of `Lodger::sigterm`, and an Extensions API that misbehaves.

use std::time::{Duration, Instant};

use lodger_tests::{
    probe,
    raw_api::{ACCEPTED, RawRuntimeApi},
    test_host::{TestApp, TestHost},
};

use super::{KINDS, Kind, ON_CLOCK_OF_TEST, idle_slots, invocation, invokes_again};
use crate::clock;

/// Starts a function that registers an extension before its first poll.
async fn start(kind: Kind) -> TestApp<RawRuntimeApi> {
    let (host, slots) = (TestHost::raw_lambda(), kind.slots.try_into().unwrap());
    if kind.is_actix_web {
        let run = move |lodger: lodger::Lodger| lodger.max_concurrency(slots).sigterm(true).run(probe::actix_web::app);
        return host.on_own_thread().start(run).await;
    }
    host.start(|lodger| lodger.max_concurrency(slots).sigterm(true).run(probe::app())).await
}

/// Responses to a registration that do not contain an identifier of the extension.
const FAILED_REGISTRATIONS: [&str; 5] = [
    "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: \r\nContent-Length: 0\r\n\r\n",
    "nonsense\r\n\r\n",
    "",
];

#[tokio::test]
async fn invokes_without_the_extension_after_a_failed_registration() {
    for (kind, response) in KINDS.iter().flat_map(|&kind| FAILED_REGISTRATIONS.map(|response| (kind, response))) {
        let function = start(kind).await;
        let mut extension = function.accept().await;
        let request = extension.request().await;
        assert!(request.starts_with("POST /2020-01-01/extension/register HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nlambda-extension-name: lodger\r\n"), "{request}");
        assert!(request.ends_with("\r\n\r\n{\"events\":[]}"), "{request}");
        extension.write(response).await;
        drop(extension);
        let _idle = idle_slots(&function, kind).await;
        invokes_again(function.accept().await).await;
    }
}

#[tokio::test]
async fn invokes_without_the_extension_after_3_s_without_a_response() {
    for kind in ON_CLOCK_OF_TEST {
        let function = start(kind).await;
        let mut extension = function.accept().await;
        extension.request().await;
        clock::advance(Duration::from_secs(3)).await;
        let _idle = idle_slots(&function, kind).await;
        invokes_again(function.accept().await).await;
    }
}

#[tokio::test]
async fn polls_for_events_of_the_extension_again_after_each_reset() {
    for kind in KINDS {
        let function = start(kind).await;
        let mut extension = function.accept().await;
        extension.request().await;
        extension.write("HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: the-id\r\nContent-Length: 2\r\n\r\n{}").await;
        let _idle = idle_slots(&function, kind).await;
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
}
