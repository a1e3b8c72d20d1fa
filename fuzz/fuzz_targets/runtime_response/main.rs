//! Any bytes as a response of the Runtime API, in pieces of any size: the client neither panics nor waits after the end. It reads what
//! hyper reads.

#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use libfuzzer_sys::fuzz_target;
use lodger_fuzz::new_runtime;
use lodger_runtime_api::fuzzing::{Response, read_response};
use tokio::{
    io::{AsyncWriteExt as _, duplex},
    net::TcpListener,
    runtime::Runtime,
    time::timeout,
};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    /// The size of the pieces in which the response arrives.
    piece: u8,
    response: &'a [u8],
}

struct Peer {
    runtime: Runtime,
    listener: TcpListener,
}

thread_local! {
    static PEER: Peer = {
        let runtime = new_runtime();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a loopback port is free");
        Peer { runtime, listener }
    };
}

/// Nothing arrives later, so a longer wait is a wait forever.
const SOON: Duration = Duration::from_secs(10);

fuzz_target!(|input: Input<'_>| {
    PEER.with(|peer| {
        let by_lodger = peer
            .runtime
            .block_on(async { timeout(SOON, peer.send(&input)).await })
            .expect("the client waits after the end");
        let by_hyper = peer.runtime.block_on(read_with_hyper(input.response));
        match (by_lodger, by_hyper) {
            (Ok(read), by_hyper) => {
                check(&read);
                match by_hyper {
                    Ok(expected) if expected.0 != SWITCHING_PROTOCOLS => {
                        let headers: Vec<_> = read
                            .headers
                            .iter()
                            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
                            .collect();
                        assert_eq!((read.status, headers, read.body), expected);
                    }
                    Ok(_) => {}
                    Err(error) => assert!(is_lenient(input.response, &read, &error), "hyper rejects {read:?}: {error}"),
                }
            }
            (Err(error), Ok(expected)) if expected.0 != SWITCHING_PROTOCOLS => {
                let message = error.to_string();
                // hyper accepts lines that end without a carriage return. Lodger waits for the two that end a head.
                let waits = message == "unexpected end of file" && has_bare_line_feed(input.response);
                let is_strict = waits || REASONS.iter().any(|reason| message.contains(reason));
                assert!(is_strict, "{message}, and hyper reads {expected:?}");
            }
            (Err(_), _) => {}
        }
    });
});

/// hyper takes a 101 for a final response. To Lodger it is an interim response, because no request asks for another protocol.
const SWITCHING_PROTOCOLS: u16 = 101;

/// The reasons for which Lodger rejects a response that hyper accepts. Each is stricter on purpose.
const REASONS: &[&str] = &[
    // A value may be sent back to the Runtime API, or become an environment variable.
    "invalid control character",
    // hyper takes a carriage return within a line for the end of the line or for white space.
    "invalid end of a line",
    // To hyper, a line feed alone is an empty line, after which the body begins.
    "empty line",
    // hyper reads a body up to the end of the connection then.
    "unknown transfer-encoding",
    // hyper accepts 100 headers.
    "too many headers",
    // hyper accepts a space before the colon and continued lines in responses.
    "invalid header name",
];

impl Peer {
    /// Sends the response to Lodger's client, and then ends the connection.
    async fn send(&self, input: &Input<'_>) -> std::io::Result<Response> {
        let port = self.listener.local_addr()?.port();
        let respond = async {
            let (mut socket, _) = self.listener.accept().await?;
            socket.set_nodelay(true)?;
            for piece in input.response.chunks(usize::from(input.piece).max(1) * 16) {
                // Fails if the client has closed the connection.
                let _ = socket.write_all(piece).await;
                tokio::task::yield_now().await;
            }
            let _ = socket.shutdown().await;
            std::io::Result::Ok(socket)
        };
        let (read, socket) = tokio::join!(read_response(port), respond);
        drop(socket?);
        read
    }
}

/// A status, headers with names in lower case, and a body.
type Read = (u16, Vec<(Vec<u8>, Vec<u8>)>, Bytes);

async fn read_with_hyper(response: &[u8]) -> hyper::Result<Read> {
    let (client, mut server) = duplex(response.len() + 4096);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(client)).await?;
    let exchange = async {
        let request = http::Request::get("/").header("host", "h").body(Empty::<Bytes>::new()).expect("a valid request");
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let all = response.headers().iter();
        let headers = all.map(|(name, value)| (name.as_str().as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
        Ok((status, headers, response.into_body().collect().await?.to_bytes()))
    };
    let respond = async {
        // After the request: hyper rejects data before it.
        let mut head = [0; 16];
        let _ = tokio::io::AsyncReadExt::read(&mut server, &mut head).await;
        let _ = server.write_all(response).await;
        let _ = server.shutdown().await;
    };
    let (read, ..) = tokio::join!(exchange, connection.with_upgrades(), respond);
    read
}

/// Checks a response by itself.
fn check(response: &Response) {
    assert!((0..=999).contains(&response.status) && response.status / 100 != 1, "the status {}", response.status);
    assert!(response.headers.len() <= 64);
    let is_control = |byte: &u8| *byte < b' ' && *byte != b'\t' || *byte == 0x7f;
    for (name, value) in &response.headers {
        // A tab inside of a name is invalid too. Lodger compares names with those that it knows, so that it drops such a header.
        let is_invalid = |byte: &u8| is_control(byte) || matches!(byte, b' ' | b':');
        assert!(!name.iter().any(is_invalid) && name.trim_ascii() == name, "the name {name:?}");
        assert!(!value.iter().any(is_control), "the value {value:?}");
    }
}

/// Whether Lodger accepts a response on purpose that hyper rejects. Lodger compares names with those that it knows and drops others, and
/// drops trailers, extensions of chunks and interim responses without reading them.
fn is_lenient(response: &[u8], read: &Response, error: &hyper::Error) -> bool {
    let has_chunks = read.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"transfer-encoding"));
    let is_in_body = error.to_string().contains("reading a body");
    let has_interim = response.windows(10).any(|start| matches!(start, b"HTTP/1.1 1" | b"HTTP/1.0 1"));
    has_interim
        || has_chunks && is_in_body
        || read.headers.iter().any(|(name, _)| http::HeaderName::from_bytes(name).is_err())
}

fn has_bare_line_feed(response: &[u8]) -> bool {
    response.starts_with(b"\n") || response.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r')
}
