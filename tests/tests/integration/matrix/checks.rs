//! Checks of buffered responses, of the context and of tasks after the response.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use http::Response;
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::{
    client::{ClientRequest, send},
    framework::{Framework, INVALID_INPUTS},
    losses::changes,
    probe::{self, done_in, has_done, span},
    wait::{QUIET, SOON, wait_until},
};
use serde_json::{Value, json};
use tokio::time::timeout;

/// Checks the statuses of requests that extractors reject. Only the framework decides about them, not the host.
pub(super) async fn check_invalid_input<F: Framework>(send: impl AsyncFn(ClientRequest) -> Response<Bytes>) {
    let Some(expected) = F::INVALID_INPUT_STATUSES else { return };
    let mut statuses = vec![];
    for (method, target, content_type, body) in INVALID_INPUTS {
        let mut sent = ClientRequest::get(target).method(method).body(body);
        if !content_type.is_empty() {
            sent = sent.header("content-type", content_type);
        }
        statuses.push(send(sent).await.status().as_u16());
    }
    assert_eq!(statuses, expected, "{INVALID_INPUTS:?}");
}

/// Checks whether a response to HEAD without a body has a length. Only the framework decides about that, not the host.
pub(super) async fn check_length_of_empty_response<F: Framework>(send: impl AsyncFn(ClientRequest) -> Response<Bytes>) {
    let response = send(ClientRequest::get("/reply/empty").method("HEAD")).await;
    let length =
        ["content-length", "x-amzn-remapped-content-length"].iter().find_map(|name| response.headers().get(*name));
    assert_eq!(length.is_some_and(|length| length == "0"), F::SENDS_EMPTY_LENGTH, "{response:?}");
}

/// Returns the body of a response as JSON.
pub(super) fn json_body(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

/// Checks that the app gets the context of Lambda, that a stream arrives complete, and that a panic becomes a 500.
pub(super) async fn check_context_and_panics(front: &Front, api: &RuntimeApi) {
    span::subscribe();
    let context = json_body(&api.send(front, &ClientRequest::get("/told").request()).await);
    assert!(context["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{context}");
    let changes = changes(front);
    assert_eq!(
        (&context["span"]["front"], &context["span"]["request_id"]),
        (&json!(changes.log_name), &context["request_id"]),
        "{context}"
    );
    assert_eq!(context["prefix"], json!(changes.path_prefix), "{context}");

    let response = api.send(front, &ClientRequest::get("/slow/10").request()).await;
    assert_eq!(&response.body()[..], b"begun ended");
    for target in ["/panic", "/panic/body"] {
        assert_eq!(api.send(front, &ClientRequest::get(target).request()).await.status(), 500, "{target}");
    }
    assert_eq!(api.send(front, &ClientRequest::get("/").request()).await.status(), 200);
    assert_eq!(api.protocol_errors(), [""; 0]);
}

/// Returns a request that adds a task after the response, and the unique name of the task.
pub(super) fn after_response_request() -> (String, ClientRequest) {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let task = format!("work-{}", NUMBER.fetch_add(1, Relaxed));
    let sent = ClientRequest::get(format!("/after/{task}/held"));
    (task, sent)
}

/// Checks that a task runs after the response.
pub(super) async fn check_after_response(addr: SocketAddr) {
    let (task, sent) = after_response_request();
    let response = send(addr, &sent).await;
    assert_eq!((&response.body()[..], has_done(&task)), (&b"handed over"[..], false));
    probe::let_go(&task);
    wait_until(&format!("{task} is done"), || has_done(&task)).await;
}

/// Checks that a task runs after the response and before the next invocation.
pub(super) async fn check_after_response_on_lambda(front: &Front, api: &RuntimeApi) {
    let (task, sent) = after_response_request();
    let response = api.send(front, &sent.request()).await;
    assert_eq!((&response.body()[..], has_done(&task)), (&b"handed over"[..], false));
    let request = ClientRequest::get("/").request();
    let mut next = std::pin::pin!(api.send(front, &request));
    assert!(timeout(QUIET, next.as_mut()).await.is_err(), "the function polled before the end of the task");
    probe::let_go(&task);
    assert_eq!(next.await.status(), 200);
    assert!(done_in(&task).unwrap()["request_id"].is_string());
}

/// Checks that each of 64 invocations gets its own response, with eight of them at once. Seven of the first eight end after all
/// others.
pub(super) async fn check_concurrent_invocations(api: &RuntimeApi, by: &str) {
    const HELD: u16 = 7;
    let front = Front::function_url();
    let front = &front;
    let responses = (0..64).map(async |number| {
        let (target, status, text) = match number % 4 {
            _ if number < HELD => (format!("/held/{by}-{number}"), 200, "begun ended".to_owned()),
            0 => (format!("/slow/{}", 100 - number), 200, "begun ended".to_owned()),
            1 => ("/panic".to_owned(), 500, "internal server error".to_owned()),
            2 => (format!("/who/{number}"), 200, format!("/who/{number}\"")),
            _ => (format!("/status/{}", 400 + number), 400 + number, String::new()),
        };
        let response = api.send(front, &ClientRequest::get(target.clone()).request()).await;
        assert_eq!(response.status().as_u16(), status, "{target}");
        let body = String::from_utf8_lossy(response.body());
        assert!(body.contains(&text), "{target}: {body}");
        number
    });
    let mut responses: FuturesUnordered<_> = responses.collect();
    let mut order = vec![];
    while let Some(number) = timeout(SOON, responses.next()).await.expect("the invocations do not run concurrently") {
        order.push(number);
        if order.len() == 64 - usize::from(HELD) {
            (0..HELD).for_each(|number| probe::let_go(&format!("{by}-{number}")));
        }
    }
    assert!(order[64 - usize::from(HELD)..].iter().all(|number| *number < HELD), "{order:?}");
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 8));
}
