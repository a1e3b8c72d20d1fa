//! The shutdown: requests in flight, the grace period, a lost platform, and failures after the response.

use std::time::Duration;

use axum::{Extension, Router};
use http_body_util::BodyExt;
use lodger::AfterResponse;
use lodger_gateway::VercelMessage;
use lodger_tests::{
    client::{ClientRequest, try_send_bytes, wait_until_refused},
    probe,
    wait::{LONG_GRACE, SOON},
};
use tokio::time::{sleep, timeout};

use super::{end_counts, fetch_head, start, start_probes};

#[tokio::test]
async fn responds_to_requests_in_flight_before_run_returns() {
    for (framework, mut function) in [
        ("axum", start(|lodger| lodger.grace(LONG_GRACE).run(probe::app())).await),
        ("actix-web", start(|lodger| lodger.grace(LONG_GRACE).run(probe::actix_web::app)).await),
    ] {
        let name = format!("in-flight-in-{framework}");
        let (id, response) = fetch_head(&function, format!("/held/{name}")).await;
        let mut body = response.unwrap().into_body();
        body.frame().await.unwrap().unwrap();
        function.begin_shutdown();
        let rest = tokio::spawn(body.collect());
        sleep(Duration::from_millis(300)).await;
        assert!(function.is_running(), "{framework}");
        probe::let_go(&name);
        let result = function.result().await;
        assert!(result.is_ok(), "{framework}: {result:?}");
        assert_eq!(rest.await.unwrap().unwrap().to_bytes(), "ended", "{framework}");
        assert_eq!(end_counts(&function, &[id]).await, [1], "{framework}");
    }
}

#[tokio::test]
async fn reports_the_end_of_a_request_that_the_shutdown_cuts_off() {
    for (framework, mut function) in start_probes(|lodger| lodger.grace(Duration::from_millis(100))).await {
        let (id, response) = fetch_head(&function, format!("/endless/{framework}-cut-off/body")).await;
        let body = response.unwrap().into_body();
        function.begin_shutdown();
        assert!(function.result().await.is_ok(), "{framework}");
        let end = timeout(SOON, function.platform.wait_for_end(id)).await;
        assert!(end.is_ok(), "{framework}: the end has not been reported");
        assert!(body.collect().await.is_err(), "{framework}");
    }
}

#[tokio::test]
async fn shuts_down_after_the_requests_in_flight_if_the_platform_is_lost() {
    let mut function = start(|lodger| lodger.grace(LONG_GRACE).run(probe::app())).await;
    let addr = function.platform.address().await.unwrap();
    let (_, response) = fetch_head(&function, "/held/when-the-platform-is-lost").await;
    let body = response.unwrap().into_body();
    function.platform.close_socket();
    // The function notices the loss when it sends the next message: the end of this request, or a log line of another test in this
    // process. After a log line, the server refuses the request.
    let request = ClientRequest::get("/")
        .header("x-vercel-internal-invocation-id", "a")
        .header("x-vercel-internal-request-id", "7");
    let response = try_send_bytes(addr, &request.bytes()).await.unwrap_or_default();
    assert!(response.is_empty() || response.starts_with(b"HTTP/1.1 200 OK\r\n"), "{response:?}");
    wait_until_refused(addr).await;
    // Longer than the timeout for the ends of requests that were cut off.
    sleep(Duration::from_millis(400)).await;
    probe::let_go("when-the-platform-is-lost");
    assert!(String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).ends_with("ended"));
    let error = function.result().await.unwrap_err();
    assert_eq!(error.to_string(), "lost the connection to Vercel");
}

#[tokio::test]
async fn logs_panics_after_the_response_with_the_id_of_the_request() {
    async fn hook() {
        tokio::task::yield_now().await;
        panic!("asked to panic before the freeze")
    }
    let handler = async |Extension(after): Extension<AfterResponse>| {
        let again = after.clone();
        after.run(async move {
            again.run(async { panic!("asked to panic in the work of work") });
            tokio::task::yield_now().await;
            panic!("asked to panic after the response")
        });
    };
    let app = Router::new().fallback(handler);
    let function = start(|lodger| lodger.before_freeze(hook).run(app)).await;
    let (id, _) = function.fetch(&ClientRequest::get("/")).await;
    function.platform.wait_for_end(id).await;
    let lines = function.platform.messages().into_iter().filter_map(|message| match message {
        VercelMessage::Log { request_id, message, .. } => Some((request_id, message)),
        _ => None,
    });
    let mut lines: Vec<_> = lines.filter(|(_, line)| line.contains("asked to panic")).collect();
    assert!(lines.iter().all(|(request_id, _)| *request_id == id), "{lines:?}");
    let (_, last) = lines.pop().unwrap();
    assert_eq!(last, "a `before_freeze` hook panicked: asked to panic before the freeze");
    lines.sort();
    for ((_, line), place) in lines.iter().zip(["after the response", "in the work of work"]) {
        assert!(line.ends_with(&format!("the work after the response panicked: asked to panic {place}")), "{line:?}");
    }
    assert_eq!(lines.len(), 2);
}
