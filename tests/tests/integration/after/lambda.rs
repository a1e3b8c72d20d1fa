//! Work after the response on Lambda: before the next poll, and before the deadline.

use std::time::Duration;

use axum::{Extension, Router, routing::get};
use lodger::{AfterResponse, ResponseMode};
use lodger_gateway::{Front, Invocation, RuntimeApi};
use lodger_tests::{
    client::ClientRequest,
    event_log::EventLog,
    test_host::TestHost,
    wait::{QUIET, SOON},
};
use tokio::time::{sleep, timeout};

use super::{Gate, app};
use crate::clock;

/// Invokes the function with a request to a Function URL, with so many seconds to the deadline.
pub async fn invoke(api: &RuntimeApi, target: &str, seconds: u64) {
    let event = Front::function_url().event(&ClientRequest::get(target).request()).unwrap();
    api.invoke(Invocation::new(event).timeout(Duration::from_secs(seconds))).await.unwrap().unwrap();
}

#[tokio::test]
async fn all_work_runs_concurrently_before_the_next_invocation() {
    let (log, gate) = (EventLog::default(), Gate::closed());
    let lambda = TestHost::lambda().start(|lodger| lodger.run(app(log.clone(), &gate))).await;
    assert_eq!(lambda.get("/several").await.body(), "handed over");
    let opens = async {
        sleep(QUIET).await;
        assert!(!log.events().contains(&"next".to_owned()), "the next invocation does not wait for the work");
        gate.open();
    };
    tokio::join!(opens, lambda.get("/"));
    // The panic of one piece of work affects no other. Work of work starts at once.
    assert_eq!(log.events(), ["work of work", "work 2", "work 1", "work 0", "next"]);
    assert_eq!((lambda.protocol_errors(), lambda.connection_count()), (vec![], 1));
}

#[tokio::test]
async fn work_can_wait_for_its_own_work() {
    let log = EventLog::default();
    let lambda = TestHost::lambda().start(|lodger| lodger.run(app(log.clone(), &Gate::closed()))).await;
    lambda.get("/waits").await;
    lambda.get("/").await;
    assert_eq!(log.events(), ["done", "next"]);
}

#[tokio::test]
async fn work_is_cancelled_at_the_margin_before_the_deadline() {
    let (log, margin) = (EventLog::default(), Duration::from_secs(60));
    let app = app(log.clone(), &Gate::closed());
    let lambda = TestHost::lambda().start(|lodger| lodger.deadline_margin(margin).run(app)).await;
    invoke(&lambda, "/forever", 150).await;
    log.wait_for("begun").await;
    // The work has 90 s. After 60 s, 30 s are left for a busy machine.
    clock::advance(Duration::from_secs(60)).await;
    sleep(QUIET).await;
    assert_eq!(log.events(), ["begun"], "cancelled too early");
    clock::advance(Duration::from_secs(30)).await;
    log.wait_for("cancelled").await;
    lambda.get("/").await;
    assert_eq!(log.events(), ["begun", "cancelled", "next"]);
    assert_eq!(lambda.protocol_errors(), [""; 0]);
}

/// Runs work that runs more work, and so on.
fn run_forever(after: &AfterResponse) {
    let next = after.clone();
    after.run(async move { run_forever(&next) });
}

#[tokio::test]
async fn endless_work_lets_other_work_run_and_ends_at_the_deadline() {
    let log = EventLog::default();
    let log_of_app = log.clone();
    let forever = async move |Extension(after): Extension<AfterResponse>| {
        let log = log_of_app.clone();
        run_forever(&after);
        // Ends only if the runtime can run its timers.
        after.run(async move {
            sleep(Duration::from_millis(1)).await;
            log.push("work");
        });
        "handed over"
    };
    let app = Router::new().route("/forever", get(forever)).fallback(async || "next");
    let lambda = TestHost::lambda().start(|lodger| lodger.run(app)).await;
    invoke(&lambda, "/forever", 60).await;
    log.wait_for("work").await;
    sleep(QUIET).await;
    assert_eq!(lambda.poll_count(), 1, "the work ended before the deadline");
    clock::advance(Duration::from_secs(60)).await;
    assert_eq!(timeout(SOON, lambda.get("/")).await.expect("the work does not end").body(), "next");
    assert_eq!((log.events(), lambda.protocol_errors()), (vec!["work".to_owned()], vec![]));
}

#[tokio::test]
async fn work_starts_after_the_end_of_a_stream() {
    let log = EventLog::default();
    let app = app(log.clone(), &Gate::closed());
    let lambda = TestHost::lambda().start(|lodger| lodger.response_mode(ResponseMode::Stream).run(app)).await;
    let front = Front::function_url().streaming();
    let response = lambda.send(&front, &ClientRequest::get("/streamed").request()).await;
    assert_eq!(response.body(), "frame frame frame ");
    lambda.get("/").await;
    assert_eq!(log.events(), ["frame 0", "frame 1", "frame 2", "work", "next"]);
}

#[tokio::test]
async fn work_that_is_added_after_the_next_poll_runs_after_the_next_response() {
    let (log, gate) = (EventLog::default(), Gate::closed());
    let lambda = TestHost::lambda().start(|lodger| lodger.run(app(log.clone(), &gate))).await;
    assert_eq!(lambda.get("/late").await.body(), "answered");
    lambda.wait_for_polls(2).await;
    gate.open();
    sleep(QUIET).await;
    assert_eq!(log.events(), [""; 0]);
    lambda.get("/").await;
    lambda.get("/").await;
    assert_eq!(log.events(), ["next", "late work", "next"]);
}
