//! Streamed answers, on the wire to Lambda: what leaves when, and how a stream ends.

use std::{
    net::TcpStream,
    os::fd::AsFd as _,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, body::Body, response::Response, routing::any};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::StatusCode;
use lodger::ResponseMode;
use lodger_gateway::Front;
use lodger_tests::{
    ask::Sent,
    host::on_lambda,
    probe,
    raw_api::{ACCEPTED, RawApi, SOON, Socket, invocation},
};
use serde_json::{Value, json};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use crate::clock;

const HEADERS: [&str; 4] = [
    "content-type: application/vnd.awslambda.http-integration-response",
    "lambda-runtime-function-response-mode: streaming",
    "transfer-encoding: chunked",
    "trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
];

/// What was streamed, as Lambda reads it.
#[derive(Debug, Default)]
struct Streamed {
    head: String,
    prelude: Value,
    body: Vec<u8>,
    /// How much of the body there was after each read from the connection.
    reads: Vec<usize>,
    trailers: String,
}

impl Streamed {
    /// Reads a stream to its end, and checks its form.
    async fn read(socket: &mut Socket) -> Self {
        Self::read_after(socket, vec![]).await
    }

    /// Likewise, after what has been read of it.
    async fn read_after(socket: &mut Socket, mut all: Vec<u8>) -> Self {
        let mut streamed = Self::default();
        loop {
            all.extend(socket.read().await.unwrap_or_else(|| panic!("cut off: {}", String::from_utf8_lossy(&all))));
            let is_whole = streamed.parse(&all);
            streamed.reads.push(streamed.body.len());
            if is_whole {
                assert!(HEADERS.iter().all(|line| streamed.head.contains(line)), "{}", streamed.head);
                assert!(!streamed.head.contains("content-length"), "{}", streamed.head);
                return streamed;
            }
        }
    }

    /// Reads what there is so far; whether that is all.
    fn parse(&mut self, all: &[u8]) -> bool {
        let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
        self.head = String::from_utf8(all[..end].to_vec()).unwrap();
        let mut rest = &all[end + 4..];
        let (mut data, mut chunks) = (vec![], vec![]);
        let is_whole = loop {
            let Some(line) = rest.windows(2).position(|two| two == b"\r\n") else { break false };
            let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
            rest = &rest[line + 2..];
            if length == 0 {
                self.trailers = String::from_utf8(rest.to_vec()).unwrap();
                break rest == b"\r\n" || rest.ends_with(b"\r\n\r\n");
            }
            if rest.len() < length + 2 {
                // As much of it as is there.
                data.extend(&rest[..rest.len().min(length)]);
                break false;
            }
            assert_eq!(&rest[length..length + 2], b"\r\n");
            data.extend(&rest[..length]);
            if chunks.len() < 2 {
                chunks.push(&rest[..length]);
            }
            rest = &rest[length + 2..];
        };
        // `cargo lambda watch` tells them apart by that.
        if let [prelude, separator] = chunks[..] {
            assert!(serde_json::from_slice::<Value>(prelude).is_ok(), "{}", String::from_utf8_lossy(prelude));
            assert_eq!(separator, [0; 8]);
        }
        if let Some(end) = data.windows(8).position(|eight| eight == [0; 8]) {
            self.prelude = serde_json::from_slice(&data[..end]).unwrap();
            self.body = data[end + 8..].to_vec();
        }
        is_whole
    }

    /// The type and the message of the trailers.
    fn failure(&self) -> (String, String) {
        let value = |name: &str| {
            let line = self.trailers.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_else(|| panic!("no {name} in {:?}", self.trailers)).to_owned()
        };
        let body = decoded(&value("Lambda-Runtime-Function-Error-Body"));
        let body: Value = serde_json::from_slice(&body).unwrap();
        let error_type = value("Lambda-Runtime-Function-Error-Type");
        assert_eq!(body["errorType"], error_type);
        (error_type, body["errorMessage"].as_str().unwrap().to_owned())
    }
}

fn decoded(base64: &str) -> Vec<u8> {
    let digit =
        |byte| b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter().position(|&d| d == byte);
    let digits: Vec<usize> = base64.bytes().map_while(digit).collect();
    let bits = |four: &[usize]| four.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - four.len()));
    digits.chunks(4).flat_map(|four| bits(four).to_be_bytes()[5..].to_vec().into_iter().take(four.len() - 1)).collect()
}

