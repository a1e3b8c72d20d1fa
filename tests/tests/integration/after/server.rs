//! Work after the response on a server: after the last byte of the response, and before the process ends.

use std::{
    net::SocketAddr,
    sync::mpsc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use actix_web::web;
use axum::{Extension, Router, body::Body};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use lodger::{AfterResponse, Error, Host, Lodger};
use lodger_tests::{
    client::{ClientRequest, send, send_bytes},
    event_log::EventLog,
    probe::span,
    test_host::TestHost,
    wait::{LONG_GRACE, QUIET, SOON},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::oneshot,
    task::spawn_blocking,
    time::sleep,
};

use super::{Gate, app};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_starts_after_the_response_and_late_work_at_once() {
    let (log, gate) = (EventLog::default(), Gate::closed());
    let server = TestHost::server().start(|lodger| lodger.run(app(log.clone(), &gate))).await;
    let response = send_bytes(server.addr(), &ClientRequest::get("/streamed").bytes()).await;
    assert!(response.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&response));
    log.wait_for("work").await;
    assert_eq!(log.events(), ["frame 0", "frame 1", "frame 2", "work"]);
    assert_eq!(send(server.addr(), &ClientRequest::get("/late")).await.body(), "answered");
    gate.open();
    log.wait_for("late work").await;
    send(server.addr(), &ClientRequest::get("/several")).await;
    for work in ["work 2", "work 1", "work 0", "work of work"] {
        log.wait_for(work).await;
    }
}

#[tokio::test]
async fn work_can_wait_for_its_own_work() {
    let log = EventLog::default();
    let server = TestHost::server().start(|lodger| lodger.run(app(log.clone(), &Gate::closed()))).await;
    send(server.addr(), &ClientRequest::get("/waits")).await;
    log.wait_for("done").await;
}

/// Blocks its thread when it is dropped, while another task is ready.
struct SlowDrop;

impl Drop for SlowDrop {
    fn drop(&mut self) {
        tokio::spawn(async {});
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_runs_while_the_connection_stays_open() {
    let log = EventLog::default();
    let log_of_app = log.clone();
    let handler = async move |Extension(after): Extension<AfterResponse>, request: Request<Body>| {
        let log = log_of_app.clone();
        let work = format!("work of {:?}", request.version());
        after.run(async move { log.push(work) });
        let slow = SlowDrop;
        Body::from_stream(stream::iter(["handed over"]).map(move |frame| {
            let _slow = &slow;
            Ok::<_, Error>(frame)
        }))
    };
    let server = TestHost::server().start(|lodger| lodger.run(Router::new().fallback(handler))).await;
    let request = || Request::get("http://example.com/").body(Empty::<Bytes>::new()).unwrap();

    let socket = TokioIo::new(TcpStream::connect(server.addr()).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request()).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "handed over");
    log.wait_for("work of HTTP/1.1").await;

    // With HTTP/2, one task writes the response, and another task drops its body.
    let socket = TokioIo::new(TcpStream::connect(server.addr()).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request()).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "handed over");
    log.wait_for("work of HTTP/2.0").await;
}

#[tokio::test]
async fn work_does_not_start_while_the_client_reads_the_response() {
    let log = EventLog::default();
    let log_of_app = log.clone();
    let handler = async move |Extension(after): Extension<AfterResponse>| {
        let log = log_of_app.clone();
        after.run(async move { log.push("work") });
        // One frame, which is larger than the buffers of a socket.
        vec![b'x'; 64 << 20]
    };
    let server = TestHost::server().start(|lodger| lodger.run(Router::new().fallback(handler))).await;
    let mut socket = TcpStream::connect(server.addr()).await.unwrap();
    socket.write_all(&ClientRequest::get("/").bytes()).await.unwrap();
    socket.readable().await.unwrap();
    sleep(QUIET).await;
    assert_eq!(log.events(), [""; 0]);
    assert!(socket.read_to_end(&mut vec![]).await.unwrap() > 64 << 20);
    log.wait_for("work").await;
}

