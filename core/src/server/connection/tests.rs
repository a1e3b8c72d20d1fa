use std::{
    future::{Ready, poll_fn, ready},
    mem::replace,
    pin::pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::coop::poll_proceed,
    time::{sleep, timeout},
};

use super::{
    Phase, wait_for_shutdown,
    watchdog::{Stalled, Watchdog},
};
use crate::{
    App, Body, Request, Settings,
    server::{Server, flush_tracker::PendingFlush},
};

#[derive(Clone)]
struct Hello;

impl App for Hello {
    type Body = Body;
    type Future = Ready<http::Response<Body>>;

    fn call(&self, _: Request) -> Self::Future {
        ready(http::Response::new("hello".into()))
    }
}

/// Sends the first bytes of a connection, and returns the first bytes of the answer.
async fn answer(request: &[u8]) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    tokio::spawn(Server::from_listener(listener, &Settings::default()).unwrap().serve(Hello));
    client.write_all(request).await.unwrap();
    let mut answer = vec![0; 16];
    let length = client.read(&mut answer).await.unwrap();
    answer.truncate(length);
    answer
}

/// The preface of HTTP/2 and an empty SETTINGS frame (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[tokio::test]
async fn serves_http_1() {
    assert_eq!(answer(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await, b"HTTP/1.1 200 OK\r");
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn serves_http_2() {
    // The type of a SETTINGS frame is 4.
    assert_eq!(answer(PREFACE).await.get(3), Some(&4));
}

#[cfg(not(feature = "http2"))]
#[tokio::test]
async fn closes_a_connection_of_http_2_without_the_feature() {
    assert_eq!(answer(PREFACE).await, b"");
}

#[tokio::test]
async fn notices_a_shutdown_after_a_request_that_used_the_budget_of_the_task() {
    let (sender, mut phase) = watch::channel(Phase::Serving);
    let connection = tokio::spawn(async move {
        let mut is_first = true;
        let mut waiting = pin!(wait_for_shutdown(&mut phase));
        poll_fn(|cx| {
            if replace(&mut is_first, false) {
                use_budget(cx);
            }
            waiting.as_mut().poll(cx)
        })
        .await
    });
    sleep(Duration::from_millis(10)).await;
    sender.send(Phase::Draining).unwrap();
    assert!(!timeout(Duration::from_secs(5), connection).await.expect("the task waits for ever").unwrap());
}

#[tokio::test]
async fn closes_a_stalled_connection_whose_writes_used_the_budget_of_the_task() {
    let connection = PendingFlush::default();
    connection.activity().block_write();
    let mut watchdog = Watchdog::new(connection, Duration::ZERO, Duration::from_millis(40));
    let watching = tokio::spawn(async move {
        let mut waiting = pin!(watchdog.wait());
        poll_fn(|cx| {
            use_budget(cx);
            waiting.as_mut().poll(cx)
        })
        .await
    });
    assert_eq!(
        timeout(Duration::from_secs(5), watching).await.expect("the task waits for ever").unwrap(),
        Stalled::Response
    );
}

/// Uses the whole budget of the task for this poll.
fn use_budget(cx: &mut Context<'_>) {
    while let Poll::Ready(budget) = poll_proceed(cx) {
        budget.made_progress();
    }
}