/// A function in the mode that streams, and the connection on which it polls.
async fn start(app: Router) -> (RawApi, Socket) {
    let api = RawApi::start(|lodger| lodger.response_mode(ResponseMode::Stream).run(app)).await;
    let mut socket = api.accept().await;
    socket.poll().await;
    (api, socket)
}

fn from(front: &Front, sent: &Sent) -> Vec<u8> {
    invocation("id", &front.event(&sent.request()).unwrap(), "")
}

/// Hands out a request of a Function URL, and reads what is streamed.
async fn ask(socket: &mut Socket, sent: &Sent) -> Streamed {
    socket.write(from(&Front::function_url(), sent)).await;
    let streamed = Streamed::read(socket).await;
    socket.write(ACCEPTED).await;
    socket.poll().await;
    streamed
}

fn streams<S>(make: impl Fn() -> S + Clone + Send + Sync + 'static) -> Router
where
    S: Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
{
    Router::new().route("/stream", any(async move || Body::from_stream(make()))).fallback_service(probe::app())
}

fn after(milliseconds: u64, bytes: &'static str) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    stream::once(async move {
        sleep(Duration::from_millis(milliseconds)).await;
        Ok(Bytes::from_static(bytes.as_bytes()))
    })
}

#[tokio::test]
async fn what_is_at_hand_leaves_in_one_write_and_the_rest_when_it_comes() {
    // Each of the later events is made when the one before it has arrived.
    let gate = Arc::new(Notify::new());
    let app = {
        let gate = Arc::clone(&gate);
        let first = || ["retry: 1\n", "data: 1\n\n"].map(|event| Ok(Bytes::from_static(event.as_bytes())));
        let opened = move |gate: Arc<Notify>, event: &'static str| {
            stream::once(async move {
                gate.notified().await;
                Ok(Bytes::from_static(event.as_bytes()))
            })
        };
        streams(move || {
            let later = ["data: 2\n\n", "data: 3\n\n"].map(|event| opened(Arc::clone(&gate), event));
            stream::iter(first()).chain(stream::iter(later).flatten())
        })
    };
    let (_api, mut socket) = start(app).await;
    socket.write(from(&Front::function_url(), &Sent::get("/stream"))).await;
    let (mut all, mut streamed) = (vec![], Streamed::default());
    for length in [18, 27] {
        while streamed.body.len() < length {
            all.extend(socket.read().await.unwrap());
            streamed.parse(&all);
            streamed.reads.push(streamed.body.len());
        }
        assert_eq!(streamed.body.len(), length, "{streamed:?}");
        gate.notify_one();
    }
    let first = streamed.reads[0];
    assert!(first >= 9, "the first write has no frame in it: {streamed:?}");
    let streamed = Streamed::read_after(&mut socket, all).await;
    assert_eq!(streamed.prelude["statusCode"], 200);
    assert_eq!(streamed.prelude["headers"], json!({"content-type": "application/octet-stream"}));
    assert_eq!(streamed.body, b"retry: 1\ndata: 1\n\ndata: 2\n\ndata: 3\n\n");
    assert_eq!(streamed.trailers, "\r\n");
}

#[tokio::test]
async fn what_comes_as_soon_as_others_have_run_leaves_in_the_first_write_too() {
    // The other end of the connection, on which the body looks for what has left before it has anything.
    let (connection, first_leaves_alone) = (Arc::new(OnceLock::<TcpStream>::new()), Arc::new(AtomicBool::new(false)));
    let app = {
        let (connection, first_leaves_alone) = (Arc::clone(&connection), Arc::clone(&first_leaves_alone));
        streams(move || {
            let (connection, first_leaves_alone) = (Arc::clone(&connection), Arc::clone(&first_leaves_alone));
            stream::once(async move {
                tokio::task::yield_now().await;
                first_leaves_alone.store(connection.get().unwrap().peek(&mut [0]).is_ok(), SeqCst);
                Ok(Bytes::from_static(b"sent"))
            })
        })
    };
    let (_api, mut socket) = start(app).await;
    // It does not block, as the one that it is a copy of.
    connection.set(socket.0.as_fd().try_clone_to_owned().unwrap().into()).unwrap();
    assert_eq!(ask(&mut socket, &Sent::get("/stream")).await.body, b"sent");
    assert!(!first_leaves_alone.load(SeqCst));
}

