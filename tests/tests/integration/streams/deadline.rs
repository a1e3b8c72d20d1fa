//! Responses that do not end before the deadline of their invocation.
//!
//! Deadlines are so late, and the tests advance the clock by so much, that a busy machine may stand still for ten seconds.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    response::Response,
    routing::{MethodRouter, any},
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use lodger::ResponseMode;
use lodger_gateway::Front;
use lodger_tests::{
    client::ClientRequest,
    probe,
    raw_api::{RawRuntimeApi, Socket, invocation},
    test_host::{TestApp, TestHost},
    wait::{QUIET, SOON, wait_until},
};
use tokio::time::sleep;

use super::{StreamedReply, accept, frame, start, stream_app};
use crate::clock;

/// The invocation of a GET request with so many seconds to its deadline.
fn invocation_with_deadline(front: &Front, target: &str, seconds: u64) -> Vec<u8> {
    invocation("id", &front.event(&ClientRequest::get(target).request()).unwrap(), &deadline(seconds))
}

/// The header of a deadline in so many seconds.
fn deadline(seconds: u64) -> String {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(seconds);
    format!("Lambda-Runtime-Deadline-Ms: {}\r\n", deadline.as_millis())
}

/// Runs a test on a thread of its own. Fails if the thread is busy for longer than [`SOON`].
fn run_on_own_thread<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(test());
        done.send(()).unwrap();
    });
    is_done.recv_timeout(SOON).expect("the app does not let the test run, or the test failed");
}

/// An app with a body of empty frames that are always ready, and whether a client has called it.
fn empty_frames() -> (Router, Arc<AtomicBool>) {
    let is_called = Arc::new(AtomicBool::new(false));
    let called = Arc::clone(&is_called);
    let app = stream_app(move || {
        called.store(true, SeqCst);
        stream::repeat_with(|| Ok(Bytes::new()))
    });
    (app, is_called)
}

#[test]
fn a_body_that_is_always_ready_lets_other_tasks_run() {
    run_on_own_thread(async || {
        for mode in [ResponseMode::Stream, ResponseMode::Buffered] {
            let (app, is_called) = empty_frames();
            let function = TestHost::raw_lambda().start(|lodger| lodger.response_mode(mode).run(app)).await;
            let mut socket = function.accept().await;
            socket.poll().await;
            let event = Front::function_url().event(&ClientRequest::get("/stream").request()).unwrap();
            socket.write(invocation("id", &event, "")).await;
            wait_until("the app is called", || is_called.load(SeqCst)).await;
            sleep(QUIET).await;
        }
    });
}

#[test]
fn a_body_that_is_always_ready_is_a_504_at_the_deadline() {
    run_on_own_thread(async || {
        let (app, is_called) = empty_frames();
        let run = |lodger: lodger::Lodger| lodger.response_mode(ResponseMode::Buffered).run(app);
        let function = TestHost::raw_lambda().start(run).await;
        let mut socket = function.accept().await;
        socket.poll().await;
        socket.write(invocation_with_deadline(&Front::function_url(), "/stream", 20)).await;
        wait_until("the app is called", || is_called.load(SeqCst)).await;
        clock::advance(Duration::from_secs(20)).await;
        assert!(socket.response("id").await.contains("\"statusCode\":504"));
    });
}

#[tokio::test]
async fn an_endless_body_fails_at_the_deadline() {
    let (_function, mut socket) = start(stream_app(|| stream::repeat_with(|| Ok(Bytes::from_static(b"x"))))).await;
    socket.write(invocation_with_deadline(&Front::function_url(), "/stream", 20)).await;
    let start = socket.read().await.unwrap();
    clock::advance(Duration::from_secs(20)).await;
    assert_eq!(StreamedReply::read_after(&mut socket, start).await.failure().0, "Function.Timeout");
    accept(&mut socket).await;
}

#[tokio::test]
async fn reconnects_at_the_deadline_when_lambda_does_not_read() {
    let frames = || stream::repeat_with(|| Ok(Bytes::from(vec![0; 1 << 20])));
    let (function, mut socket) = start(stream_app(frames)).await;
    socket.write(invocation_with_deadline(&Front::function_url(), "/stream", 20)).await;
    socket.0.readable().await.unwrap();
    // At the deadline, and not only after the 30 s that a write may take. The function cannot send the failure.
    clock::advance(Duration::from_secs(20)).await;
    function.accept().await.poll().await;
}

/// A handler that never responds, and the state of its only call.
#[derive(Clone, Default)]
struct Hanging {
    is_called: Arc<AtomicBool>,
    is_dropped: Arc<AtomicBool>,
}

