//! Vercel on a port, before a function that is no more than a socket.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what helps a test may panic as well")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use lodger_gateway::{Server, Vercel};
use serde_json::json;
use support::sent;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
};

/// The largest body of a request.
const MAX_BODY: usize = 4_718_592;

struct Started {
    vercel: Arc<Vercel>,
    server: Server,
    /// Where the function listens.
    function: TcpListener,
    _ipc: UnixStream,
}

async fn start() -> Started {
    let vercel = Arc::new(Vercel::start().unwrap());
    let server = Server::start_vercel("127.0.0.1:0", Arc::clone(&vercel)).await.unwrap();
    let function = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut ipc = UnixStream::connect(vercel.ipc_path()).await.unwrap();
    let payload = json!({"initDuration": 1, "httpPort": function.local_addr().unwrap().port()});
    ipc.write_all(format!("{}\0", json!({"type": "server-started", "payload": payload})).as_bytes()).await.unwrap();
    Started { vercel, server, function, _ipc: ipc }
}

/// Reads the head of a request, and no more than one read takes of its body.
async fn head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        assert_ne!(socket.read_buf(&mut head).await.unwrap(), 0);
    }
    String::from_utf8_lossy(&head).to_lowercase()
}

fn upload(size: usize) -> String {
    format!("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: {size}\r\n\r\n") + &"x".repeat(size)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passes_on_a_response_that_comes_before_the_body_is_read() {
    let Started { vercel, server, function, _ipc } = start().await;
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = function.accept().await {
            head(&mut socket).await;
            let response = "HTTP/1.1 413 Payload Too Large\r\nconnection: close\r\ncontent-length: 9\r\n\r\ntoo large";
            socket.write_all(response.as_bytes()).await.unwrap();
            // What was not read makes a reset of the close.
        }
    });
    let request = upload(MAX_BODY);
    for round in 0..100 {
        let response = tokio::time::timeout(Duration::from_secs(20), sent(server.address(), request.as_bytes())).await;
        let response = response.unwrap();
        assert!(
            response.starts_with("HTTP/1.1 413 ") && response.ends_with("\r\n\r\ntoo large"),
            "{round}: {response}"
        );

        let body = Full::new(Bytes::from(vec![b'x'; MAX_BODY]));
        let response = vercel.send(http::Request::post("/").body(body).unwrap()).await.unwrap();
        assert_eq!(response.status(), 413, "{round}");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "too large", "{round}");
    }
}

#[tokio::test]
async fn refuses_a_body_of_more_than_4_5_mb() {
    let Started { vercel, server, function, _ipc } = start().await;
    let connections = Arc::new(AtomicUsize::new(0));
    let connected = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = function.accept().await {
            connected.fetch_add(1, Relaxed);
            // A chunked body of this size never comes to its end.
            let is_chunked = head(&mut socket).await.contains("transfer-encoding: chunked");
            let mut received = Vec::new();
            while (is_chunked || received.len() < MAX_BODY - 65_536)
                && socket.read_buf(&mut received).await.is_ok_and(|read| read > 0)
            {}
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok").await;
        }
    });
    let response = sent(server.address(), upload(MAX_BODY).as_bytes()).await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 16, "x".repeat(1 << 16)).repeat((MAX_BODY >> 16) + 1);
    let chunked = format!("POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n{chunk}0\r\n\r\n");
    for request in [upload(MAX_BODY + 1), upload(40 << 20), chunked] {
        let response = sent(server.address(), request.as_bytes()).await;
        assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
        assert!(response.ends_with("\r\n\r\nRequest Entity Too Large\n\nFUNCTION_PAYLOAD_TOO_LARGE\n"), "{response}");
    }
    let body = Full::new(Bytes::from(vec![b'x'; MAX_BODY + 1]));
    let error = vercel.send(http::Request::post("/").body(body).unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
    assert!(error.to_string().contains("4.5 MB"), "{error}");
    // Of those that are too large, the process sees the one whose length was not known.
    assert_eq!(connections.load(Relaxed), 2);
}

#[tokio::test]
async fn reports_a_process_that_closes_without_a_response() {
    let Started { server, function, .. } = start().await;
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = function.accept().await {
            head(&mut socket).await;
        }
    });
    for size in [0, MAX_BODY] {
        let request = upload(size);
        let response = tokio::time::timeout(Duration::from_secs(20), sent(server.address(), request.as_bytes())).await;
        let response = response.unwrap();
        assert!(response.starts_with("HTTP/1.1 502 "), "{response}");
    }
}
