//! A Runtime API of Managed Instances, whose functions have more than one invocation at once.

#![allow(clippy::unwrap_used, reason = "what helps a test may panic as well")]

mod support;

use std::time::Duration;

use lodger_gateway::{Invocation, RuntimeApi};
use support::{Function, SOON, ask, handed_out, polls, value};
use tokio::io::AsyncWriteExt;

/// Answers an invocation with its id, and what comes back of its other id.
async fn answer(function: &mut Function, id: &str) -> String {
    let echo = value(&function.head, "lambda-runtime-invocation-id").unwrap_or_default().to_owned();
    function.post(id, &format!("lambda-runtime-invocation-id: {echo}\r\ncontent-length: {}\r\n", id.len())).await;
    function.socket.write_all(id.as_bytes()).await.unwrap();
    function.answer().await
}

const NEXT: &str = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn each_slot_has_an_invocation_and_they_end_in_any_order() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(2);
    let (mut one, mut two) = (Function::connect(&api).await, Function::connect(&api).await);
    for is_first in [true, false] {
        let answered = async {
            let (of_one, of_two) = tokio::join!(one.poll(), two.poll());
            assert_ne!(of_one, of_two);
            assert_ne!(
                value(&one.head, "lambda-runtime-invocation-id"),
                value(&two.head, "lambda-runtime-invocation-id")
            );
            for name in ["client-context", "cognito-identity"] {
                assert_eq!(value(&one.head, &format!("lambda-runtime-{name}")), Some(""), "{}", one.head);
            }
            let (early, late) = if is_first {
                ((&mut one, &of_one), (&mut two, &of_two))
            } else {
                ((&mut two, &of_two), (&mut one, &of_one))
            };
            assert!(answer(early.0, early.1).await.starts_with("http/1.1 202 "));
            assert!(answer(late.0, late.1).await.starts_with("http/1.1 202 "));
            // Each id once.
            assert!(answer(late.0, late.1).await.starts_with("http/1.1 400 "));
        };
        let (first, second, ()) = tokio::join!(api.invoke("1"), api.invoke("2"), answered);
        assert_ne!(first.unwrap(), second.unwrap());
    }
    assert_eq!(api.protocol_errors().len(), 2, "{:?}", api.protocol_errors());
}

#[tokio::test]
async fn a_poll_beyond_the_slots_is_refused() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(2);
    let addr = api.address().parse().unwrap();
    let mut one = Function::connect(&api).await;
    let id = handed_out(&api, "1", one.poll()).await;
    // One is open and one waits.
    let waits = tokio::spawn(async move { ask(addr, NEXT).await });
    polls(&api, 2).await;
    assert_eq!(api.protocol_errors(), [""; 0]);
    let (head, body) = ask(addr, NEXT).await;
    assert!(head.starts_with("http/1.1 500 ") && body.contains("InternalServerError"), "{head}{body}");
    assert_eq!(api.protocol_errors(), ["polled while all 2 slots were busy"]);
    // What is answered makes room, and so does who closes the connection.
    assert!(answer(&mut one, &id).await.starts_with("http/1.1 202 "));
    waits.abort();
    assert!(waits.await.unwrap_err().is_cancelled());
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut two = Function::connect(&api).await;
    let answered = async {
        let (of_one, of_two) = tokio::join!(one.poll(), two.poll());
        tokio::join!(answer(&mut one, &of_one), answer(&mut two, &of_two))
    };
    let (first, second, _) = tokio::join!(api.invoke("1"), api.invoke("2"), answered);
    assert!(matches!((first, second), (Ok(Ok(_)), Ok(Ok(_)))));
    assert_eq!(api.protocol_errors().len(), 1);
}

#[tokio::test]
async fn an_invocation_that_is_given_up_makes_room() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(1);
    let (mut late, mut next) = (Function::connect(&api).await, Function::connect(&api).await);
    let short = Invocation::new("1").timeout(Duration::from_millis(100));
    let (invoked, id) = tokio::join!(api.invoke(short), late.poll());
    assert!(invoked.is_err());
    let (invoked, _) = tokio::join!(api.invoke("2"), async {
        let id = next.poll().await;
        answer(&mut next, &id).await
    });
    assert!(invoked.is_ok());
    assert!(answer(&mut late, &id).await.starts_with("http/1.1 410 "));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_queued_at_once_goes_to_all_who_wait() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(16);
    for _ in 0..16 {
        let mut function = Function::connect(&api).await;
        tokio::spawn(async move {
            loop {
                let id = function.poll().await;
                answer(&mut function, &id).await;
            }
        });
    }
    let api = std::sync::Arc::new(api);
    let mut invoked = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let api = std::sync::Arc::clone(&api);
        invoked.spawn(async move { api.invoke("{}").await.unwrap() });
    }
    let all = tokio::time::timeout(SOON, invoked.join_all()).await.unwrap();
    assert_eq!(all.len(), 500);
    assert_eq!(api.protocol_errors(), [""; 0]);
}