#[tokio::test]
async fn a_stream_that_fails_ends_in_trailers_and_the_next_does_not() {
    let fails = || after(0, "begun").chain(stream::once(async { Err(std::io::Error::other("password=hunter2")) }));
    let app = streams(fails).route(
        "/panics",
        any(async || Body::from_stream(after(0, "begun").chain(stream::once(async { panic!("password=hunter2") })))),
    );
    let (_api, mut socket) = start(app).await;
    for (target, error_type, message) in [
        ("/stream", "Function.StreamFailed", "the body of the response failed"),
        ("/panics", "Function.Panicked", "the app panicked while it streamed"),
        // Before anything has come of it.
        ("/panic/body", "Function.Panicked", "the app panicked while it streamed"),
    ] {
        let streamed = ask(&mut socket, &Sent::get(target)).await;
        assert_eq!(streamed.failure(), (error_type.to_owned(), message.to_owned()));
        assert!(streamed.body == b"begun" || target == "/panic/body" && streamed.body.is_empty(), "{streamed:?}");
        let next = ask(&mut socket, &Sent::get("/reply/text")).await;
        assert_eq!(next.trailers, "\r\n");
    }
}

#[tokio::test]
async fn what_goes_wrong_before_the_head_is_an_answer_like_others() {
    let (_api, mut socket) = start(probe::app()).await;
    let streamed = ask(&mut socket, &Sent::get("/panic")).await;
    assert_eq!((&streamed.prelude["statusCode"], &streamed.body[..]), (&json!(500), &b"internal server error"[..]));
    let event = Front::function_url().event(&Sent::get("/").method("POST").body("x").request()).unwrap();
    let mut event: Value = serde_json::from_slice(&event).unwrap();
    event["body"] = json!("???");
    event["isBase64Encoded"] = json!(true);
    socket.write(invocation("id", event.to_string().as_bytes(), "")).await;
    let streamed = Streamed::read(&mut socket).await;
    assert_eq!(streamed.prelude["statusCode"], 400);
    assert!(String::from_utf8_lossy(&streamed.body).contains("not base64"), "{streamed:?}");
}

#[tokio::test]
async fn a_stream_without_a_body_ends_at_once() {
    let (_api, mut socket) = start(probe::app()).await;
    for (sent, status) in [
        (Sent::get("/status/204"), 204),
        (Sent::get("/status/304"), 304),
        (Sent::get("/reply/redirect"), 303),
        (Sent::get("/reply/empty"), 200),
        (Sent::get("/reply/text").method("HEAD"), 200),
        (Sent::get("/slow/60000").method("HEAD"), 200),
    ] {
        let streamed = ask(&mut socket, &sent).await;
        assert_eq!((&streamed.prelude["statusCode"], streamed.body.len()), (&json!(status), 0), "{streamed:?}");
        assert_eq!(streamed.reads.len(), 1, "{streamed:?}");
        assert!(streamed.prelude["headers"].get("content-length").is_none(), "{streamed:?}");
    }
}

#[tokio::test]
async fn the_prelude_is_in_the_form_of_its_front() {
    let (_api, mut socket) = start(probe::app()).await;
    let wanted = json!({"status": 201, "body": "x", "headers": [
        ["x-a", "1"], ["x-a", "2"], ["set-cookie", "a=1"], ["set-cookie", "b=2"], ["content-length", "1"],
        ["connection", "x-gone"], ["x-gone", "1"], ["transfer-encoding", "chunked"], ["content-type", "text/plain"]]});
    let sent = Sent::get("/respond").method("POST").header("content-type", "application/json").body(wanted.to_string());
    let url = ask(&mut socket, &sent).await;
    assert_eq!(
        url.prelude,
        json!({
            "statusCode": 201, "headers": {"x-a": "1, 2", "content-type": "text/plain"}, "cookies": ["a=1", "b=2"],
        })
    );
    socket.write(from(&Front::rest_api(), &sent)).await;
    let rest = Streamed::read(&mut socket).await;
    assert_eq!(
        rest.prelude,
        json!({
            "statusCode": 201, "multiValueHeaders": {"x-a": ["1", "2"], "content-type": ["text/plain"]},
            "cookies": ["a=1", "b=2"],
        })
    );
    socket.write(ACCEPTED).await;
    socket.poll().await;
    // `cargo lambda watch` wants the list of cookies.
    let none = ask(&mut socket, &Sent::get("/reply/empty")).await;
    assert_eq!(none.prelude, json!({"statusCode": 200, "headers": {}, "cookies": []}));
}

