//! SIGTERM and SIGINT: requests in flight, the grace period, and the exit status.

use std::{
    net::SocketAddr,
    os::unix::process::ExitStatusExt,
    pin::pin,
    thread,
    time::{Duration, Instant},
};

use http_body_util::{BodyExt, Full};
use lodger_gateway::{Front, RuntimeApi, Vercel, VercelMessage};
use lodger_tests::{
    client::{ClientRequest, begin_response},
    program::{Exit, SEPARATE_SIGNALS},
    wait::SOON,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::block_in_place,
    time::timeout,
};

use super::start;

/// A response of which the first part has arrived.
struct BegunResponse(TcpStream);

impl BegunResponse {
    async fn request(addr: SocketAddr, target: &'static str) -> Self {
        let mut socket = TcpStream::connect(addr).await.unwrap();
        begin_response(&mut socket, target).await;
        Self(socket)
    }

    async fn rest(mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).await.unwrap();
        rest
    }
}

/// A request in flight that lets the app go on with `/held/{name}` once its body is complete. During the shutdown the server
/// accepts no other request.
struct LetGoRequest(TcpStream);

impl LetGoRequest {
    async fn begin(addr: SocketAddr, name: &str) -> Self {
        let mut socket = TcpStream::connect(addr).await.unwrap();
        let head = format!(
            "POST /let-go/{name} HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\ncontent-length: 1\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        Self(socket)
    }

    async fn complete(mut self) {
        self.0.write_all(b"x").await.unwrap();
        let mut response = String::new();
        self.0.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn responds_to_requests_in_flight_before_a_signal_ends_the_process() {
    for signal in ["TERM", "INT"] {
        let mut process = start(&[("LODGER_ADDR", "127.0.0.1:0")]);
        let addr = process.listening_addr();
        let let_go = LetGoRequest::begin(addr, "in-flight").await;
        // The server accepts connections in order, so both requests are in flight once this response has begun.
        let response = BegunResponse::request(addr, "/held/in-flight").await;
        process.signal_twice(signal);
        let line = process.read_line();
        assert!(line.starts_with("lodger: shutting down: waiting up to 10s for requests in flight"), "{line}");
        // The kernel may deliver two signals at once as one. This one is apart, and within a second.
        process.signal(signal);
        let_go.complete().await;
        let Exit { status, stderr: log, .. } = block_in_place(|| process.wait());
        assert!(status.success(), "{signal}: {status}");
        // `main` goes on after `run`.
        assert_eq!(log, "probe: ended\n", "{signal}");
        assert!(response.rest().await.contains("ended"), "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cuts_off_requests_after_the_grace_period_and_at_a_second_signal() {
    for (grace, has_second_signal, reason) in
        [("0.2", false, "200ms after the shutdown began"), ("3600", true, "received a second signal")]
    {
        let mut process = start(&[("LODGER_ADDR", "127.0.0.1:0"), ("LODGER_GRACE", grace)]);
        let addr = process.listening_addr();
        let response = BegunResponse::request(addr, "/held/for-ever").await;
        process.signal("TERM");
        let line = process.read_line();
        assert!(line.starts_with("lodger: shutting down: "), "{line}");
        if has_second_signal {
            thread::sleep(SEPARATE_SIGNALS);
            process.signal_until_exit("TERM");
        }
        let Exit { status, stderr: log, .. } = block_in_place(|| process.wait());
        // A second signal ends the process, and a grace period ends `run` only.
        let (signal, succeeds) = if has_second_signal { (Some(15), false) } else { (None, true) };
        assert_eq!((status.signal(), status.success()), (signal, succeeds), "{reason}: {status}");
        assert!(log.contains(reason) && log.ends_with("probe: ended\n") == succeeds, "{log}");
        assert!(!response.rest().await.contains("ended"), "{reason}");
    }
}

/// Sends SIGTERM during an invocation of `/held/{name}`, on a function with `LODGER_SIGTERM`. The process must not end before
/// `minimum`. The name begins with `said`, so that the probe prints a line during the invocation.
async fn check_sigterm_on_lambda(slots: usize, name: &str, grace: &str, minimum: Duration, is_cut_off: bool) {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(slots);
    let (slots, address) = (slots.to_string(), api.address());
    let mut process = start(&[
        ("AWS_LAMBDA_RUNTIME_API", &*address),
        ("AWS_LAMBDA_MAX_CONCURRENCY", &slots),
        ("LODGER_SIGTERM", "on"),
        ("LODGER_GRACE", grace),
    ]);
    assert_eq!(api.send(&Front::function_url(), &ClientRequest::get("/").request()).await.status(), 200);
    assert_eq!(api.extensions(), ["lodger"]);
    let event = Front::function_url().event(&ClientRequest::get(format!("/held/{name}")).request()).unwrap();
    let mut invocation = pin!(api.invoke(event));
    tokio::select! {
        biased;
        result = invocation.as_mut() => panic!("{result:?}"),
        line = async { block_in_place(|| process.read_line()) } => assert_eq!(line, format!("probe: {name} is held\n")),
    }
    let signalled = Instant::now();
    process.signal("TERM");
    let result = timeout(SOON, invocation).await.expect("no reply").unwrap();
    let Ok(reply) = result else { panic!("{name}: an error") };
    let reply: Value = serde_json::from_slice(&reply).unwrap();
    let expected = if is_cut_off { (504, "the function is shutting down") } else { (200, "begun ended") };
    assert_eq!((&reply["statusCode"], &reply["body"]), (&json!(expected.0), &json!(expected.1)), "{name}");
    let Exit { status, stderr: log, .. } = block_in_place(|| process.wait());
    assert!(status.success() && log.ends_with("probe: ended\n"), "{status}: {log}");
    assert_eq!(log.contains("cancelled invocations that were in flight 400ms"), is_cut_off, "{log}");
    assert!(signalled.elapsed() > minimum, "{log}");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_shuts_down_a_function_with_lodger_sigterm() {
    for slots in [1, 4] {
        check_sigterm_on_lambda(slots, "said-until-sigterm", "3000", Duration::from_millis(500), false).await;
        check_sigterm_on_lambda(slots, "said-for-ever", "", Duration::from_millis(300), true).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_kills_a_function_without_lodger_sigterm() {
    // Lambda does not send SIGTERM to a function without extensions.
    let api = RuntimeApi::start().await.unwrap();
    let process = start(&[("AWS_LAMBDA_RUNTIME_API", &*api.address())]);
    assert_eq!(api.send(&Front::function_url(), &ClientRequest::get("/").request()).await.status(), 200);
    assert_eq!(api.extensions(), [""; 0]);
    process.signal("TERM");
    let Exit { status, stderr: log, .. } = block_in_place(|| process.wait());
    assert_eq!(status.signal(), Some(15), "{status}: {log}");
    assert_eq!(log, "");
}

/// The ids of the requests whose end the process has reported.
fn ended_requests(platform: &Vercel) -> Vec<u64> {
    let messages = platform.messages().into_iter();
    messages
        .filter_map(|message| match message {
            VercelMessage::End { request_id, .. } => Some(request_id),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_vercel_responds_and_reports_the_end_before_a_signal_ends_the_process() {
    let platform = Vercel::start().unwrap();
    // Vercel runs functions on Lambda, so both hosts have their variables.
    let vars = [("VERCEL_IPC_PATH", &*platform.ipc_path()), ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"), ("PORT", "1")];
    let started = Instant::now();
    let process = start(&vars);
    platform.address().await.unwrap();
    let [VercelMessage::ServerStarted { init_duration, .. }] = platform.messages()[..] else {
        panic!("{:?}", platform.messages())
    };
    // Linux rounds the start of the process and the present to 10 ms.
    let maximum = started.elapsed() + Duration::from_millis(20);
    assert!(init_duration <= maximum, "{init_duration:?} of {maximum:?}");
    let mut request = ClientRequest::get("/held/until-sigterm").request().map(Full::new);
    let id = platform.add_headers(request.headers_mut());
    let mut body = platform.send(request).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    process.signal("TERM");
    assert_eq!(body.collect().await.unwrap().to_bytes(), "ended");
    platform.wait_for_end(id).await;
    let Exit { status, stderr: log, .. } = block_in_place(|| process.wait());
    assert!(status.success() && log.ends_with("probe: ended\n"), "{status}: {log}");
    assert_eq!((ended_requests(&platform), platform.protocol_errors()), (vec![id], vec![]));
}
