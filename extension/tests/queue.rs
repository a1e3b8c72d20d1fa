//! The queue of records, and the time at which they are handled.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod support;

use std::time::Duration;

use lodger_extension::{
    Extension, InvokeEvent, ShutdownEvent,
    telemetry::{Record, Subscription},
};
use support::{
    Platform, SOON,
    running::{Running, SHUTDOWN_TIME, records},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

#[tokio::test]
async fn delays_the_response_while_the_queue_is_full() {
    let time = Duration::from_millis(300);
    let small = |extension: Extension| extension.subscription(Subscription::new().queue_bytes(10));
    let mut running = Running::start(time, small).await;
    let batch = records(&["function"]);
    let start = Instant::now();
    assert_eq!(running.platform.deliver(&batch).await, 200);
    assert!(start.elapsed() < time, "{:?}", start.elapsed());
    assert_eq!(running.platform.deliver(&batch).await, 200);
    assert!(start.elapsed() >= time, "{:?}", start.elapsed());
    assert_eq!(running.stats.delayed_batches(), 1);
    for _ in 0..2 {
        assert_eq!(running.batch().await, ["function"]);
    }
    running.end().await.unwrap();
}

#[tokio::test]
async fn polls_only_after_the_records_are_handled() {
    let time = Duration::from_millis(300);
    let set = |extension: Extension| extension.on_invoke(async |_: InvokeEvent| {});
    let mut running = Running::start(time, set).await;
    running.platform.deliver(&records(&["function"])).await;
    running.platform.invoke("r-1");
    running.platform.wait_for("/event/next", 2).await;
    // Handled before the poll.
    assert_eq!(running.batches.try_recv().unwrap(), ["function"]);
    running.end().await.unwrap();
}

#[tokio::test]
async fn a_slow_handler_delays_the_poll_no_longer_than_the_limit() {
    let limit = Duration::from_millis(100);
    let set = |extension: Extension| extension.on_invoke(async |_: InvokeEvent| {}).drain_timeout(limit);
    let running = Running::start(SOON * 2, set).await;
    running.platform.deliver(&records(&["function"])).await;
    running.platform.invoke("r-1");
    running.platform.wait_for("/event/next", 2).await;
    let (stats, start) = (running.stats.clone(), Instant::now());
    running.end().await.unwrap();
    assert!(start.elapsed() <= SHUTDOWN_TIME, "{:?}", start.elapsed());
    assert_eq!((stats.handled_records(), stats.dropped_records()), (0, 1));
}

#[tokio::test]
async fn handles_the_rest_of_the_records_before_the_shutdown() {
    let (sender, mut order) = mpsc::unbounded_channel();
    let shut_down = sender.clone();
    let platform = Platform::start().await;
    let extension = Extension::new()
        .name("e")
        .address(&platform.address)
        .on_telemetry(move |records: Vec<Record>| {
            let sender = sender.clone();
            async move {
                sleep(Duration::from_millis(200)).await;
                let _ = sender.send(records[0].kind().to_owned());
            }
        })
        .on_shutdown(move |event: ShutdownEvent| {
            let _ = shut_down.send(event.reason.to_string());
            async {}
        });
    let stats = extension.stats();
    let running = tokio::spawn(extension.run());
    platform.deliver(&records(&["first"])).await;
    platform.deliver(&records(&["second"])).await;
    platform.shut_down("SPINDOWN", SHUTDOWN_TIME);
    // Lambda sends the rest while the extension shuts down.
    sleep(Duration::from_millis(50)).await;
    platform.deliver(&records(&["late"])).await;
    timeout(SOON, running).await.unwrap().unwrap().unwrap();
    for kind in ["first", "second", "late", "SPINDOWN"] {
        assert_eq!(order.recv().await.unwrap(), kind);
    }
    assert_eq!(stats.dropped_records(), 0);
}