#[tokio::test]
async fn fronts_that_cannot_stream_get_their_answers_as_a_whole() {
    let (_api, mut socket) = start(probe::app()).await;
    for front in Front::all() {
        let streams = ["function-url", "rest-api"].contains(&front.name());
        socket.write(from(&front, &Sent::get("/slow/10"))).await;
        if streams {
            let streamed = Streamed::read(&mut socket).await;
            assert_eq!(streamed.body, b"begun ended", "{front}");
        } else {
            let answer = socket.answer("id").await;
            assert!(answer.contains("\"body\":\"begun ended\"") && answer.contains("content-length: "), "{answer}");
        }
        socket.write(ACCEPTED).await;
        socket.poll().await;
    }
}

#[tokio::test]
async fn the_gateway_warns_of_a_mode_that_is_not_the_fronts() {
    use lodger_gateway::Warning::{BufferedReply, StreamedReply};
    for (front, name) in [(Front::function_url(), "function-url"), (Front::rest_api(), "rest-api")] {
        for mode in [ResponseMode::Buffered, ResponseMode::Stream] {
            let api = on_lambda(|lodger| lodger.response_mode(mode).run(probe::app())).await;
            let sent = Sent::get("/reply/text").request();
            for _ in 0..2 {
                api.send(&front, &sent).await;
                api.send(&front.clone().streaming(), &sent).await;
            }
            let expected = match mode {
                ResponseMode::Buffered => BufferedReply { front: name },
                _ => StreamedReply { front: name, can_stream: true },
            };
            assert_eq!(api.warnings(), [expected], "{front} {mode:?}");
        }
    }
}

/// A body that tells when it is dropped, and how much was asked of it.
struct Endless {
    pieces: Arc<AtomicUsize>,
    is_dropped: Arc<AtomicBool>,
    /// After so many it waits for ever.
    stops_after: usize,
}

const PIECE: usize = 64 * 1024;

impl Stream for Endless {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.pieces.load(SeqCst) >= self.stops_after {
            return Poll::Pending;
        }
        self.pieces.fetch_add(1, SeqCst);
        Poll::Ready(Some(Ok(Bytes::from(vec![b'x'; PIECE]))))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.is_dropped.store(true, SeqCst);
    }
}

