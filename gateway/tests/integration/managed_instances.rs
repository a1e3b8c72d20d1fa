//! Functions with several invocations at once.

use std::{sync::Arc, time::Duration};

use lodger_gateway::{Invocation, RuntimeApi};
use tokio::{io::AsyncWriteExt as _, task::JoinSet};

use crate::support::{NEXT, RawFunction, fetch, header, invoke_until, soon};

/// Sends a reply that is the request id, with the invocation id of the last invocation.
async fn reply(function: &mut RawFunction, id: &str) -> String {
    let invocation_id = header(&function.head, "lambda-runtime-invocation-id").unwrap_or_default().to_owned();
    function
        .begin_reply(id, &format!("lambda-runtime-invocation-id: {invocation_id}\r\ncontent-length: {}\r\n", id.len()))
        .await;
    function.socket.write_all(id.as_bytes()).await.unwrap();
    function.response().await
}

#[tokio::test]
async fn invocations_of_two_slots_end_in_any_order() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(2);
    let (mut one, mut two) = (RawFunction::connect(&api).await, RawFunction::connect(&api).await);
    for is_first in [true, false] {
        let replying = async {
            let (first_id, second_id) = tokio::join!(one.poll(), two.poll());
            assert_ne!(first_id, second_id);
            assert_ne!(
                header(&one.head, "lambda-runtime-invocation-id"),
                header(&two.head, "lambda-runtime-invocation-id")
            );
            for name in ["client-context", "cognito-identity"] {
                assert_eq!(header(&one.head, &format!("lambda-runtime-{name}")), Some(""), "{}", one.head);
            }
            let (early, late) = if is_first {
                ((&mut one, &first_id), (&mut two, &second_id))
            } else {
                ((&mut two, &second_id), (&mut one, &first_id))
            };
            assert!(reply(early.0, early.1).await.starts_with("http/1.1 202 "));
            assert!(reply(late.0, late.1).await.starts_with("http/1.1 202 "));
            // A second reply to the same invocation.
            assert!(reply(late.0, late.1).await.starts_with("http/1.1 400 "));
        };
        let (first, second, ()) = tokio::join!(api.invoke("1"), api.invoke("2"), replying);
        assert_ne!(first.unwrap(), second.unwrap());
    }
    assert_eq!(api.protocol_errors().len(), 2, "{:?}", api.protocol_errors());
}

#[tokio::test]
async fn rejects_a_poll_without_a_free_slot() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(2);
    let addr = api.address().parse().unwrap();
    let mut one = RawFunction::connect(&api).await;
    let id = invoke_until(&api, "1", one.poll()).await;
    // One slot has an invocation, and the other has a poll.
    let poll = tokio::spawn(async move { fetch(addr, NEXT).await });
    soon(api.wait_for_polls(2)).await;
    assert_eq!(api.protocol_errors(), [""; 0]);
    let (head, body) = fetch(addr, NEXT).await;
    assert!(head.starts_with("http/1.1 500 ") && body.contains("InternalServerError"), "{head}{body}");
    assert_eq!(api.protocol_errors(), ["polled while all 2 slots were busy"]);
    // A reply frees its slot, and so does a closed connection.
    assert!(reply(&mut one, &id).await.starts_with("http/1.1 202 "));
    poll.abort();
    assert!(poll.await.unwrap_err().is_cancelled());
    soon(async {
        while api.waiting_poll_count() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut two = RawFunction::connect(&api).await;
    let replying = async {
        let (first_id, second_id) = tokio::join!(one.poll(), two.poll());
        tokio::join!(reply(&mut one, &first_id), reply(&mut two, &second_id))
    };
    let (first, second, _) = tokio::join!(api.invoke("1"), api.invoke("2"), replying);
    assert!(matches!((first, second), (Ok(Ok(_)), Ok(Ok(_)))));
    assert_eq!(api.protocol_errors().len(), 1);
}

#[tokio::test]
async fn a_timeout_frees_the_slot() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(1);
    let (mut late, mut next) = (RawFunction::connect(&api).await, RawFunction::connect(&api).await);
    let short = Invocation::new("1").timeout(Duration::from_millis(100));
    let (result, id) = tokio::join!(api.invoke(short), late.poll());
    assert!(result.is_err());
    let (result, _) = tokio::join!(api.invoke("2"), async {
        let id = next.poll().await;
        reply(&mut next, &id).await
    });
    assert!(result.is_ok());
    assert!(reply(&mut late, &id).await.starts_with("http/1.1 410 "));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivers_queued_invocations_to_all_waiting_polls() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(16);
    for _ in 0..16 {
        let mut function = RawFunction::connect(&api).await;
        tokio::spawn(async move {
            loop {
                let id = function.poll().await;
                reply(&mut function, &id).await;
            }
        });
    }
    let api = Arc::new(api);
    let mut invocations = JoinSet::new();
    for _ in 0..500 {
        let api = Arc::clone(&api);
        invocations.spawn(async move { api.invoke("{}").await.unwrap() });
    }
    let all = soon(invocations.join_all()).await;
    assert_eq!(all.len(), 500);
    assert_eq!(api.protocol_errors(), [""; 0]);
}
