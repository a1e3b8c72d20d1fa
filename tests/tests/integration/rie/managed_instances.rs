//! Managed Instances: several invocations at once in one process.

use std::{cell::RefCell, collections::HashSet};

use bytes::Bytes;
use futures_util::future::join_all;
use http::Response;
use lodger_gateway::Front;
use lodger_tests::{
    client::ClientRequest,
    wait::{wait_until, wait_until_async},
};

use super::{Emulator, Root, header_values, install::PROBE, json};

const SLOTS: usize = 5;

/// Starts an emulator of Managed Instances with the probe, which runs up to `slots` invocations at once.
async fn start(slots: usize, response_mode: &str) -> Option<(Emulator, Root)> {
    let root = Root::managed_instances(PROBE, &[])?;
    let slots = slots.to_string();
    let vars = [("AWS_LAMBDA_MAX_CONCURRENCY", &*slots), ("LODGER_RESPONSE_MODE", response_mode)];
    let emulator = root.emulator(&vars).await?;
    // This emulator listens before it has started the program.
    invoke(&emulator, &Front::function_url(), "/first").await;
    Some((emulator, root))
}

/// Invokes the function with a request to `front`. Returns the reply.
async fn invoke(emulator: &Emulator, front: &Front, target: &str) -> Response<Bytes> {
    emulator.invoke_concurrently(front.event(&ClientRequest::get(target).request()).unwrap()).await
}

/// Sends a request to `front`. Returns the response of the front.
async fn fetch(emulator: &Emulator, front: &Front, target: &str) -> Response<Bytes> {
    let reply = invoke(emulator, front, target).await;
    assert_eq!(reply.status(), 200, "{reply:?}");
    front.response(&Ok(reply.into_body()))
}

/// The names of the requests that the probe holds, in order.
async fn held_names(emulator: &Emulator, front: &Front) -> Vec<String> {
    let response = fetch(emulator, front, "/held").await;
    let mut names: Vec<String> = serde_json::from_slice(response.body()).unwrap();
    names.sort();
    names
}

/// Waits until the probe holds `count` requests.
async fn are_held(emulator: &Emulator, front: &Front, count: usize) {
    let event = format!("the probe holds {count} requests");
    wait_until_async(&event, async || held_names(emulator, front).await.len() == count).await;
}

/// The maximum number of invocations in flight at once, according to the output of an emulator.
fn max_in_flight(output: &str) -> usize {
    let mut in_flight = HashSet::new();
    let counts = output.lines().map(|line| {
        if let Some(start) = line.strip_prefix("START RequestId: ") {
            in_flight.insert(start.split_whitespace().next());
        } else if let Some(end) = line.strip_prefix("END RequestId: ") {
            in_flight.remove(&end.split_whitespace().next());
        }
        in_flight.len()
    });
    counts.max().unwrap_or_default()
}

#[tokio::test]
async fn each_slot_responds_while_all_other_slots_are_busy() {
    let Some((emulator, _root)) = start(SLOTS, "buffered").await else {
        return;
    };
    let front = &Front::function_url();
    let pids = emulator.function_pids();
    for round in 0..3 {
        let names: Vec<String> = (1..SLOTS).map(|number| format!("{round}-{number}")).collect();
        let targets: Vec<String> = names.iter().map(|name| format!("/held/{name}")).collect();
        let held = join_all(targets.iter().map(|target| fetch(&emulator, front, target)));
        let others = async {
            are_held(&emulator, front, SLOTS - 1).await;
            for number in 0..20 {
                if number % 5 == 4 {
                    assert_eq!(fetch(&emulator, front, "/panic").await.status(), 500);
                } else {
                    let target = format!("/who/{number}");
                    assert_eq!(json(&fetch(&emulator, front, &target).await)["uri"], target);
                }
            }
            assert_eq!(held_names(&emulator, front).await, names, "a request ended before the test let it go");
            for name in names.iter().rev() {
                fetch(&emulator, front, &format!("/let-go/{name}")).await;
            }
        };
        let (held, ()) = tokio::join!(held, others);
        assert!(held.iter().all(|response| response.body() == "begun ended"), "{held:?}");
    }
    assert_eq!((emulator.function_pids(), pids.len()), (pids.clone(), 1));
    let output = emulator.kill().await;
    assert_eq!(max_in_flight(&output), SLOTS);
    for error in ["InvalidStateTransition", "lodger: error: request"] {
        let lines: Vec<_> = output.lines().filter(|line| line.contains(error) && !line.contains("panicked")).collect();
        assert!(lines.is_empty(), "{lines:?}");
    }
}

#[tokio::test]
async fn streams_end_in_any_order_and_fail_in_their_trailers() {
    let Some((emulator, _root)) = start(SLOTS, "stream").await else {
        return;
    };
    let front = &Front::function_url().streaming();
    let pids = emulator.function_pids();
    // The streams end in the reverse order of their start. Each ends after the client has the response of the one before.
    let ended = RefCell::new(vec![]);
    let held = async |name: &'static str| {
        let reply = invoke(&emulator, front, &format!("/held/{name}")).await;
        ended.borrow_mut().push(name);
        reply
    };
    let others = async {
        are_held(&emulator, front, 3).await;
        let panics = invoke(&emulator, front, "/panic/body").await;
        assert_eq!(*ended.borrow(), [""; 0]);
        for (number, name) in ["last", "fails", "first"].into_iter().enumerate() {
            invoke(&emulator, front, &format!("/let-go/{name}")).await;
            wait_until("the stream ends", || ended.borrow().len() > number).await;
        }
        panics
    };
    let (first, fails, last, panics) = tokio::join!(held("first"), held("fails"), held("last"), others);
    assert_eq!(*ended.borrow(), ["last", "fails", "first"]);
    for reply in [first, last] {
        assert_eq!(header_values(&reply, "content-type"), ["application/vnd.awslambda.http-integration-response"]);
        assert_eq!(header_values(&reply, "lambda-runtime-function-response-mode"), ["streaming"]);
        assert_eq!(header_values(&reply, "error-type"), [""; 0]);
        assert_eq!(front.response(&Ok(reply.into_body())).body(), "begun ended");
    }
    // The errors come from the trailers, because the responses began with status 200.
    for (reply, error_type) in [(fails, "Function.StreamFailed"), (panics, "Function.Panicked")] {
        assert_eq!(header_values(&reply, "error-type"), [error_type]);
        assert_eq!(json(&reply)["errorType"], error_type);
    }
    assert!(fetch(&emulator, front, "/after").await.status().is_success());
    assert_eq!(emulator.function_pids(), pids);
    assert!(max_in_flight(&emulator.kill().await) >= 4);
}
