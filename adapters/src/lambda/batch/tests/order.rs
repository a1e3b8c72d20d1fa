use tokio::spawn;

use super::{
    control::{Control, control},
    events::{dynamodb, fifo, kafka, kinesis, sqs},
    *,
};

/// Starts a batch whose records end under control of the test.
fn start(event: &Event, concurrency: usize) -> (Control, tokio::task::JoinHandle<BatchResponse>) {
    let (control, handler) = control();
    let batch = batch::<Raw>(event).concurrency(concurrency);
    (control, spawn(async move { batch.for_each(async |record| handler.handle(record).await).await }))
}

#[tokio::test]
async fn at_most_the_concurrency_is_in_flight() {
    let (mut control, response) = start(&sqs(&[("a", ""), ("b", ""), ("c", ""), ("d", "")]), 2);
    assert_eq!(control.begun().await, ["a", "b"]);
    control.end("b", Ok(()));
    assert_eq!(control.begun().await, ["c"]);
    control.end("c", Err("no"));
    assert_eq!(control.begun().await, ["d"]);
    control.end("a", Ok(()));
    assert!(control.begun().await.is_empty());
    control.end("d", Err("no"));
    assert_eq!(failed(&response.await.unwrap()), ["c", "d"]);
}

#[tokio::test]
async fn the_default_concurrency_is_ten_and_the_least_is_one() {
    let messages: Vec<_> = (0..30).map(|id| id.to_string()).collect();
    let messages: Vec<_> = messages.iter().map(|id| (id.as_str(), "")).collect();
    let (mut control, handler) = control();
    let default = batch::<Raw>(&sqs(&messages));
    let task = spawn(async move { default.for_each(async |record| handler.handle(record).await).await });
    assert_eq!(control.begun().await.len(), 10);
    task.abort();
    let (mut control, task) = start(&sqs(&messages), 0);
    assert_eq!(control.begun().await.len(), 1);
    task.abort();
}

#[tokio::test]
async fn a_message_group_is_in_order_and_stops_at_a_failure() {
    let (mut control, response) =
        start(&fifo(&[("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a"), ("b2", "b"), ("b3", "b")]), 10);
    assert_eq!(control.begun().await, ["a1", "b1"]);
    control.end("a1", Ok(()));
    assert_eq!(control.begun().await, ["a2"]);
    control.end("a2", Err("no"));
    assert!(control.begun().await.is_empty(), "a3 must wait for the next attempt of a2");
    control.end("b1", Ok(()));
    assert_eq!(control.begun().await, ["b2"]);
    control.end("b2", Ok(()));
    assert_eq!(control.begun().await, ["b3"]);
    control.end("b3", Ok(()));
    assert_eq!(failed(&response.await.unwrap()), ["a2", "a3"]);
}

#[tokio::test]
async fn message_groups_share_the_concurrency() {
    let (mut control, response) = start(&fifo(&[("a1", "a"), ("b1", "b"), ("a2", "a"), ("c1", "c")]), 2);
    assert_eq!(control.begun().await, ["a1", "b1"]);
    control.end("a1", Ok(()));
    assert_eq!(control.begun().await, ["a2"], "the earliest record that is ready begins");
    control.end("b1", Ok(()));
    assert_eq!(control.begun().await, ["c1"]);
    control.end("c1", Ok(()));
    control.end("a2", Ok(()));
    assert!(response.await.unwrap().is_success());
}

#[tokio::test]
async fn streams_are_in_order_within_their_keys() {
    let keys = [
        r#"{"a": {"S": "1"}, "b": {"N": "2"}}"#,
        r#"{"b":{"N":"2"},"a":{"S":"1"}}"#,
        r#"{"a": {"S": "1"}, "b": {"N": "3"}}"#,
    ];
    let with_kinesis = kinesis(&[("1", "x", ""), ("2", "x", ""), ("3", "y", "")]);
    let with_dynamodb = dynamodb(&[("1", keys[0]), ("2", keys[1]), ("3", keys[2])]);
    let with_kafka = kafka("aws:kafka", &[("t-0", 1, None), ("t-0", 2, None), ("t-1", 1, None)]);
    for (event, [first, second, other]) in [
        (with_kinesis, ["1", "2", "3"]),
        (with_dynamodb, ["1", "2", "3"]),
        (with_kafka, ["t-0 at offset 1", "t-0 at offset 2", "t-1 at offset 1"]),
    ] {
        let (mut control, response) = start(&event, 10);
        assert_eq!(control.begun().await, [first, other]);
        control.end(first, Ok(()));
        assert_eq!(control.begun().await, [second]);
        control.end(second, Ok(()));
        control.end(other, Ok(()));
        assert!(response.await.unwrap().is_success());

        // The checkpoint of Lambda is the first failure, so that no record before it may be left out.
        let (mut control, response) = start(&event, 10);
        assert_eq!(control.begun().await, [first, other]);
        control.end(other, Ok(()));
        control.end(first, Err("no"));
        assert_eq!(failed(&response.await.unwrap()), [first, second]);
    }
}

#[tokio::test]
async fn records_without_a_key_are_in_order() {
    let event = r#"{"Records": [
        {"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": "1"}},
        {"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": "2", "partitionKey": null}}
    ]}"#;
    let (mut control, task) = start(&Event::new(event), 10);
    // Without data, reading the first record fails.
    assert!(control.begun().await.is_empty());
    assert_eq!(failed(&task.await.unwrap()), ["1", "2"]);
}

#[tokio::test]
async fn message_groups_of_a_standard_queue_have_no_order() {
    let event = String::from_utf8(fifo(&[("a", "g"), ("b", "g")]).as_bytes().to_vec()).unwrap().replace(".fifo", "");
    let (mut control, task) = start(&Event::new(event), 10);
    assert_eq!(control.begun().await, ["a", "b"]);
    task.abort();
}

#[tokio::test]
async fn records_that_never_wait_let_other_tasks_run() {
    let messages: Vec<_> = (0..1000).map(|id| id.to_string()).collect();
    let messages: Vec<_> = messages.iter().map(|id| (id.as_str(), "")).collect();
    let batch = batch::<Raw>(&sqs(&messages)).concurrency(1);
    let batch = spawn(batch.for_each(async |_| Ok::<_, Error>(())));
    let other = spawn(async move { batch.is_finished() });
    assert!(!other.await.unwrap(), "the batch ended before another task ran");
}
