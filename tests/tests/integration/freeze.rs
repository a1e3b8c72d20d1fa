//! `Lodger::before_freeze`: when its hooks run, for how long, and their failures.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{Extension, Router, routing::get};
use lodger::{AfterResponse, Lodger};
use lodger_tests::{
    client::{ClientRequest, send},
    event_log::EventLog,
    probe::span,
    test_host::TestHost,
    wait::{LONG_GRACE, QUIET, SOON, wait_until},
};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};

use crate::clock;

/// The number of closed request spans of one test.
type ClosedSpans = Arc<AtomicUsize>;

/// An app that logs each request and its work, and that logs nothing on `/bare`.
fn app(log: EventLog, closed: &ClosedSpans) -> Router {
    let (closed, closed_of_bare) = (Arc::clone(closed), Arc::clone(closed));
    let handler = async move |Extension(after): Extension<AfterResponse>| {
        span::count_when_closed(&closed);
        log.push("request");
        let log = log.clone();
        after.run(async move {
            sleep(Duration::from_millis(30)).await;
            log.push("work");
        });
        "answered"
    };
    let bare = async move || {
        span::count_when_closed(&closed_of_bare);
        "answered"
    };
    Router::new().fallback(handler).route("/bare", get(bare))
}

type HookFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A hook that waits for a permit. Logs its start with the number of closed spans, and its end.
fn hook(
    log: &EventLog,
    gate: &Arc<Semaphore>,
    closed: &ClosedSpans,
) -> impl Fn() -> HookFuture + Send + Sync + 'static {
    let (log, gate, closed) = (log.clone(), Arc::clone(gate), Arc::clone(closed));
    move || {
        let (log, gate) = (log.clone(), Arc::clone(&gate));
        log.push(format!("begun after {}", closed.load(SeqCst)));
        Box::pin(async move {
            gate.acquire().await.unwrap().forget();
            log.push("done");
        })
    }
}

#[tokio::test]
async fn the_hook_runs_on_lambda_between_the_response_and_the_next_poll() {
    span::subscribe();
    let (log, closed) = (EventLog::default(), ClosedSpans::default());
    let gate = Arc::new(Semaphore::new(0));
    let (hook, app) = (hook(&log, &gate, &closed), app(log.clone(), &closed));
    let lambda = TestHost::lambda().start(|lodger| lodger.before_freeze(hook).run(app)).await;
    assert_eq!(lambda.get("/").await.status(), 200);
    // The hook waits for the gate, and the next request waits for the hook.
    let opens = async {
        log.wait_for("begun after 1").await;
        sleep(QUIET).await;
        assert_eq!((log.events().len(), lambda.poll_count()), (3, 1), "{:?}", log.events());
        gate.add_permits(1);
    };
    let (response, ()) = tokio::join!(lambda.get("/"), opens);
    assert_eq!(response.status(), 200);
    gate.add_permits(1);
    wait_until("the second hook ends", || log.events().len() == 8).await;
    assert_eq!(log.events(), ["request", "work", "begun after 1", "done", "request", "work", "begun after 2", "done"]);
    assert_eq!(lambda.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn the_deadline_cancels_a_hook_and_a_panic_affects_no_other_hook() {
    span::subscribe();
    let (log, closed) = (EventLog::default(), ClosedSpans::default());
    let calls = AtomicUsize::new(0);
    let (endless, log_of_last, log_of_second) =
        (hook(&log, &Arc::new(Semaphore::new(0)), &closed), log.clone(), log.clone());
    let first = move || match calls.fetch_add(1, SeqCst) {
        0 => panic!("asked to panic before the future"),
        1 => Box::pin(async { panic!("asked to panic in the future") }),
        2 => endless(),
        _ => {
            log_of_last.push("once more");
            Box::pin(async {})
        }
    };
    let second = move || {
        let log = log_of_second.clone();
        async move { log.push("second") }
    };
    let app = app(EventLog::default(), &closed);
    let run = |lodger: Lodger| lodger.before_freeze(first).before_freeze(second).run(app);
    let lambda = TestHost::lambda().timeout(Duration::from_secs(60)).start(run).await;
    for number in 1..=4 {
        assert_eq!(lambda.get("/bare").await.status(), 200);
        if number == 3 {
            log.wait_for("begun after 3").await;
            clock::advance(Duration::from_secs(60)).await;
        }
    }
    // After the third invocation, neither the endless hook ends nor the second hook runs.
    let expected = ["second", "second", "begun after 3", "once more", "second"];
    wait_until("the fourth hooks end", || log.events().len() >= expected.len()).await;
    assert_eq!(log.events(), expected);
    assert_eq!(lambda.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn no_hook_runs_on_managed_instances_and_on_a_server() {
    let (log, closed) = (EventLog::default(), ClosedSpans::default());
    let gate = Arc::new(Semaphore::new(2));
    let (to_run, router) = (hook(&log, &gate, &closed), app(log.clone(), &closed));
    let host = TestHost::lambda().max_concurrency(2).on_own_thread();
    let lambda = host.start(|lodger| lodger.before_freeze(to_run).run(router)).await;
    assert_eq!(lambda.get("/").await.status(), 200);
    // The third poll follows the work of the request, and would follow a hook.
    lambda.wait_for_polls(3).await;
    let (to_run, router) = (hook(&log, &gate, &closed), app(log.clone(), &closed));
    let mut server = TestHost::server().start(|lodger| lodger.before_freeze(to_run).run(router)).await;
    assert_eq!(send(server.addr(), &ClientRequest::get("/")).await.status(), 200);
    server.begin_shutdown();
    server.result().await.unwrap();
    assert_eq!(
        log.events().iter().filter(|event| *event != "request" && *event != "work").count(),
        0,
        "{:?}",
        log.events()
    );
}

#[cfg(unix)]
#[tokio::test]
async fn the_hook_runs_on_vercel_before_the_end_of_each_request() {
    span::subscribe();
    let (log, closed) = (EventLog::default(), ClosedSpans::default());
    let gate = Arc::new(Semaphore::new(0));
    let (hook, app) = (hook(&log, &gate, &closed), app(log.clone(), &closed));
    let host = TestHost::vercel().on_own_thread();
    // Longer than the limit of any wait of this test.
    let mut vercel = host.start(|lodger| lodger.grace(LONG_GRACE).before_freeze(hook).run(app)).await;
    for (number, target) in ["/", "/bare"].into_iter().enumerate() {
        // The client has its response while the hook waits.
        let (id, _) = vercel.fetch(&ClientRequest::get(target)).await;
        assert!(timeout(QUIET, vercel.wait_for_end(id)).await.is_err(), "the request ends before the hook");
        gate.add_permits(1);
        timeout(SOON, vercel.wait_for_end(id)).await.expect("the request does not end");
        assert_eq!(log.events().iter().filter(|event| *event == "done").count(), number + 1, "{:?}", log.events());
    }
    assert_eq!(log.events(), ["request", "work", "begun after 1", "done", "begun after 2", "done"]);
    // The shutdown waits for a hook that runs.
    let (id, _) = vercel.fetch(&ClientRequest::get("/bare")).await;
    log.wait_for("begun after 3").await;
    vercel.begin_shutdown();
    sleep(QUIET).await;
    assert!(vercel.is_running(), "`run` returns before the hook");
    gate.add_permits(1);
    vercel.result().await.unwrap();
    timeout(SOON, vercel.wait_for_end(id)).await.expect("the request does not end");
    assert_eq!(log.events()[6..], ["begun after 3", "done"]);
    assert_eq!(vercel.protocol_errors(), [""; 0]);
}