fn endless(stops_after: usize) -> (Router, Arc<AtomicUsize>, Arc<AtomicBool>) {
    let (pieces, is_dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let app = streams({
        let (pieces, is_dropped) = (Arc::clone(&pieces), Arc::clone(&is_dropped));
        move || Endless { pieces: Arc::clone(&pieces), is_dropped: Arc::clone(&is_dropped), stops_after }
    });
    (app, pieces, is_dropped)
}

async fn until(is: impl Fn() -> bool) {
    timeout(SOON, async {
        while !is() {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("it never was");
}

#[tokio::test]
async fn whoever_reads_decides_how_fast_it_is() {
    let (app, pieces, is_dropped) = endless(usize::MAX);
    let (_api, mut socket) = start(app).await;
    socket.write(from(&Front::function_url(), &Sent::get("/stream"))).await;
    let mut before = usize::MAX;
    // Until the buffers of the operating system are full.
    while before != pieces.load(SeqCst) {
        before = pieces.load(SeqCst);
        sleep(Duration::from_millis(200)).await;
    }
    let most = 16 << 20;
    assert!(before * PIECE < most, "{before} pieces were made, and nobody has read one");
    for _ in 0..64 {
        socket.read().await.unwrap();
    }
    until(|| pieces.load(SeqCst) > before).await;
    assert!(!is_dropped.load(SeqCst));
}

#[tokio::test]
async fn a_body_is_dropped_as_soon_as_nobody_wants_it() {
    // In the middle of what is written, and while the next frame is waited for; closed, and answered.
    for (stops_after, says) in [(usize::MAX, ""), (1, ""), (1, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")] {
        let (app, pieces, is_dropped) = endless(stops_after);
        let (api, mut socket) = start(app).await;
        socket.write(from(&Front::function_url(), &Sent::get("/stream"))).await;
        until(|| pieces.load(SeqCst) > 0).await;
        socket.read().await.unwrap();
        assert!(!is_dropped.load(SeqCst));
        socket.write(says).await;
        if says.is_empty() {
            socket.reset();
            until(|| is_dropped.load(SeqCst)).await;
        } else {
            until(|| is_dropped.load(SeqCst)).await;
        }
        // And the next is not its concern.
        let mut socket = api.accept().await;
        socket.poll().await;
        let next = ask(&mut socket, &Sent::get("/reply/text")).await;
        assert_eq!(next.prelude["statusCode"], 200);
    }
}

#[tokio::test]
async fn a_success_that_is_told_early_ends_nothing_but_the_end_of_the_connection_does() {
    let (_api, mut socket) = start(probe::app()).await;
    for split in [0, 5, ACCEPTED.len()] {
        let name = format!("accepted-{split}");
        socket.write(from(&Front::function_url(), &Sent::get(format!("/held/{name}")))).await;
        let begin = socket.read().await.unwrap();
        // In two parts, as it may come.
        let (first, second) = ACCEPTED.split_at(split);
        socket.write(first).await;
        sleep(Duration::from_millis(50)).await;
        socket.write(second).await;
        probe::let_go(&name);
        let rest = Streamed::read_after(&mut socket, begin).await;
        assert_eq!(rest.body, b"begun ended");
        // The next poll follows at once, as the answer is there.
        match rest.trailers.strip_prefix("\r\n").unwrap() {
            "" => socket.poll().await,
            next => assert!(next.starts_with("GET /2018-06-01/runtime/invocation/next "), "{next}"),
        }
    }

    let (app, pieces, is_dropped) = endless(1);
    let (_api, mut socket) = start(app).await;
    socket.write(from(&Front::function_url(), &Sent::get("/stream"))).await;
    until(|| pieces.load(SeqCst) > 0).await;
    socket.write(ACCEPTED).await;
    sleep(Duration::from_millis(50)).await;
    assert!(!is_dropped.load(SeqCst));
    socket.reset();
    until(|| is_dropped.load(SeqCst)).await;
}

#[tokio::test]
async fn that_an_answer_will_follow_ends_nothing_but_the_answer_may() {
    const INTERIM: &str = "HTTP/1.1 102 Processing\r\nx: 1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    let (_api, mut socket) = start(probe::app()).await;
    for split in [5, 10, 30, INTERIM.len()] {
        let name = format!("interim-{split}");
        socket.write(from(&Front::function_url(), &Sent::get(format!("/held/{name}")))).await;
        let begin = socket.read().await.unwrap();
        let (first, second) = INTERIM.split_at(split);
        socket.write(first).await;
        sleep(Duration::from_millis(50)).await;
        socket.write(second).await;
        probe::let_go(&name);
        assert_eq!(Streamed::read_after(&mut socket, begin).await.body, b"begun ended");
        socket.write(ACCEPTED).await;
        socket.poll().await;
    }

    let (app, pieces, is_dropped) = endless(1);
    let (_api, mut socket) = start(app).await;
    socket.write(from(&Front::function_url(), &Sent::get("/stream"))).await;
    until(|| pieces.load(SeqCst) > 0).await;
    socket.write(INTERIM).await;
    sleep(Duration::from_millis(50)).await;
    assert!(!is_dropped.load(SeqCst));
    socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n").await;
    until(|| is_dropped.load(SeqCst)).await;
}

#[tokio::test]
async fn an_answer_that_comes_while_nobody_reads_is_heard() {
    // What has been answered is not read any more, and the connection stays open.
    let (app, pieces, is_dropped) = endless(usize::MAX);
    let (api, mut socket) = start(app).await;
    socket.write(from(&Front::function_url(), &Sent::get("/stream"))).await;
    let mut before = usize::MAX;
    while before != pieces.load(SeqCst) {
        before = pieces.load(SeqCst);
        sleep(Duration::from_millis(200)).await;
    }
    socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n").await;
    until(|| is_dropped.load(SeqCst)).await;
    let mut next = api.accept().await;
    next.poll().await;
    let next = ask(&mut next, &Sent::get("/reply/text")).await;
    assert_eq!(next.prelude["statusCode"], 200);
}

/// On a thread of its own, which may be kept for ever.
#[test]
fn a_body_that_never_waits_lets_others_run_and_has_its_time() {
    let (done, is_done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let empty = || streams(|| stream::repeat_with(|| Ok(Bytes::new())));
            // Without a deadline the test itself is what else there is to run.
            for mode in [ResponseMode::Stream, ResponseMode::Buffered] {
                let api = RawApi::start(|lodger| lodger.response_mode(mode).run(empty())).await;
                let mut socket = api.accept().await;
                socket.poll().await;
                socket.write(from(&Front::function_url(), &Sent::get("/stream"))).await;
                sleep(Duration::from_millis(50)).await;
                api.running.abort();
            }
            let api = RawApi::start(|lodger| lodger.response_mode(ResponseMode::Buffered).run(empty())).await;
            let mut socket = api.accept().await;
            socket.poll().await;
            let event = Front::function_url().event(&Sent::get("/stream").request()).unwrap();
            socket.write(invocation("id", &event, &deadline(10))).await;
            sleep(Duration::from_millis(50)).await;
            clock::advance(Duration::from_secs(10)).await;
            assert!(socket.answer("id").await.contains("\"statusCode\":504"));
        });
        done.send(()).unwrap();
    });
    is_done.recv_timeout(SOON).expect("it kept its thread");
}

#[tokio::test]
async fn large_frames_arrive_as_they_were() {
    let frame = |seed: usize| (0..1_000_003_usize).map(|i| ((i * seed) >> 3) as u8).collect::<Vec<u8>>();
    let make = move || stream::iter([31, 7, 113].map(|seed| Ok(Bytes::from(frame(seed)))));
    let (_api, mut socket) = start(streams(make)).await;
    let streamed = ask(&mut socket, &Sent::get("/stream")).await;
    assert!(streamed.body == [frame(31), frame(7), frame(113)].concat(), "{} bytes", streamed.body.len());
}

#[tokio::test]
async fn frames_of_any_length_arrive_as_they_were() {
    let lengths = [0, 1, 32_767, 0, 32_768, 32_769, 2, 0];
    let frame = |length: usize| (0..length).map(|i| (i >> 3) as u8).collect::<Vec<_>>();
    let make = move || stream::iter(lengths.map(|length| Ok(Bytes::from(frame(length)))));
    let (_api, mut socket) = start(streams(make)).await;
    let streamed = ask(&mut socket, &Sent::get("/stream")).await;
    assert!(streamed.body == lengths.map(frame).concat(), "{} bytes", streamed.body.len());
}

#[tokio::test]
async fn an_endless_body_is_ended_as_well() {
    // Which never waits: of tiny frames that are read, and of large ones that nobody reads.
    let app = streams(|| stream::repeat_with(|| Ok(Bytes::from_static(b"x")))).route(
        "/large",
        any(async || Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![0; 1 << 20]))))),
    );
    let (api, mut socket) = start(app).await;
    let event = |target: &str| Front::function_url().event(&Sent::get(target).request()).unwrap();
    socket.write(invocation("id", &event("/stream"), &deadline(10))).await;
    let begin = socket.read().await.unwrap();
    clock::advance(Duration::from_secs(10)).await;
    assert_eq!(Streamed::read_after(&mut socket, begin).await.failure().0, "Function.Timeout");
    socket.write(ACCEPTED).await;
    socket.poll().await;

    socket.write(invocation("id", &event("/large"), &deadline(5))).await;
    socket.0.readable().await.unwrap();
    // It cannot be told, and the next is waited for all the same: from the deadline on, and not when half a minute is over.
    clock::advance(Duration::from_secs(5)).await;
    let mut next = timeout(SOON, api.accept()).await.expect("it hangs");
    next.poll().await;
}

