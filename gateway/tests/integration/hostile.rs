//! Clients that break HTTP, send without end, or leave. None of them stops a port of the gateway.

use std::{net::SocketAddr, sync::Arc};

use lodger_gateway::{Front, RuntimeApi, Server};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, tcp::OwnedWriteHalf},
};

use crate::support::{RawFunction, fetch, run_function, soon};

const MEGABYTE: usize = 1 << 20;

/// A server in front of a function that serves `GET /`, and panics at any other request.
async fn start() -> (Server, Arc<RuntimeApi>) {
    let api = Arc::new(RuntimeApi::start().await.unwrap());
    tokio::spawn(run_function(api.address(), |event| {
        let (path, body) = (event.get("rawPath"), event.get("body"));
        assert_eq!((path, body), (Some(&json!("/")), None), "the function got a hostile request");
        json!({"statusCode": 200})
    }));
    let server = Server::start("127.0.0.1:0", Front::http_api(), Arc::clone(&api)).await.unwrap();
    (server, api)
}

async fn is_serving(addr: SocketAddr) -> bool {
    let request = fetch(addr, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    soon(request).await.0.starts_with("http/1.1 200 ")
}

/// Sends bytes, and returns everything that the server sends until it closes the connection.
async fn send(addr: SocketAddr, bytes: &[u8]) -> String {
    send_with(addr, async |mut socket| {
        let _ = socket.write_all(bytes).await;
        socket
    })
    .await
}

/// Sends bytes while it reads the response.
async fn send_with(addr: SocketAddr, write: impl AsyncFnOnce(OwnedWriteHalf) -> OwnedWriteHalf) -> String {
    let (mut read, socket) = TcpStream::connect(addr).await.unwrap().into_split();
    let mut response = Vec::new();
    let exchange = async {
        // The connection may be reset after the response.
        let (_open, _) = tokio::join!(write(socket), read.read_to_end(&mut response));
    };
    soon(exchange).await;
    String::from_utf8_lossy(&response).into_owned()
}

/// Requests whose length is invalid or ambiguous, without the request line.
const INVALID_FRAMING: &[&str] = &[
    "content-length: 18446744073709551616\r\n\r\n",
    "content-length: -1\r\n\r\n",
    "content-length: +5\r\n\r\nhello",
    "content-length: 5 5\r\n\r\nhello",
    "content-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
    "content-length: 5, 6\r\n\r\nhello!",
    "transfer-encoding: chunked, x\r\n\r\n0\r\n\r\n",
    "transfer-encoding: x\r\n\r\nhello",
    "transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\n\r\n5\r\nhello!!\r\n0\r\n\r\n",
];

#[tokio::test]
async fn rejects_invalid_framing_and_serves_the_next_client() {
    let (server, api) = start().await;
    for framing in INVALID_FRAMING {
        let request = format!("POST /x HTTP/1.1\r\nhost: localhost\r\n{framing}");
        let response = send(server.address(), request.as_bytes()).await;
        assert!(response.starts_with("HTTP/1.1 400 "), "{framing}: {response}");
        assert_eq!(response.matches("HTTP/1.1").count(), 1, "{framing}: {response}");
    }
    assert!(is_serving(server.address()).await);
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn rejects_a_declared_length_over_10_mb_before_the_body() {
    let (server, _api) = start().await;
    for length in ["10485761", "18446744073709551613"] {
        // A client that waits for the permission to send the body, and one that sends nothing more.
        for expect in ["expect: 100-continue\r\n", ""] {
            let head = format!("POST /x HTTP/1.1\r\nhost: localhost\r\n{expect}content-length: {length}\r\n\r\n");
            let mut socket = TcpStream::connect(server.address()).await.unwrap();
            socket.write_all(head.as_bytes()).await.unwrap();
            let mut status = [0; 12];
            soon(socket.read_exact(&mut status)).await.unwrap();
            assert_eq!(&status, b"HTTP/1.1 413", "{length} {expect}");
        }
    }
}

#[tokio::test]
async fn ends_an_endless_body_and_an_endless_head() {
    let (server, api) = start().await;
    let megabyte = "x".repeat(MEGABYTE);
    for (begin, part, status) in [
        ("transfer-encoding: chunked\r\n\r\n", format!("{MEGABYTE:x}\r\n{megabyte}\r\n"), "413"),
        ("x: ", megabyte, "431"),
        ("", "a: b\r\n".repeat(1000), "431"),
    ] {
        let flood = async |addr| {
            let response = send_with(addr, async |mut socket| {
                let begin = format!("POST /x HTTP/1.1\r\nhost: localhost\r\n{begin}");
                let mut written = socket.write_all(begin.as_bytes()).await;
                // Until the server closes the connection.
                while written.is_ok() {
                    written = socket.write_all(part.as_bytes()).await;
                }
                socket
            })
            .await;
            // The reset of the connection may overtake the response. The Runtime API rejects the path, and reads no body.
            let expected = ["", &format!("HTTP/1.1 {status} "), "HTTP/1.1 404 "];
            let has_begun = |begin: &&str| response.starts_with(*begin) && (!begin.is_empty() || response.is_empty());
            assert!(expected.iter().any(has_begun), "{begin}: {response}");
        };
        tokio::join!(flood(server.address()), flood(api.address().parse().unwrap()));
    }
    assert!(is_serving(server.address()).await);
}

#[tokio::test]
async fn serves_other_clients_after_some_have_left() {
    let (server, api) = start().await;
    for addr in [server.address(), api.address().parse().unwrap()] {
        for begun in [
            "",
            "P",
            "POST /x HTTP/1.1\r\nhost: localh",
            "POST /x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nhe",
            "POST /x HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhe",
        ] {
            let mut socket = TcpStream::connect(addr).await.unwrap();
            socket.write_all(begun.as_bytes()).await.unwrap();
            socket.shutdown().await.unwrap();
            // The end of the connection shows that the server has noticed.
            soon(socket.read_to_end(&mut Vec::new())).await.unwrap();
        }
    }
    assert!(is_serving(server.address()).await);
}

#[tokio::test]
async fn a_reply_with_invalid_framing_fails_one_invocation() {
    let api = RuntimeApi::start().await.unwrap();
    let addr = api.address().parse().unwrap();
    for framing in INVALID_FRAMING.iter().filter(|framing| framing.starts_with("transfer-encoding: chunked\r\n")) {
        let mut function = RawFunction::connect(&api).await;
        let (result, ()) = soon(async {
            tokio::join!(api.invoke("{}"), async {
                let id = function.poll().await;
                let path = format!("/2018-06-01/runtime/invocation/{id}/response");
                let response =
                    send(addr, format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{framing}").as_bytes()).await;
                assert!(response.starts_with("HTTP/1.1 4"), "{framing}: {response}");
            })
        })
        .await;
        assert!(result.is_err(), "{framing}: {result:?}");
    }
    tokio::spawn(run_function(api.address(), |event| event));
    assert_eq!(soon(api.invoke("{}")).await.unwrap(), Ok("{}".into()));
}
