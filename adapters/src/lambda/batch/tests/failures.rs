use std::future::Ready;

use super::{
    events::{fifo, sqs},
    *,
};

/// How a record ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Success,
    Error,
    Panic,
    Poison,
}

const ENDS: [End; 4] = [End::Success, End::Error, End::Panic, End::Poison];

#[derive(Clone, serde::Deserialize)]
struct Order {
    end: u8,
}

/// Every mix of four ways to end, for four records.
fn mixes() -> impl Iterator<Item = [End; 4]> {
    (0..256_usize).map(|mix| [0, 2, 4, 6].map(|shift| ENDS[mix >> shift & 3]))
}

async fn handle(record: Record<Order>) -> Result<(), &'static str> {
    tokio::task::yield_now().await;
    match record.payload.end {
        0 => Ok(()),
        1 => Err("failed"),
        _ => panic!("the handler panics in this test"),
    }
}

fn body(end: End) -> &'static str {
    match end {
        End::Success => r#"{"end":0}"#,
        End::Error => r#"{"end":1}"#,
        End::Panic => r#"{"end":2}"#,
        End::Poison => "{",
    }
}

#[tokio::test]
async fn exactly_the_failed_records_of_a_queue_are_reported() {
    for mix in mixes() {
        for concurrency in [1, 3] {
            let records = ["a", "b", "c", "d"].into_iter().zip(mix);
            let messages: Vec<_> = records.clone().map(|(id, end)| (id, body(end))).collect();
            let response = batch(&sqs(&messages)).concurrency(concurrency).for_each(handle).await;
            let expected: Vec<_> = records.filter(|(_, end)| *end != End::Success).map(|(id, _)| id).collect();
            assert_eq!(failed(&response), expected, "{mix:?}");
        }
    }
}

#[tokio::test]
async fn a_message_group_is_reported_from_its_first_failure() {
    for mix in mixes() {
        let event = fifo(&[("a1", "a"), ("b1", "b"), ("a2", "a"), ("b2", "b")]);
        let mut event: serde_json::Value = serde_json::from_slice(event.as_bytes()).unwrap();
        for (index, end) in mix.into_iter().enumerate() {
            event["Records"][index]["body"] = body(end).into();
        }
        let response = batch(&Event::new(event.to_string())).for_each(handle).await;
        let is_failed = |index: usize| mix[index] != End::Success || index >= 2 && mix[index - 2] != End::Success;
        let expected: Vec<_> =
            ["a1", "b1", "a2", "b2"].into_iter().enumerate().filter(|(index, _)| is_failed(*index)).collect();
        assert_eq!(failed(&response), expected.into_iter().map(|(_, id)| id).collect::<Vec<_>>(), "{mix:?}");
    }
}

#[tokio::test]
async fn a_panic_before_the_future_exists_fails_its_record_only() {
    let handler = |record: Record<Raw>| -> Ready<Result<(), &'static str>> {
        assert!(record.data() != b"1", "the handler panics in this test");
        std::future::ready(Ok(()))
    };
    let response = batch(&sqs(&[("a", "0"), ("b", "1"), ("c", "2")])).for_each(handler).await;
    assert_eq!(failed(&response), ["b"]);
}

#[tokio::test]
async fn a_panic_in_deserialize_fails_its_record_only() {
    struct Picky;

    impl<'de> serde::Deserialize<'de> for Picky {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            assert!(u8::deserialize(deserializer)? == 0, "the type panics in this test");
            Ok(Self)
        }
    }

    let response = batch(&sqs(&[("a", "0"), ("b", "1")])).for_each(async |_: Record<Picky>| Ok::<_, Error>(())).await;
    assert_eq!(failed(&response), ["b"]);
}

#[tokio::test]
async fn errors_of_any_type_are_accepted() {
    let one = || batch::<Raw>(&sqs(&[("a", "")]));
    for response in [
        one().for_each(async |_| Err::<(), _>("no")).await,
        one().for_each(async |_| Err::<(), _>(String::from("no"))).await,
        one().for_each(async |_| Err::<(), _>(Error::new("no"))).await,
        one().for_each(async |_| Err::<(), _>(std::io::Error::other("no"))).await,
        one().for_each(|_| std::future::ready(Err::<(), BoxError>("no".into()))).await,
    ] {
        assert_eq!(failed(&response), ["a"]);
    }
}
