//! Work after the response on Vercel: before the end message of its request.

use std::time::Duration;

use axum::{Extension, Router};
use lodger::AfterResponse;
use lodger_tests::{
    client::ClientRequest,
    event_log::EventLog,
    test_host::TestHost,
    wait::{QUIET, SOON},
};
use tokio::time::timeout;

use super::{Gate, app};

#[tokio::test]
async fn a_request_ends_after_all_of_its_work() {
    let (log, gate) = (EventLog::default(), Gate::closed());
    let app = app(log.clone(), &gate);
    let vercel = TestHost::vercel().on_own_thread().start(|lodger| lodger.run(app)).await;
    let (id, response) = vercel.fetch(&ClientRequest::get("/several")).await;
    assert_eq!(response.body(), "handed over");
    assert!(timeout(QUIET, vercel.wait_for_end(id)).await.is_err());
    gate.open();
    timeout(SOON, vercel.wait_for_end(id)).await.expect("the request does not end");
    let mut done = log.events();
    done.sort();
    assert_eq!(done, ["work 0", "work 1", "work 2", "work of work"]);
    assert_eq!(vercel.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_request_ends_when_the_shutdown_cancels_its_work() {
    let log = EventLog::default();
    let app = app(log.clone(), &Gate::closed());
    let host = TestHost::vercel().on_own_thread();
    let mut vercel = host.start(|lodger| lodger.grace(Duration::from_millis(200)).run(app)).await;
    let (id, _) = vercel.fetch(&ClientRequest::get("/forever")).await;
    assert!(timeout(QUIET, vercel.wait_for_end(id)).await.is_err());
    vercel.begin_shutdown();
    timeout(SOON, vercel.wait_for_end(id)).await.expect("the request does not end");
    assert!(vercel.result().await.is_ok());
    log.wait_for("cancelled").await;
    assert_eq!(vercel.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_request_ends_after_the_work_of_its_work() {
    let (log, gate) = (EventLog::default(), Gate::closed());
    let (log_of_app, gate_of_app) = (log.clone(), gate.clone());
    let handler = async move |Extension(after): Extension<AfterResponse>| {
        let (nested, log, gate) = (after.clone(), log_of_app.clone(), gate_of_app.clone());
        after.run(async move {
            nested.run(async move {
                gate.pass().await;
                log.push("work of work");
            });
        });
        "handed over"
    };
    let host = TestHost::vercel().on_own_thread();
    let vercel = host.start(|lodger| lodger.run(Router::new().fallback(handler))).await;
    let (id, _) = vercel.fetch(&ClientRequest::get("/")).await;
    assert!(timeout(QUIET, vercel.wait_for_end(id)).await.is_err(), "the request ends before the work of work");
    gate.open();
    timeout(SOON, vercel.wait_for_end(id)).await.expect("the request does not end");
    assert_eq!(log.events(), ["work of work"]);
    assert_eq!(vercel.protocol_errors(), [""; 0]);
}
