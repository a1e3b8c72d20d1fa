//! Work after the response on Managed Instances, which invoke a function several times at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use actix_web::web;
use futures_util::future::join_all;
use lodger::{AfterResponse, Lodger};
use lodger_tests::{
    event_log::EventLog,
    test_host::{Lambda, TestHost},
    wait::{QUIET, wait_until},
};
use tokio::time::sleep;

use super::{Gate, app, lambda::invoke};
use crate::clock;

#[tokio::test]
async fn work_blocks_its_own_slot_and_no_other() {
    let (log, gate) = (EventLog::default(), Gate::closed());
    let app = app(log.clone(), &gate);
    let lambda = TestHost::lambda().max_concurrency(2).on_own_thread().start(|lodger| lodger.run(app)).await;
    lambda.get("/several").await;
    log.wait_for("work of work").await;
    for _ in 0..20 {
        lambda.get("/").await;
    }
    // One poll of each slot, and 20 more of the free slot.
    lambda.wait_for_polls(22).await;
    assert_eq!(log.events()[1..], ["next"; 20]);
    sleep(QUIET).await;
    assert_eq!(lambda.poll_count(), 22, "the slot polls before its work is done");
    gate.open();
    log.wait_for("work 0").await;
    lambda.wait_for_polls(23).await;
    assert_eq!(lambda.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn work_is_cancelled_at_the_deadline_of_its_slot() {
    let log = EventLog::default();
    let app = app(log.clone(), &Gate::closed());
    let run = |lodger: Lodger| lodger.deadline_margin(Duration::ZERO).run(app);
    let lambda = TestHost::lambda().max_concurrency(2).start(run).await;
    invoke(&lambda, "/forever", 60).await;
    log.wait_for("begun").await;
    lambda.get("/").await;
    assert_eq!(log.events(), ["begun", "next"]);
    clock::advance(Duration::from_secs(60)).await;
    log.wait_for("cancelled").await;
    assert_eq!(lambda.protocol_errors(), [""; 0]);
}

/// Starts an actix-web app whose work counts in `done`, and sends 8 requests at once.
async fn counts_all_work(host: TestHost<Lambda>) {
    let done = Arc::new(AtomicUsize::new(0));
    let app = {
        let done = Arc::clone(&done);
        move || {
            let done = Arc::clone(&done);
            let handler = move |after: web::ReqData<AfterResponse>| {
                let done = Arc::clone(&done);
                after.run(async move {
                    sleep(Duration::from_millis(20)).await;
                    done.fetch_add(1, SeqCst);
                });
                std::future::ready("handed over")
            };
            actix_web::App::new().default_service(web::to(handler))
        }
    };
    let lambda = host.on_own_thread().start(|lodger| lodger.run(app)).await;
    let requests = (0..8).map(async |_| assert_eq!(lambda.get("/").await.body(), "handed over"));
    join_all(requests).await;
    wait_until("all work is done", || done.load(SeqCst) == 8).await;
    assert_eq!(lambda.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn work_of_an_actix_web_app_runs_on_lambda() {
    counts_all_work(TestHost::lambda()).await;
}

#[tokio::test]
async fn work_of_an_actix_web_app_runs_on_managed_instances() {
    counts_all_work(TestHost::lambda().max_concurrency(4)).await;
}