#[tokio::test]
async fn work_has_the_span_of_its_request() {
    span::subscribe();
    let log = EventLog::default();
    let log_of_app = log.clone();
    let handler = async move |Extension(after): Extension<AfterResponse>| {
        let (log, of_handler) = (log_of_app.clone(), span::current());
        assert!(of_handler["request_id"].is_u64(), "{of_handler}");
        let nested = after.clone();
        after.run(async move {
            tokio::task::yield_now().await;
            assert_eq!(span::current(), of_handler);
            log.push("work");
            nested.run(async move {
                assert_eq!(span::current(), of_handler);
                log.push("work of work");
            });
        });
    };
    let server = TestHost::server().start(|lodger| lodger.run(Router::new().fallback(handler))).await;
    send(server.addr(), &ClientRequest::get("/")).await;
    log.wait_for("work").await;
    log.wait_for("work of work").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shutdown_waits_for_work_within_the_grace_period() {
    let (log, gate) = (EventLog::default(), Gate::closed());
    // Longer than the limit of any wait of this test.
    let app = app(log.clone(), &gate);
    let mut server = TestHost::server().start(|lodger| lodger.grace(LONG_GRACE).run(app)).await;
    assert_eq!(send(server.addr(), &ClientRequest::get("/several")).await.body(), "handed over");
    server.begin_shutdown();
    sleep(QUIET).await;
    assert!(server.is_running(), "the shutdown does not wait for the work");
    gate.open();
    assert!(server.result().await.is_ok());
    for work in ["work of work", "work 2", "work 1", "work 0"] {
        log.wait_for(work).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shutdown_cancels_work_at_the_end_of_the_grace_period() {
    let (log, grace) = (EventLog::default(), Duration::from_millis(300));
    let app = app(log.clone(), &Gate::closed());
    let mut server = TestHost::server().start(|lodger| lodger.grace(grace).run(app)).await;
    assert_eq!(send(server.addr(), &ClientRequest::get("/forever")).await.body(), "handed over");
    let start = Instant::now();
    server.begin_shutdown();
    assert!(server.result().await.is_ok());
    assert!(start.elapsed() >= grace, "{:?}", start.elapsed());
    log.wait_for("cancelled").await;
}

/// An actix-web app on a thread of its own.
struct ActixWeb {
    addr: SocketAddr,
    shutdown: oneshot::Sender<()>,
    running: JoinHandle<Result<(), Error>>,
}

impl ActixWeb {
    /// Starts an app whose work waits at `gate`, in an actix system or in a runtime of tokio.
    fn start(has_system: bool, log: &EventLog, gate: &Gate) -> Self {
        let (log, gate) = (log.clone(), gate.clone());
        let app = move || {
            let (log, gate) = (log.clone(), gate.clone());
            let handler = move |after: web::ReqData<AfterResponse>| {
                let (log, gate) = (log.clone(), gate.clone());
                after.run(async move {
                    gate.pass().await;
                    log.push("work");
                });
                std::future::ready("handed over")
            };
            actix_web::App::new().default_service(web::to(handler))
        };
        let (listening, addr) = mpsc::channel();
        let (shutdown, is_shut_down) = oneshot::channel::<()>();
        let running = thread::spawn(move || {
            let run = async {
                let lodger = Lodger::new()
                    .host(Host::Server)
                    .listener(TcpListener::bind("127.0.0.1:0").await.unwrap())
                    .on_listening(move |addr| listening.send(addr).unwrap())
                    .shutdown(async { drop(is_shut_down.await) });
                lodger.run(app).await
            };
            if has_system { actix_web::rt::System::new().block_on(run) } else { Runtime::new().unwrap().block_on(run) }
        });
        Self { addr: addr.recv_timeout(SOON).unwrap(), shutdown, running }
    }
}

#[tokio::test]
async fn the_shutdown_of_actix_web_waits_for_work_after_its_workers_have_stopped() {
    for has_system in [false, true] {
        let (log, gate) = (EventLog::default(), Gate::closed());
        let ActixWeb { addr, shutdown, running } = ActixWeb::start(has_system, &log, &gate);
        assert_eq!(send(addr, &ClientRequest::get("/")).await.body(), "handed over");
        shutdown.send(()).unwrap();
        sleep(QUIET).await;
        assert!(!running.is_finished(), "the shutdown does not wait for the work");
        assert_eq!(log.events(), [""; 0]);
        gate.open();
        spawn_blocking(|| running.join().unwrap()).await.unwrap().unwrap();
        assert_eq!(log.events(), ["work"]);
    }
}
