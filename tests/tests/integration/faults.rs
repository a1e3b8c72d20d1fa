//! A Runtime API that misbehaves, byte by byte: no invocation is lost that need not be, and none is answered twice.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use axum::Router;
use lodger::{Host, Lodger};
use lodger_gateway::Front;
use lodger_tests::{
    ask::Sent,
    raw_api::{self, ACCEPTED, RawApi, SOON, Socket},
};
use tokio::{
    net::TcpListener,
    time::{self, timeout},
};

use crate::clock;

struct Api {
    api: RawApi,
    called: Arc<AtomicUsize>,
}

impl Api {
    /// An app that counts its calls, and an API for it that does nothing by itself.
    async fn start() -> Self {
        let called = Arc::new(AtomicUsize::new(0));
        let app = {
            let called = Arc::clone(&called);
            Router::new().fallback(async move || format!("call {}", called.fetch_add(1, SeqCst) + 1))
        };
        Self { api: RawApi::start(|lodger| lodger.run(app)).await, called }
    }

    fn calls(&self) -> usize {
        self.called.load(SeqCst)
    }
}

impl Deref for Api {
    type Target = RawApi;

    fn deref(&self) -> &RawApi {
        &self.api
    }
}

fn invocation(id: &str) -> Vec<u8> {
    raw_api::invocation(id, &Front::function_url().event(&Sent::get("/").request()).unwrap(), "")
}

/// After whatever happened: one more invocation, on `socket`, that is answered as it should be.
async fn goes_on(mut socket: Socket) {
    socket.poll().await;
    socket.write(invocation("the-next-one")).await;
    socket.answer("the-next-one").await;
    socket.write(ACCEPTED).await;
    socket.poll().await;
}

#[tokio::test]
async fn a_connection_that_was_closed_while_it_slept_is_replaced_at_once() {
    let api = Api::start().await;
    let mut socket = api.accept().await;
    // A pause would take time, and there is none.
    let _stopped = clock::Stopped::stop();
    let begun = time::Instant::now();
    for round in 1..=20 {
        socket.poll().await;
        socket.write(invocation("one")).await;
        socket.answer("one").await;
        socket.write(ACCEPTED).await;
        socket.poll().await;
        if round % 2 == 0 {
            socket.reset()
        } else {
            drop(socket)
        }
        socket = api.accept().await;
        assert_eq!((api.calls(), begun.elapsed()), (round, Duration::ZERO));
    }
    goes_on(socket).await;
}

#[tokio::test]
async fn an_answer_that_met_a_closed_connection_is_posted_again_and_the_app_not_called_again() {
    let api = Api::start().await;
    let mut first = api.accept().await;
    first.poll().await;
    first.write(invocation("one")).await;
    first.answer("one").await;
    // It was taken, or it was not: nobody said.
    first.reset();
    let mut second = api.accept().await;
    assert!(second.answer("one").await.contains("call 1"));
    second.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
    goes_on(second).await;
    assert_eq!(api.calls(), 2);
}

#[tokio::test]
async fn an_event_that_was_cut_off_is_not_handled() {
    let api = Api::start().await;
    let mut first = api.accept().await;
    first.poll().await;
    let whole = invocation("one");
    first.write(&whole[..whole.len() - 10]).await;
    drop(first);
    goes_on(api.accept().await).await;
    assert_eq!(api.calls(), 1);
}

#[tokio::test]
async fn whatever_a_poll_is_answered_with_it_is_polled_again() {
    for answer in [
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: http://example.com/\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
        // Nobody can be answered without an id, nor by one that is no part of a path.
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: ../../evil\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: \r\nContent-Length: 2\r\n\r\n{}",
    ] {
        let api = Api::start().await;
        let mut socket = api.accept().await;
        socket.poll().await;
        socket.write(answer).await;
        goes_on(socket).await;
        assert_eq!(api.calls(), 1, "{answer}");
    }
}

#[tokio::test]
async fn an_invocation_that_has_begun_to_arrive_is_answered_before_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let app = Router::new().fallback(async || "just in time");
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(listener.local_addr().unwrap().to_string());
    let running = tokio::spawn(lodger.shutdown(async { drop(ended.await) }).run(app));
    let mut socket = Socket(listener.accept().await.unwrap().0);
    socket.poll().await;
    let whole = invocation("one");
    let (begin, rest) = whole.split_at(whole.len() / 2);
    // The end comes with the begin of it, and before the rest.
    socket.write(begin).await;
    end.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    socket.write(rest).await;
    assert!(socket.answer("one").await.contains("just in time"));
    socket.write(ACCEPTED).await;
    assert!(timeout(SOON, running).await.expect("an end").unwrap().is_ok());
}

