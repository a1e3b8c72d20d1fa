//! Connections: the timeout of the first request, a panic, and a client that disconnects.

use std::time::{Duration, Instant};

use axum::{Router, body::Body, routing::get};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use lodger::Error;
use lodger_tests::{
    client::{ClientRequest, send, send_bytes},
    event_log::EventLog,
    probe::{self, span},
    wait::{SOON, wait_until},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::start;
use crate::clock;

const HEADER_TIMEOUT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn closes_a_connection_without_a_request_after_the_header_timeout() {
    let server = start(|lodger| lodger.header_timeout(HEADER_TIMEOUT).run(probe::app())).await;
    for begin in [&b""[..], b"G", b"GET / HTTP/1.1\r\nhost: h\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let started = Instant::now();
        timeout(SOON, send_bytes(server.addr(), begin)).await.expect("the connection stays open");
        // Timers have a resolution of a millisecond.
        assert!(started.elapsed() >= HEADER_TIMEOUT - Duration::from_millis(10), "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn keeps_a_connection_after_its_first_request() {
    let server = start(|lodger| lodger.header_timeout(HEADER_TIMEOUT).run(probe::app())).await;
    // The header timeout must not end before the first request.
    let mut stopped_clock = Some(clock::Stopped::stop());
    let mut socket = TcpStream::connect(server.addr()).await.unwrap();
    for _ in 0..2 {
        socket.write_all(b"HEAD /status/200 HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
        let mut response = [0; 4096];
        let length = socket.read(&mut response).await.unwrap();
        assert!(response[..length].starts_with(b"HTTP/1.1 200 OK"));
        drop(stopped_clock.take());
        sleep(HEADER_TIMEOUT * 2).await;
    }
}

#[tokio::test]
async fn a_panic_closes_one_connection_like_under_axums_own_server() {
    let server = start(|lodger| lodger.run(probe::app())).await;
    assert!(send_bytes(server.addr(), &ClientRequest::get("/panic").bytes()).await.is_empty());
    assert_eq!(send(server.addr(), &ClientRequest::get("/reply/empty")).await.status(), 200);
}

/// Logs the span in which it is dropped.
struct LogsDrop(EventLog);

impl Drop for LogsDrop {
    fn drop(&mut self) {
        self.0.push(span::current().to_string());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drops_handlers_and_bodies_in_the_span_of_their_request() {
    span::subscribe();
    let (dropped, begun) = (EventLog::default(), EventLog::default());
    let (logs_of_handler, logs_of_body) = ((dropped.clone(), begun.clone()), (dropped.clone(), begun.clone()));
    let handler = async move || {
        let (dropped, begun) = logs_of_handler.clone();
        let _logs_drop = LogsDrop(dropped);
        begun.push(span::current().to_string());
        std::future::pending::<()>().await;
    };
    let body = async move || {
        let (dropped, begun) = logs_of_body.clone();
        let logs_drop = LogsDrop(dropped);
        begun.push(span::current().to_string());
        Body::from_stream(stream::pending::<Result<Bytes, Error>>().inspect(move |_| {
            let _held = &logs_drop;
        }))
    };
    let app = Router::new().route("/handler", get(handler)).route("/body", get(body));
    let server = start(|lodger| lodger.run(app)).await;
    for (index, target) in ["/handler", "/body"].into_iter().enumerate() {
        let mut socket = TcpStream::connect(server.addr()).await.unwrap();
        socket.write_all(&ClientRequest::get(target).bytes()).await.unwrap();
        wait_until(&format!("{target} has begun"), || begun.events().len() > index).await;
        let span = begun.events().swap_remove(index);
        assert!(span.contains("request_id"), "{span}");
        drop(socket);
        timeout(SOON, dropped.wait_for(&span)).await.unwrap_or_else(|_| panic!("{target}: {:?}", dropped.events()));
    }
}
