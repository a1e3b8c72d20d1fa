//! Any bytes as requests to Lodger's server, and to hyper's with the same app: the same requests, and the same responses.

#![no_main]

use std::{net::SocketAddr, time::Duration};

use arbitrary::Arbitrary;
use http::Response;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use libfuzzer_sys::fuzz_target;
use lodger::{Host, Lodger};
use lodger_fuzz::{
    app,
    frameworks::{Framework, serve},
    new_runtime, probe,
    sockets::{exchange, without_date},
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::oneshot,
    time::timeout,
};

/// The parts of requests, so that most inputs are nearly valid.
#[derive(Debug, Arbitrary)]
enum Part<'a> {
    Bytes(&'a [u8]),
    /// A request line.
    Line {
        method: u8,
        target: u8,
        version: u8,
    },
    /// A header about the connection or the body.
    Header {
        name: u8,
        value: u8,
    },
    EmptyLine,
    /// A chunk with the length of its data, or another one.
    Chunk {
        data: &'a [u8],
        added: u8,
    },
    LastChunk,
    /// A whole request, which an app must not get from the body of another one.
    Request,
}

const METHODS: &[&str] = &["GET", "POST", "HEAD", "OPTIONS", "CONNECT", "get", "G@T"];
const TARGETS: &[&str] =
    &["/", "/a?b", "//evil.example/x", "http://evil.example/x", "*", "evil.example:80", "/%2f..;a", "/\\", "a", ""];
const VERSIONS: &[&str] = &["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "http/1.1", ""];
const NAMES: &[&str] = &[
    "Content-Length",
    "content-length ",
    "Transfer-Encoding",
    "transfer-encoding\t",
    "Transfer_Encoding",
    "Connection",
    "Upgrade",
    "Expect",
    "Host",
    "TE",
    "Trailer",
    " folded",
    "x-a",
];
const VALUES: &[&str] = &[
    "0",
    "1",
    "5",
    "+5",
    "5, 5",
    "0x5",
    "05",
    "-1",
    "99999999999999999999",
    "chunked",
    "Chunked",
    "gzip, chunked",
    "chunked, identity",
    "xchunked",
    "\x0bchunked",
    "close",
    "keep-alive",
    "upgrade",
    "h2c",
    "100-continue",
    "example.com",
    "a\tb",
    "",
    "a\r\n b",
];

struct Server {
    runtime: Runtime,
    addr: SocketAddr,
}

thread_local! {
    static SERVER: Server = start();
}

/// The number of bytes that a server reads at once. Fewer bytes are never left unread.
const READ_AT_ONCE: usize = 8_000;

const SOON: Duration = Duration::from_secs(10);

fn start() -> Server {
    let runtime = new_runtime();
    let addr = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let (sender, listening) = oneshot::channel();
        tokio::spawn(async move {
            let lodger = Lodger::new().host(Host::Server).listener(listener).shutdown(std::future::pending());
            let lodger = lodger.on_listening(move |addr| sender.send(addr).expect("the target waits for it"));
            let ended = Framework::Hyper.run_send(lodger).await;
            panic!("the server has ended: {ended:?}");
        });
        listening.await.expect("the server listens")
    });
    Server { runtime, addr }
}

fuzz_target!(|parts: Vec<Part<'_>>| {
    let bytes: Vec<u8> = parts.iter().flat_map(Part::bytes).collect();
    // Lodger's server speaks HTTP/2 too.
    if b"PRI * HTTP/2.0".starts_with(&bytes[..bytes.len().min(14)]) {
        return;
    }
    SERVER.with(|server| {
        let by_lodger = server.run(async || {
            let socket = TcpStream::connect(server.addr).await.expect("the server listens");
            exchange(socket, &bytes).await
        });
        let by_hyper = server.run(async || {
            let (client, socket) = tokio::io::duplex(1 << 20);
            let service = hyper::service::service_fn(serve);
            // As `axum::serve` does.
            let builder = auto::Builder::new(TokioExecutor::new());
            let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
            tokio::join!(exchange(client, &bytes), connection).0
        });
        assert_eq!(by_lodger.0, by_hyper.0, "for {}", bytes.escape_ascii());
        // A server that closes a socket with unread bytes resets it, and the kernel drops the last responses (RFC 9112, section 9.6).
        // hyper's side has no socket.
        let is_cut_off = by_lodger.1.len() != by_hyper.1.len();
        assert!(!is_cut_off || bytes.len() > READ_AT_ONCE, "{} for {}", by_lodger.1, bytes.escape_ascii());
        assert!(by_hyper.1.starts_with(&by_lodger.1), "{} for {}", by_lodger.1, bytes.escape_ascii());
    });
});

/// The requests that an app has received, and the responses.
type Outcome = (Vec<(String, String, Vec<(String, String)>, Vec<u8>)>, String);

impl Server {
    fn run<F: Future<Output = Vec<u8>>>(&self, exchange: impl FnOnce() -> F) -> Outcome {
        app::plan(Response::new("response".into()));
        let received = self.runtime.block_on(async { timeout(SOON, exchange()).await });
        let received = received.expect("the server neither responds nor closes the connection");
        let requests = app::take_requests().into_iter().map(|mut seen| {
            make_origin_form(&mut seen);
            let mut headers = probe::headers(&seen.headers);
            headers.sort();
            (seen.method, seen.uri.to_string(), headers, seen.body.to_vec())
        });
        (requests.collect(), without_date(&received).escape_ascii().to_string())
    }
}

/// Moves the host of a URI into the header, as Lodger does (RFC 9112, section 3.2.2). hyper leaves that to the app.
fn make_origin_form(seen: &mut app::SeenRequest) {
    let (Some(authority), Some(target)) = (seen.uri.authority(), seen.uri.path_and_query()) else { return };
    let port = authority.port().map(|port| format!(":{port}")).unwrap_or_default();
    if let Ok(host) = format!("{}{port}", authority.host()).parse() {
        seen.headers.insert("host", host);
    }
    seen.uri = target.clone().into();
}

impl Part<'_> {
    fn bytes(&self) -> Vec<u8> {
        let of = |list: &[&'static str], index: &u8| list[usize::from(*index) % list.len()];
        match self {
            Self::Bytes(bytes) => bytes.to_vec(),
            Self::Line { method, target, version } => {
                format!("{} {} {}\r\n", of(METHODS, method), of(TARGETS, target), of(VERSIONS, version)).into_bytes()
            }
            Self::Header { name, value } => format!("{}: {}\r\n", of(NAMES, name), of(VALUES, value)).into_bytes(),
            Self::EmptyLine => b"\r\n".to_vec(),
            Self::Chunk { data, added } => {
                let length = data.len() + usize::from(*added % 4);
                [format!("{length:x}\r\n").as_bytes(), data, b"\r\n"].concat()
            }
            Self::LastChunk => b"0\r\n\r\n".to_vec(),
            Self::Request => b"GET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n".to_vec(),
        }
    }
}
