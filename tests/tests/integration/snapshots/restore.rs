//! The restore: a shutdown instead of a restore, the extension, and deadlines.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use lodger_gateway::Front;
use lodger_tests::{
    client::ClientRequest,
    raw_api::{self, ACCEPTED, RawRuntimeApi, Socket},
    test_host::TestHost,
};
use tokio::time::sleep;

use super::{Calls, HOOKS, RESTORED, accept_restore_request, check_no_connection, hello, invocation, start_raw};
use crate::clock;

#[tokio::test]
async fn shuts_down_while_it_waits_for_the_restore() {
    for slots in [1, 2] {
        let calls = Calls::default();
        let mut api = TestHost::raw_lambda()
            .with_shutdown()
            .start(|lodger| {
                let lodger = lodger.max_concurrency(slots.try_into().unwrap());
                calls.add_hooks(lodger.snap_start(true)).run(hello())
            })
            .await;
        let mut socket = accept_restore_request(&api).await;
        api.begin_shutdown();
        api.result().await.unwrap();
        assert_eq!((socket.read().await, calls.all()), (None, HOOKS[..2].to_vec()));
        check_no_connection(&api.listener).await;
    }
}

/// Accepts the registration of Lodger's extension. Returns its connection, once the extension polls.
async fn accept_extension(api: &RawRuntimeApi) -> Socket {
    let mut socket = api.accept().await;
    let request = socket.request().await;
    assert!(request.starts_with("POST /2020-01-01/extension/register HTTP/1.1\r\n"), "{request}");
    socket.write("HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: the-id\r\nContent-Length: 2\r\n\r\n{}").await;
    check_extension_poll(&socket.request().await);
    socket
}

fn check_extension_poll(request: &str) {
    assert!(request.starts_with("GET /2020-01-01/extension/event/next HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nlambda-extension-identifier: the-id\r\n"), "{request}");
}

#[tokio::test]
async fn opens_new_connections_of_the_runtime_and_of_the_extension() {
    let app = hello();
    let api = start_raw(|lodger| lodger.sigterm(true).run(app)).await;
    let mut extension_before = accept_extension(&api).await;
    let mut runtime_before = accept_restore_request(&api).await;
    runtime_before.write(RESTORED).await;
    assert_eq!((extension_before.read().await, runtime_before.read().await), (None, None));
    let mut sockets = [api.accept().await, api.accept().await];
    let mut requests = vec![];
    for socket in &mut sockets {
        requests.push(socket.request().await);
    }
    // The two connections have no order.
    if requests[0].contains("/runtime/") {
        sockets.reverse();
        requests.reverse();
    }
    check_extension_poll(&requests[0]);
    assert!(requests[1].starts_with("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n"), "{requests:?}");
    let [mut extension, mut runtime] = sockets;
    // Lambda's response to an extension whose poll from before the snapshot is still open.
    extension.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}").await;
    assert_eq!(extension.read().await, None);
    runtime.write(invocation("one")).await;
    runtime.response("one").await;
    runtime.write(ACCEPTED).await;
    runtime.poll().await;
    check_no_connection(&api.listener).await;
}

#[tokio::test]
async fn the_age_of_the_snapshot_does_not_count_for_a_deadline() {
    let app = Router::new().fallback(async || {
        // An expired deadline would cancel the invocation during this time.
        sleep(Duration::from_millis(50)).await;
        "hello"
    });
    let api = start_raw(|lodger| lodger.deadline_margin(Duration::ZERO).run(app)).await;
    let mut before = accept_restore_request(&api).await;
    clock::advance(Duration::from_secs(24 * 60 * 60)).await;
    before.write(RESTORED).await;
    let mut after = api.accept().await;
    after.poll().await;
    let deadline = SystemTime::now() + Duration::from_secs(60);
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap().as_millis();
    let event = Front::function_url().event(&ClientRequest::get("/").request()).unwrap();
    after.write(raw_api::invocation("one", &event, &format!("Lambda-Runtime-Deadline-Ms: {deadline}\r\n"))).await;
    let reply = after.response("one").await;
    assert!(reply.contains("\"statusCode\":200"), "{reply}");
}
