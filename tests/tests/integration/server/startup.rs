//! The start of the server: its address, the app, and the runtime.

use std::{
    io::{Read, Write},
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Instant,
};

use axum::{Router, routing::get};
use lodger::{Host, Lodger};
use lodger_tests::{
    client::{ClientRequest, send},
    probe,
    wait::SOON,
};
use tokio::net::TcpListener;

use super::{start, text};

#[tokio::test]
async fn returns_an_error_if_the_address_is_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = taken.local_addr().unwrap();
    let error = Lodger::new().host(Host::Server).addr(addr).run(probe::app()).await.unwrap_err();
    let message = format!("{error:?}");
    assert!(message.starts_with(&format!("cannot listen on {addr}: address already in use")), "{message}");
    assert!(message.contains("in use"), "{message}");
}

#[tokio::test]
async fn accepts_connections_from_the_listener_of_the_user() {
    // Not every machine has IPv6.
    let listener = match TcpListener::bind("[::1]:0").await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind("127.0.0.1:0").await.unwrap(),
    };
    let addr = listener.local_addr().unwrap();
    let lodger = Lodger::new().host(Host::Server).listener(listener);
    tokio::spawn(lodger.run(probe::app()));
    assert_eq!(send(addr, &ClientRequest::get("/reply/empty")).await.status(), 200);
}

#[tokio::test]
async fn returns_an_error_if_the_app_cannot_be_built() {
    let failing = async || Err::<Router, _>(std::io::Error::other("no database"));
    let error = Lodger::new().host(Host::Server).run_with(failing).await.unwrap_err();
    assert_eq!(format!("{error:?}"), "cannot build the app: no database");
}

#[test]
fn runs_on_a_current_thread_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = start(|lodger| lodger.run(probe::app())).await;
        assert_eq!(send(server.addr(), &ClientRequest::get("/reply/empty")).await.status(), 200);
    });
}

#[test]
fn runs_on_a_multi_thread_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let app = Router::new().route(
            "/",
            get(async || {
                let spawned = tokio::spawn(async { "spawned" }).await.unwrap();
                format!("{spawned} {}", tokio::task::block_in_place(|| "in place"))
            }),
        );
        let server = start(|lodger| lodger.run(app)).await;
        assert_eq!(text(server.addr(), "/").await, "spawned in place");
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_requests_on_all_threads_of_the_runtime() {
    let app = Router::new().route(
        "/",
        get(async || {
            static BLOCKING: AtomicUsize = AtomicUsize::new(0);
            BLOCKING.fetch_add(1, SeqCst);
            // Blocks this thread until the other request blocks its thread.
            tokio::task::block_in_place(|| {
                let begun = Instant::now();
                while BLOCKING.load(SeqCst) < 2 {
                    assert!(begun.elapsed() < SOON, "the other request does not run");
                    std::thread::yield_now();
                }
            });
            "both"
        }),
    );
    let server = start(|lodger| lodger.run(app)).await;
    let addr = server.addr();
    // The clients have threads of their own, because the threads of the runtime are blocked.
    let fetch = || {
        let mut socket = std::net::TcpStream::connect(addr).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        socket.write_all(&ClientRequest::get("/").bytes()).unwrap();
        let mut response = String::new();
        socket.read_to_string(&mut response).unwrap();
        response
    };
    let responses =
        std::thread::scope(|scope| [scope.spawn(fetch), scope.spawn(fetch)].map(|client| client.join().unwrap()));
    assert!(responses.iter().all(|response| response.ends_with("both")));
}
