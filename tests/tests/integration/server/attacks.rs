//! Attacks on a server: requests of ambiguous length, and floods of HTTP/2 frames.

use std::net::SocketAddr;

use axum::{Router, routing::any};
use lodger::{Error, Lodger};
use lodger_tests::{
    client::{ClientRequest, send, try_send_bytes},
    probe,
    test_host::{Listening, TestApp, TestHost},
    wait::SOON,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::start;

/// Requests after which a proxy and the server may disagree about the begin of the next request, without the request line.
const AMBIGUOUS: &[&str] = &[
    "content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\ncontent-length: 6\r\n\r\n0\r\n\r\n",
    "content-length: 0\r\ncontent-length: 5\r\n\r\n",
    "content-length: +0\r\n\r\n",
    "content-length: 0, 5\r\n\r\n",
    "content-length: 18446744073709551616\r\n\r\n",
    "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "transfer-encoding: x\r\n\r\n0\r\n\r\n",
    "transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\n\r\n10000000000000000\r\n\r\n",
    "transfer-encoding: chunked\r\n\r\n+0\r\n\r\n",
];

async fn start_on_own_thread<F>(run: impl FnOnce(Lodger) -> F + Send + 'static) -> TestApp<Listening>
where
    F: Future<Output = Result<(), Error>>,
{
    TestHost::server().on_own_thread().start(run).await
}

#[tokio::test]
async fn never_serves_a_request_that_is_hidden_in_another() {
    for (framework, server) in [
        ("axum", start_on_own_thread(|lodger| lodger.run(probe::app())).await),
        ("actix-web", start_on_own_thread(|lodger| lodger.run(probe::actix_web::app)).await),
        ("warp", start_on_own_thread(|lodger| lodger.run(probe::warp::app())).await),
    ] {
        for framing in AMBIGUOUS {
            let hidden = "GET /reply/hidden HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
            let request = format!("POST /reply/text HTTP/1.1\r\nhost: h\r\n{framing}{hidden}");
            // The server may close the connection before it has read the second request.
            let response = try_send_bytes(server.addr(), request.as_bytes()).await.unwrap_or_default();
            let response = String::from_utf8_lossy(&response);
            assert!(response.matches("HTTP/1.1").count() <= 1, "{framework}: {framing}: {response}");
        }
        // Without the ambiguity, the server responds to both.
        let first = "POST /reply/text HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\n0\r\n\r\n";
        let both = [first.as_bytes(), &ClientRequest::get("/reply/text").bytes()].concat();
        let response = try_send_bytes(server.addr(), &both).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&response).matches("HTTP/1.1").count(), 2, "{framework}");
    }
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;
/// `:method: GET`, `:scheme: http` and `:path: /` of the static table.
const HEAD: &[u8] = &[0x82, 0x86, 0x84];
const ENHANCE_YOUR_CALM: u8 = 11;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Sends a flood until the server closes the connection. Returns the error code of its GOAWAY.
async fn flood(addr: SocketAddr, begin: Vec<u8>, mut next: impl FnMut() -> Vec<u8>) -> Option<u8> {
    let (mut read, mut write) = TcpStream::connect(addr).await.unwrap().into_split();
    let mut received = Vec::new();
    let sending = async {
        let mut written = write.write_all(&[PREFACE, &begin].concat()).await;
        while written.is_ok() {
            written = write.write_all(&next()).await;
        }
    };
    // The connection may be reset at the end.
    let exchange = async { tokio::join!(sending, read.read_to_end(&mut received)) };
    let _ = timeout(SOON, exchange).await.expect("the server does not end the flood");
    let mut rest = &received[..];
    while let [a, b, c, kind, _flags, _, _, _, _, after @ ..] = rest {
        let (payload, after) = after.split_at_checked(u32::from_be_bytes([0, *a, *b, *c]) as usize)?;
        if *kind == GOAWAY && payload.get(7) != Some(&0) {
            return payload.get(7).copied();
        }
        rest = after;
    }
    None
}

/// Starts an app that never responds to a request for `/`.
async fn start_silent_app() -> TestApp<Listening> {
    let app = Router::new().route("/", any(std::future::pending::<&str>)).fallback(async || "served");
    start(|lodger| lodger.run(app)).await
}

#[tokio::test]
async fn ends_a_connection_that_resets_streams_rapidly() {
    let server = start_silent_app().await;
    let mut stream = 1;
    let resets = || {
        let mut frames = Vec::new();
        for _ in 0..500 {
            frames.extend(frame(HEADERS, END_HEADERS, stream, HEAD));
            frames.extend(frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
            stream += 2;
        }
        frames
    };
    let error = flood(server.addr(), Vec::new(), resets).await;
    assert_eq!(error, Some(ENHANCE_YOUR_CALM));
    assert_eq!(send(server.addr(), &ClientRequest::get("/x")).await.body(), "served");
}

#[tokio::test]
async fn ends_a_connection_with_headers_that_never_end() {
    let server = start_silent_app().await;
    // A literal header of 15,000 bytes that is not indexed.
    let header = [&b"\x00\x01x\x7f\x99\x74"[..], &[b'v'; 15_000]].concat();
    let begin = frame(HEADERS, 0, 1, HEAD);
    let error = flood(server.addr(), begin, || frame(CONTINUATION, 0, 1, &header)).await;
    assert_eq!(error, Some(ENHANCE_YOUR_CALM));
    assert_eq!(send(server.addr(), &ClientRequest::get("/x")).await.body(), "served");
}

#[tokio::test]
async fn ends_a_connection_that_sends_empty_frames() {
    let server = start_silent_app().await;
    let begin = frame(HEADERS, END_HEADERS, 1, HEAD);
    let error = flood(server.addr(), begin, || frame(DATA, 0, 1, b"").repeat(1000)).await;
    assert_eq!(error, Some(ENHANCE_YOUR_CALM));
    assert_eq!(send(server.addr(), &ClientRequest::get("/x")).await.body(), "served");
}
