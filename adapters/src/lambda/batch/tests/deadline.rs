use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::sleep;

use super::{
    events::{fifo, sqs},
    *,
};

/// The context of an invocation with this much time left.
fn context(left: Duration) -> Context {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + left;
    Context::from_headers([("lambda-runtime-deadline-ms", deadline.as_millis().to_string().as_str())])
}

/// Processes records that never end, and returns the time that this takes.
async fn time_of_endless_batch(left: Duration, margin: Option<Duration>) -> Duration {
    let event = sqs(&[("a", ""), ("b", "")]);
    let start = Instant::now();
    let mut batch = Batch::<Raw>::from_event(&event, &context(left)).unwrap();
    if let Some(margin) = margin {
        batch = batch.deadline_margin(margin);
    }
    let response = batch.for_each(async |_| std::future::pending::<Result<(), Error>>().await).await;
    assert_eq!(failed(&response), ["a", "b"]);
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn ends_before_lodger_cancels_the_handler() {
    for (left, margin, expected) in [
        // One second before the deadline, half a second before Lodger's.
        (10_000, None, 9000),
        (2000, None, 1000),
        // At most three quarters of the time: Lodger's margin is at most half.
        (1000, None, 250),
        (400, None, 100),
        (10_000, Some(3000), 7000),
        (10_000, Some(60_000), 2500),
        (10_000, Some(0), 10_000),
    ] {
        let time = time_of_endless_batch(Duration::from_millis(left), margin.map(Duration::from_millis)).await;
        let difference = time.abs_diff(Duration::from_millis(expected));
        assert!(difference < Duration::from_millis(50), "{left} ms left, {margin:?}: ended after {time:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn records_that_are_done_at_the_deadline_stay_done() {
    let event = sqs(&[("a", "1"), ("b", "60"), ("c", "2"), ("d", "3"), ("e", "3")]);
    let batch = Batch::<u64>::from_event(&event, &context(Duration::from_secs(5))).unwrap().concurrency(2);
    let response = batch
        .for_each(async |record| {
            sleep(Duration::from_secs(record.payload)).await;
            Ok::<_, Error>(())
        })
        .await;
    // After 4 seconds: `a` and `c` are done, `b` and `d` in flight.
    assert_eq!(failed(&response), ["b", "d", "e"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_group_is_reported_from_the_record_in_flight() {
    let event = fifo(&[("1", "a"), ("9", "a"), ("2", "a"), ("1b", "b")]);
    let batch = Batch::<String>::from_event(&event, &context(Duration::from_secs(5))).unwrap();
    let response = batch
        .for_each(async |record| {
            sleep(Duration::from_secs(record.payload.trim_end_matches('b').parse()?)).await;
            Ok::<_, std::num::ParseIntError>(())
        })
        .await;
    assert_eq!(failed(&response), ["9", "2"]);
}

#[tokio::test]
async fn records_that_never_wait_end_at_the_deadline_too() {
    let messages: Vec<_> = (0..10).map(|id| id.to_string()).collect();
    let messages: Vec<_> = messages.iter().map(|id| (id.as_str(), "")).collect();
    let batch = Batch::<Raw>::from_event(&sqs(&messages), &context(Duration::from_secs(2))).unwrap();
    // Ends after half a second.
    let batch = batch.concurrency(1).deadline_margin(Duration::from_millis(1500));
    let response = batch
        .for_each(async |_| {
            // The clock cannot be paused, because moving it would wake the timer.
            std::thread::sleep(Duration::from_millis(100));
            Ok::<_, Error>(())
        })
        .await;
    let failed = failed(&response);
    assert!(failed.contains(&"9".to_owned()) && !failed.contains(&"0".to_owned()), "{failed:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_deadline_records_may_take_any_time() {
    let response = batch::<Raw>(&sqs(&[("a", "")]))
        .for_each(async |_| {
            sleep(Duration::from_secs(90 * 60)).await;
            Ok::<_, Error>(())
        })
        .await;
    assert!(response.is_success());
}

#[tokio::test(start_paused = true)]
async fn ignores_a_deadline_in_the_far_future() {
    let context = Context::from_headers([("lambda-runtime-deadline-ms", "18446744073709551615")]);
    let batch = Batch::<Raw>::from_event(&sqs(&[("a", "")]), &context).unwrap();
    assert!(batch.for_each(async |_| Ok::<_, Error>(())).await.is_success());
}

#[tokio::test(start_paused = true)]
async fn dropping_a_cancelled_record_may_panic() {
    struct PanicsOnDrop;

    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            panic!("the destructor panics in this test");
        }
    }

    let batch = Batch::<Raw>::from_event(&sqs(&[("a", ""), ("b", "")]), &context(Duration::from_secs(5))).unwrap();
    let response = batch
        .for_each(async |_| {
            let _held = PanicsOnDrop;
            std::future::pending::<Result<(), Error>>().await
        })
        .await;
    assert_eq!(failed(&response), ["a", "b"]);
}
