//! Connections that close, or that cannot be opened.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use axum::Router;
use lodger::{Host, Lodger};
use lodger_tests::{
    raw_api::{ACCEPTED, RawRuntimeApi},
    test_host::TestHost,
    wait::QUIET,
};
use tokio::{
    net::TcpSocket,
    task::JoinSet,
    time::{self, sleep},
};

use super::{Function, KINDS, ON_CLOCK_OF_TEST, counting_app, invocation, invokes_again};
use crate::clock;

#[tokio::test]
async fn replaces_a_closed_idle_connection_without_a_pause() {
    for kind in ON_CLOCK_OF_TEST {
        let function = Function::start(kind).await;
        let mut socket = function.accept().await;
        // The clock is stopped: a pause would never end.
        let _stopped = clock::Stopped::stop();
        let start = time::Instant::now();
        for round in 1..=20 {
            socket.poll().await;
            socket.write(invocation("one")).await;
            socket.response("one").await;
            socket.write(ACCEPTED).await;
            socket.poll().await;
            if round % 2 == 0 {
                socket.reset()
            } else {
                drop(socket)
            }
            socket = function.accept().await;
            assert_eq!((function.calls(), start.elapsed()), (round, Duration::ZERO));
        }
        invokes_again(socket).await;
    }
}

#[tokio::test]
async fn resends_a_response_after_a_reset_without_calling_the_app_again() {
    for kind in KINDS {
        let function = Function::start(kind).await;
        let mut first = function.poll().await;
        first.write(invocation("one")).await;
        first.response("one").await;
        // The function cannot know whether Lambda has taken the response.
        first.reset();
        let mut second = function.accept().await;
        assert!(second.response("one").await.contains("call 1"));
        second.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        invokes_again(second).await;
        assert_eq!(function.calls(), 2);
    }
}

#[tokio::test]
async fn ignores_a_truncated_event() {
    for kind in KINDS {
        let function = Function::start(kind).await;
        let mut first = function.poll().await;
        let event = invocation("one");
        first.write(&event[..event.len() - 10]).await;
        drop(first);
        invokes_again(function.accept().await).await;
        assert_eq!(function.calls(), 1);
    }
}

#[tokio::test]
async fn responds_to_an_invocation_that_arrives_during_the_shutdown() {
    let app = Router::new().fallback(async || "just in time");
    let mut function = TestHost::raw_lambda().with_shutdown().start(|lodger| lodger.run(app)).await;
    let mut socket = function.accept().await;
    socket.poll().await;
    let event = invocation("one");
    let (start, rest) = event.split_at(event.len() / 2);
    socket.write(start).await;
    function.begin_shutdown();
    sleep(QUIET).await;
    socket.write(rest).await;
    assert!(socket.response("one").await.contains("just in time"));
    socket.write(ACCEPTED).await;
    assert!(function.result().await.is_ok());
}

#[tokio::test]
async fn reconnects_without_a_pause_after_a_long_poll() {
    for kind in ON_CLOCK_OF_TEST {
        let function = Function::start(kind).await;
        let mut next = function.accept().await;
        for _ in 0..3 {
            next.poll().await;
            next.write("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
            let waiting = function.poll().await;
            // Longer than any pause between two polls: the API is in reach and has no event.
            clock::advance(Duration::from_millis(2200)).await;
            // The clock is stopped: a pause would never end.
            let _stopped = clock::Stopped::stop();
            let closed = time::Instant::now();
            waiting.reset();
            next = function.accept().await;
            assert_eq!(closed.elapsed(), Duration::ZERO);
        }
        invokes_again(next).await;
    }
}

/// A socket with an address that refuses connections until the socket listens.
///
/// A test that closes a listener and binds the address again could lose the address to another test.
fn refusing_socket(addr: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    #[cfg(unix)]
    socket.set_reuseport(true).unwrap();
    socket.bind(addr).unwrap();
    socket
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

#[cfg(unix)]
#[tokio::test]
async fn keeps_a_response_until_the_api_accepts_connections_again() {
    let api = RawRuntimeApi { listener: refusing_socket(any_port()).listen(1).unwrap() };
    let address = api.listener.local_addr().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let mut running = JoinSet::new();
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(address.to_string());
    running.spawn(lodger.run(counting_app(&calls)));
    let mut first = api.accept().await;
    first.poll().await;
    first.write(invocation("one")).await;
    let later = refusing_socket(address);
    drop(api);
    first.response("one").await;
    first.reset();
    sleep(QUIET * 2).await;
    let api = RawRuntimeApi { listener: later.listen(1).unwrap() };
    let mut second = api.accept().await;
    assert!(second.response("one").await.contains("call 1"));
    second.write(ACCEPTED).await;
    invokes_again(second).await;
}

#[tokio::test]
async fn waits_for_an_api_that_does_not_listen_yet() {
    let socket = refusing_socket(any_port());
    let address = socket.local_addr().unwrap();
    let mut running = JoinSet::new();
    let app = Router::new().fallback(async || "late");
    running.spawn(Lodger::new().host(Host::Lambda).lambda_runtime_api(address.to_string()).run(app));
    sleep(QUIET * 2).await;
    let api = RawRuntimeApi { listener: socket.listen(1).unwrap() };
    invokes_again(api.accept().await).await;
}