/// A header that says how much time there is: some seconds more than a machine stands still, which a test then has pass.
fn deadline(seconds: u64) -> String {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(seconds);
    format!("Lambda-Runtime-Deadline-Ms: {}\r\n", at.as_millis())
}

#[tokio::test]
async fn before_its_time_is_over_a_request_is_cancelled() {
    let (has_begun, is_dropped) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    struct Tells(Arc<AtomicBool>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let hangs = {
        let (has_begun, is_dropped) = (Arc::clone(&has_begun), Arc::clone(&is_dropped));
        async move || -> Response {
            let _held = Tells(is_dropped);
            has_begun.store(true, SeqCst);
            std::future::pending().await
        }
    };
    let app = streams(|| after(0, "begun").chain(stream::pending())).route("/hangs", any(hangs));
    let api = RawApi::start(|lodger| {
        lodger.response_mode(ResponseMode::StreamUrl).deadline_margin(Duration::from_secs(60)).run(app)
    })
    .await;
    let mut socket = api.accept().await;
    socket.poll().await;
    let event = |front: Front, target: &str| front.event(&Sent::get(target).request()).unwrap();
    // A minute before its end, and not half a minute before that. Between the two a test may take half a minute.
    let passes = async |is_cancelled: &dyn Fn() -> bool| {
        clock::advance(Duration::from_secs(60)).await;
        sleep(Duration::from_millis(50)).await;
        assert!(!is_cancelled(), "it was cancelled too early");
        clock::advance(Duration::from_secs(30)).await;
    };

    socket.write(invocation("id", &event(Front::alb(), "/hangs"), &deadline(150))).await;
    until(|| has_begun.load(SeqCst)).await;
    passes(&|| is_dropped.load(SeqCst)).await;
    let answer = socket.answer("id").await;
    assert!(answer.contains("\"statusCode\":504") && is_dropped.load(SeqCst), "{answer}");
    socket.write(ACCEPTED).await;
    socket.poll().await;

    socket.write(invocation("id", &event(Front::function_url(), "/stream"), &deadline(150))).await;
    let mut begin = vec![];
    while !begin.ends_with(b"begun\r\n") {
        begin.extend(socket.read().await.unwrap());
    }
    passes(&|| socket.0.try_read(&mut [0]).is_ok()).await;
    let streamed = Streamed::read_after(&mut socket, begin).await;
    assert_eq!((&streamed.body[..], &*streamed.failure().0), (&b"begun"[..], "Function.Timeout"));
    socket.write(ACCEPTED).await;
    socket.poll().await;

    // Of little time half is left, and one that is past is not known.
    for (left, passes) in [(80, 30), (0, 3600)] {
        let name = format!("with-{left}-s-left");
        let held = event(Front::function_url(), &format!("/held/{name}"));
        socket.write(invocation("id", &held, &deadline(left))).await;
        let begin = socket.read().await.unwrap();
        clock::advance(Duration::from_secs(passes)).await;
        sleep(Duration::from_millis(50)).await;
        probe::let_go(&name);
        let streamed = Streamed::read_after(&mut socket, begin).await;
        assert_eq!((&streamed.body[..], &*streamed.trailers), (&b"begun ended"[..], "\r\n"), "{left}");
        socket.write(ACCEPTED).await;
        socket.poll().await;
    }

    // Who reads events is told of a failure, not of a status.
    let has_begun = Arc::new(AtomicBool::new(false));
    let begun = Arc::clone(&has_begun);
    let app = Router::new().fallback(async move || -> StatusCode {
        begun.store(true, SeqCst);
        std::future::pending().await
    });
    let api = RawApi::start(|lodger| lodger.events_path("/events").run(app)).await;
    let mut socket = api.accept().await;
    socket.poll().await;
    socket.write(invocation("id", b"{}", &deadline(10))).await;
    until(|| has_begun.load(SeqCst)).await;
    clock::advance(Duration::from_secs(10)).await;
    let answer = socket.request().await;
    assert!(answer.contains("/invocation/id/error") && answer.contains("504"), "{answer}");
}