#[tokio::test]
async fn a_long_wait_is_not_taken_for_an_api_out_of_reach() {
    let api = Api::start().await;
    let mut next = api.accept().await;
    for _ in 0..3 {
        next.poll().await;
        next.write("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
        let mut waiting = api.accept().await;
        waiting.poll().await;
        // Longer than any pause between two polls: it was reached, and only had nothing to say.
        clock::advance(Duration::from_millis(2200)).await;
        // A pause would take time, and there is none.
        let _stopped = clock::Stopped::stop();
        let closed = time::Instant::now();
        waiting.reset();
        next = api.accept().await;
        assert_eq!(closed.elapsed(), Duration::ZERO);
    }
    goes_on(next).await;
}

#[tokio::test]
async fn an_answer_for_which_there_is_no_connection_waits_for_one() {
    let api = Api::start().await;
    let mut first = api.accept().await;
    first.poll().await;
    first.write(invocation("one")).await;
    let address = api.listener.local_addr().unwrap();
    drop(api.api.listener);
    first.answer("one").await;
    first.reset();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let listener = TcpListener::bind(address).await.unwrap();
    let mut second = Socket(timeout(SOON, listener.accept()).await.expect("a connection").unwrap().0);
    assert!(second.answer("one").await.contains("call 1"));
    second.write(ACCEPTED).await;
    goes_on(second).await;
}

#[tokio::test]
async fn what_nobody_asked_for_is_not_taken_for_an_answer() {
    let api = Api::start().await;
    let mut first = api.accept().await;
    first.poll().await;
    let unasked = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
    first.write([&invocation("one")[..], unasked].concat()).await;
    // Not on the connection on which something stands before the answer.
    let mut second = api.accept().await;
    assert!(second.answer("one").await.contains("call 1"));
    second.write(ACCEPTED).await;
    goes_on(second).await;
    assert_eq!(api.calls(), 2);
}

#[tokio::test]
async fn what_is_no_http_ends_the_connection_and_not_the_process() {
    for answer in ["\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "hello\r\n\r\n"] {
        let api = Api::start().await;
        let mut socket = api.accept().await;
        socket.poll().await;
        socket.write(answer).await;
        goes_on(api.accept().await).await;
    }
}

#[tokio::test]
async fn refusals_of_an_answer_are_survived() {
    for status in [400, 403, 410, 413, 429, 503] {
        let api = Api::start().await;
        let mut socket = api.accept().await;
        socket.poll().await;
        socket.write(invocation("one")).await;
        socket.answer("one").await;
        socket.write(format!("HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\n{{}}")).await;
        goes_on(socket).await;
        assert_eq!(api.calls(), 2, "{status}");
    }
}

#[tokio::test]
async fn a_container_error_ends_the_process() {
    let api = Api::start().await;
    let mut socket = api.accept().await;
    socket.poll().await;
    socket.write("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n").await;
    let error = timeout(SOON, api.api.running).await.expect("an end").unwrap().unwrap_err();
    assert!(error.to_string().contains("500"), "{error}");
}

#[tokio::test]
async fn events_in_chunks_and_answers_that_close_are_understood() {
    let api = Api::start().await;
    let mut socket = api.accept().await;
    socket.poll().await;
    let event = Front::function_url().event(&Sent::get("/").request()).unwrap();
    socket.write("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: one\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    for chunk in event.chunks(100) {
        socket.write([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat()).await;
    }
    socket.write("0\r\n\r\n").await;
    socket.answer("one").await;
    socket.write("HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
    goes_on(api.accept().await).await;
}

#[tokio::test]
async fn an_answer_to_a_post_in_two_parts_does_not_cost_the_connection() {
    let api = Api::start().await;
    let mut socket = api.accept().await;
    socket.poll().await;
    socket.write(invocation("one")).await;
    socket.answer("one").await;
    let (head, body) = ACCEPTED.split_at(ACCEPTED.len() - 16);
    socket.write(head).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    socket.write(body).await;
    goes_on(socket).await;
}

#[tokio::test]
async fn an_api_that_is_not_there_yet_is_waited_for() {
    // A port that nobody listens on until later.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let app = Router::new().fallback(async || "late");
    let _running = tokio::spawn(Lodger::new().host(Host::Lambda).lambda_runtime_api(address.to_string()).run(app));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let listener = TcpListener::bind(address).await.unwrap();
    let (socket, _) = timeout(SOON, listener.accept()).await.expect("a connection").unwrap();
    goes_on(Socket(socket)).await;
}

#[tokio::test]
async fn an_extension_that_is_refused_costs_sigterm_and_nothing_else() {
    for answer in [
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: \r\nContent-Length: 0\r\n\r\n",
        "nonsense\r\n\r\n",
        "",
    ] {
        let app = Router::new().fallback(async || "hello");
        let api = RawApi::start(|lodger| lodger.sigterm(true).run(app)).await;
        let mut extension = api.accept().await;
        let request = extension.request().await;
        assert!(request.starts_with("POST /2020-01-01/extension/register HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nlambda-extension-name: lodger\r\n"), "{request}");
        assert!(request.ends_with("\r\n\r\n{\"events\":[]}"), "{request}");
        extension.write(answer).await;
        drop(extension);
        goes_on(api.accept().await).await;
    }
}

#[tokio::test]
async fn an_extension_that_is_not_answered_is_waited_for_some_seconds() {
    let api = RawApi::start(|lodger| lodger.sigterm(true).run(Router::new().fallback(async || "hello"))).await;
    let mut extension = api.accept().await;
    extension.request().await;
    goes_on(api.accept().await).await;
}

#[tokio::test]
async fn an_extension_asks_for_its_events_for_as_long_as_it_takes() {
    let app = Router::new().fallback(async || "hello");
    let api = RawApi::start(|lodger| lodger.sigterm(true).run(app)).await;
    let mut extension = api.accept().await;
    extension.request().await;
    extension.write("HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: the-id\r\nContent-Length: 2\r\n\r\n{}").await;
    let mut runtime = api.accept().await;
    runtime.poll().await;
    for _ in 0..2 {
        let request = extension.request().await;
        assert!(request.starts_with("GET /2020-01-01/extension/event/next HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nlambda-extension-identifier: the-id\r\n"), "{request}");
        // As after a freeze.
        extension.reset();
        let begun = Instant::now();
        extension = api.accept().await;
        assert!(begun.elapsed() > Duration::from_millis(500), "without a pause: {:?}", begun.elapsed());
    }
    runtime.write(invocation("one")).await;
    runtime.answer("one").await;
    runtime.write(ACCEPTED).await;
    runtime.poll().await;
}
