//! Requests of Vercel's proxy with any internal headers: the app sees none of them, and each request ends with one message.

#![no_main]

use std::{cell::RefCell, net::SocketAddr, path::PathBuf, time::Duration};

use arbitrary::Arbitrary;
use http::Response;
use libfuzzer_sys::fuzz_target;
use lodger::{Host, Lodger};
use lodger_fuzz::{app, frameworks::Framework, http_message::AnyRequest, new_runtime, sockets::exchange};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::{TcpStream, UnixListener, UnixStream},
    runtime::Runtime,
    time::timeout,
};

#[derive(Debug, Arbitrary)]
struct Input {
    request: AnyRequest,
    /// The names in [`NAMES`] and values.
    headers: Vec<(u8, Vec<u8>)>,
}

const NAMES: &[&str] = &[
    "x-vercel-internal-invocation-id",
    "x-vercel-internal-request-id",
    "X-Vercel-Internal-Request-Id",
    "x-vercel-internal-span-id",
    "x-vercel-internal-trace-id",
    "x-vercel-internal-oidc-token",
    "x-vercel-internal-other",
    "x-vercel-oidc-token",
    "x-vercel-sc-no-header-leak",
    "x-vercel-sc-headers",
    "x-vercel-sc-host",
    "x-vercel-sc-basepath",
    "x-vercel-sc-protocol",
    "x-vercel-sc-runtime-cache",
    "x-vercel-forwarded-for",
    "x-real-ip",
    "x-forwarded-host",
];

struct Vercel {
    runtime: Runtime,
    addr: SocketAddr,
    messages: RefCell<BufReader<UnixStream>>,
}

thread_local! {
    static VERCEL: Vercel = start();
}

const SOON: Duration = Duration::from_secs(10);

/// Starts the function, and waits for its first message.
fn start() -> Vercel {
    let runtime = new_runtime();
    let path: PathBuf = std::env::temp_dir().join(format!("lodger-fuzz-{}.sock", std::process::id()));
    let (messages, port) = runtime.block_on(async {
        let listener = UnixListener::bind(&path).expect("the name is not taken");
        let ipc_path = path.to_str().expect("a text").to_owned();
        tokio::spawn(async move {
            let lodger = Lodger::new().host(Host::Vercel).vercel_ipc_path(ipc_path).shutdown(std::future::pending());
            let ended = Framework::Hyper.run_send(lodger).await;
            panic!("the function has ended: {ended:?}");
        });
        let (socket, _) = listener.accept().await.expect("the function connects");
        let mut messages = BufReader::new(socket);
        let started = next_message(&mut messages).await.expect("the first message");
        (messages, started["payload"]["httpPort"].as_u64().expect("a port"))
    });
    let _ = std::fs::remove_file(path);
    let addr = ([127, 0, 0, 1], u16::try_from(port).expect("a port")).into();
    Vercel { runtime, addr, messages: RefCell::new(messages) }
}

/// Reads a message. `None` after a while without one.
async fn next_message(messages: &mut BufReader<UnixStream>) -> Option<Value> {
    let mut message = vec![];
    timeout(SOON, messages.read_until(0, &mut message)).await.ok()?.expect("the socket is open");
    assert_eq!(message.pop(), Some(0), "a message ends with a NUL");
    Some(serde_json::from_slice(&message).expect("a message is JSON"))
}

fuzz_target!(|input: Input| {
    let mut sent = input.request.0;
    for (name, value) in input.headers.iter().take(12) {
        let value: Vec<u8> =
            value.iter().copied().filter(|&byte| byte == b'\t' || byte >= b' ' && byte != 0x7f).collect();
        sent = sent.header(NAMES[usize::from(*name) % NAMES.len()], value.trim_ascii());
    }
    app::plan(Response::default());
    VERCEL.with(|vercel| {
        vercel.runtime.block_on(async {
            let socket = TcpStream::connect(vercel.addr).await.expect("the function listens");
            let response = timeout(SOON, exchange(socket, &sent.bytes())).await.expect("the function responds");
            assert!(response.starts_with(b"HTTP/1.1 200 "), "{}", response.escape_ascii());
            let [seen] = &app::take_requests()[..] else { panic!("the app gets one request") };
            check_headers(seen, &sent.headers);
            let first = |wanted: &str| {
                let (_, value) = sent.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
                Some(String::from_utf8_lossy(value).into_owned())
            };
            if let (Some(invocation), Some(request)) = (first(NAMES[0]), first(NAMES[1])) {
                let context =
                    json!({"invocationId": invocation, "requestId": request.parse::<u64>().unwrap_or_default()});
                let end = json!({"type": "end", "payload": {"context": context, "error": null}});
                let message = next_message(&mut vercel.messages.borrow_mut()).await;
                assert_eq!(message, Some(end), "each request ends with one message");
            }
            // A message that arrives later fails the next input.
            let mut messages = vercel.messages.borrow_mut();
            let rest = timeout(Duration::from_micros(100), messages.fill_buf()).await;
            assert!(rest.is_err(), "another message: {rest:?}");
        });
    });
});

/// Checks that the app sees the headers of the client, and none of the platform's own.
fn check_headers(seen: &app::SeenRequest, sent: &[(String, Vec<u8>)]) {
    assert!(seen.uri.authority().is_none() && seen.uri.path().starts_with('/'), "{:?}", seen.uri);
    let is_leaking =
        sent.iter().find(|(name, _)| *name == "x-vercel-sc-no-header-leak").is_some_and(|(_, value)| !value.is_empty());
    for name in seen.headers.keys().map(http::HeaderName::as_str) {
        assert!(!name.starts_with("x-vercel-internal-") && name != "x-vercel-sc-runtime-cache", "the app sees {name}");
        assert!(!is_leaking || !name.starts_with("x-vercel-sc-"), "the app sees {name}");
    }
    let is_internal = |name: &str| name.starts_with("x-vercel-") || matches!(name, "host" | "x-forwarded-host");
    for (name, value) in sent.iter().map(|(name, value)| (name.to_ascii_lowercase(), value)) {
        let mut values = seen.headers.get_all(&name).iter();
        assert!(
            is_internal(&name) || values.any(|seen| seen.as_bytes() == value),
            "the app does not see {name}: {}",
            value.escape_ascii()
        );
    }
}
