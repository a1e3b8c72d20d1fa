//! The shutdown: requests in flight, connections without a request, the grace period.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use lodger_tests::{
    client::{ClientRequest, send_bytes, wait_until_refused},
    probe,
    wait::{LONG_GRACE, SOON},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    time::timeout,
};

use super::{start, text};
use crate::clock;

#[tokio::test]
async fn responds_to_requests_in_flight_before_run_returns() {
    let (begun, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let app = Router::new().route("/slow", {
        let (begun, gate) = (Arc::clone(&begun), Arc::clone(&gate));
        get(async move || {
            begun.notify_one();
            gate.notified().await;
            "finished"
        })
    });
    let mut server = start(|lodger| lodger.grace(LONG_GRACE).run(app)).await;
    let addr = server.addr();
    let idle = TcpStream::connect(addr).await.unwrap();
    let response = tokio::spawn(async move { text(addr, "/slow").await });
    begun.notified().await;
    server.begin_shutdown();
    wait_until_refused(addr).await;
    assert!(server.is_running(), "`run` does not wait for the request in flight");
    gate.notify_one();
    assert!(server.result().await.is_ok());
    assert_eq!(response.await.unwrap(), "finished");
    drop(idle);
}

#[tokio::test]
async fn does_not_wait_for_connections_without_a_request() {
    let mut server = start(|lodger| lodger.grace(LONG_GRACE).run(probe::app())).await;
    let addr = server.addr();
    let mut incomplete = TcpStream::connect(addr).await.unwrap();
    incomplete.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    let mut late = TcpStream::connect(addr).await.unwrap();
    // The server accepts connections in order, and responds on this one after it has accepted the others.
    text(addr, "/reply/empty").await;
    // The timeout for a late request must not end before that request arrives.
    let stopped_clock = clock::Stopped::stop();
    server.begin_shutdown();
    late.write_all(&ClientRequest::get("/reply/empty").bytes()).await.unwrap();
    let mut response = String::new();
    late.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK"), "{response:?}");
    drop(stopped_clock);
    server.result().await.unwrap();
}

#[tokio::test]
async fn cuts_off_requests_after_the_grace_period() {
    struct CountsDrop(Arc<AtomicUsize>);
    impl Drop for CountsDrop {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let grace = Duration::from_millis(200);
    let dropped = Arc::new(AtomicUsize::new(0));
    let begun = Arc::new(Notify::new());
    let app = Router::new().route("/never", {
        let (dropped, begun) = (Arc::clone(&dropped), Arc::clone(&begun));
        get(async move || {
            let _counts_drop = CountsDrop(dropped);
            begun.notify_one();
            std::future::pending::<()>().await;
        })
    });
    let mut server = start(|lodger| lodger.grace(grace).run(app)).await;
    let addr = server.addr();
    let response = tokio::spawn(async move { send_bytes(addr, &ClientRequest::get("/never").bytes()).await });
    begun.notified().await;
    let started = Instant::now();
    server.begin_shutdown();
    server.result().await.unwrap();
    assert!(started.elapsed() >= grace);
    assert!(timeout(SOON, response).await.unwrap().unwrap().is_empty());
    assert_eq!(dropped.load(SeqCst), 1);
}