impl Hanging {
    fn handler(&self) -> MethodRouter {
        let hanging = self.clone();
        any(async move || -> Response {
            let _dropped = SetOnDrop(Arc::clone(&hanging.is_dropped));
            hanging.is_called.store(true, SeqCst);
            std::future::pending().await
        })
    }

    async fn is_called(&self) {
        wait_until("the handler is called", || self.is_called.load(SeqCst)).await;
    }
}

struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// Starts an app with a margin of 60 s before the deadline, which streams to Function URLs only.
async fn start_with_margin(hanging: &Hanging) -> (TestApp<RawRuntimeApi>, Socket) {
    let app = stream_app(|| frame("begun").chain(stream::pending::<io::Result<Bytes>>()));
    let app = app.route("/hangs", hanging.handler());
    let margin = Duration::from_secs(60);
    let run = |lodger: lodger::Lodger| lodger.response_mode(ResponseMode::StreamUrl).deadline_margin(margin).run(app);
    let function = TestHost::raw_lambda().start(run).await;
    let mut socket = function.accept().await;
    socket.poll().await;
    (function, socket)
}

/// Advances the clock past the cancellation of an invocation with 150 s to its deadline, which is due after 90 s. Fails if the
/// invocation is cancelled after 60 s.
async fn advance_to_the_margin(is_cancelled: impl Fn() -> bool) {
    clock::advance(Duration::from_secs(60)).await;
    sleep(QUIET).await;
    assert!(!is_cancelled(), "cancelled too early");
    clock::advance(Duration::from_secs(30)).await;
}

#[tokio::test]
async fn a_handler_is_cancelled_at_the_margin_and_the_response_is_a_504() {
    let hanging = Hanging::default();
    let (_function, mut socket) = start_with_margin(&hanging).await;
    socket.write(invocation_with_deadline(&Front::alb(), "/hangs", 150)).await;
    hanging.is_called().await;
    advance_to_the_margin(|| hanging.is_dropped.load(SeqCst)).await;
    let reply = socket.response("id").await;
    assert!(reply.contains("\"statusCode\":504") && hanging.is_dropped.load(SeqCst), "{reply}");
    accept(&mut socket).await;
}

#[tokio::test]
async fn a_stream_fails_at_the_margin() {
    let (_function, mut socket) = start_with_margin(&Hanging::default()).await;
    socket.write(invocation_with_deadline(&Front::function_url(), "/stream", 150)).await;
    let mut start = vec![];
    while !start.ends_with(b"begun\r\n") {
        start.extend(socket.read().await.unwrap());
    }
    advance_to_the_margin(|| socket.0.try_read(&mut [0]).is_ok()).await;
    let reply = StreamedReply::read_after(&mut socket, start).await;
    assert_eq!((&reply.body[..], &*reply.failure().0), (&b"begun"[..], "Function.Timeout"));
    accept(&mut socket).await;
}

/// The first invocation has less than twice the margin left, and so gets half of its time: 35 s instead of 10 s. The second
/// invocation has a deadline in the past, which counts as unknown.
#[tokio::test]
async fn a_stream_has_half_of_a_short_time_and_no_limit_after_a_past_deadline() {
    let (_function, mut socket) = start_with_margin(&Hanging::default()).await;
    for (seconds_left, seconds) in [(70, 12), (0, 3600)] {
        let name = format!("with-{seconds_left}-s-left");
        let target = format!("/held/{name}");
        socket.write(invocation_with_deadline(&Front::function_url(), &target, seconds_left)).await;
        let start = socket.read().await.unwrap();
        clock::advance(Duration::from_secs(seconds)).await;
        sleep(QUIET).await;
        probe::let_go(&name);
        let reply = StreamedReply::read_after(&mut socket, start).await;
        assert_eq!((&reply.body[..], &*reply.trailers), (&b"begun ended"[..], "\r\n"), "{seconds_left}");
        accept(&mut socket).await;
    }
}

#[tokio::test]
async fn an_event_route_that_does_not_respond_is_an_error_at_the_deadline() {
    let hanging = Hanging::default();
    let app = Router::new().fallback(hanging.handler());
    let function = TestHost::raw_lambda().start(|lodger| lodger.events_path("/events").run(app)).await;
    let mut socket = function.accept().await;
    socket.poll().await;
    socket.write(invocation("id", b"{}", &deadline(20))).await;
    hanging.is_called().await;
    clock::advance(Duration::from_secs(20)).await;
    // The client of an event route gets an error, because a reply of status 504 would be a success.
    let reply = socket.request().await;
    assert!(reply.contains("/invocation/id/error") && reply.contains("504"), "{reply}");
}
