//! A server in front of a function of Vercel.

use std::{
    io::ErrorKind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use lodger_gateway::{Server, Vercel};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
};

use crate::support::{soon, upload as send_all};

/// The largest body of a request.
const MAX_BODY: usize = 4_718_592;

struct Fixture {
    vercel: Arc<Vercel>,
    server: Server,
    /// The listener of the function.
    function: TcpListener,
    _ipc: UnixStream,
}

/// Starts a server in front of a function that is a listener and a socket of this test.
async fn start() -> Fixture {
    let vercel = Arc::new(Vercel::start().unwrap());
    let server = Server::start_vercel("127.0.0.1:0", Arc::clone(&vercel)).await.unwrap();
    let function = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut ipc = UnixStream::connect(vercel.ipc_path()).await.unwrap();
    let payload = json!({"initDuration": 1, "httpPort": function.local_addr().unwrap().port()});
    ipc.write_all(format!("{}\0", json!({"type": "server-started", "payload": payload})).as_bytes()).await.unwrap();
    Fixture { vercel, server, function, _ipc: ipc }
}

/// Reads the head of a request, and the part of the body that arrives with it.
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
async fn passes_on_a_response_before_the_end_of_the_request() {
    let Fixture { vercel, server, function, _ipc } = start().await;
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = function.accept().await {
            head(&mut socket).await;
            let response = "HTTP/1.1 413 Payload Too Large\r\nconnection: close\r\ncontent-length: 9\r\n\r\ntoo large";
            socket.write_all(response.as_bytes()).await.unwrap();
            // The unread body makes the close a reset.
        }
    });
    let request = upload(MAX_BODY);
    for round in 0..100 {
        let response = soon(send_all(server.address(), request.as_bytes())).await;
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
async fn rejects_a_body_over_4_5_mb() {
    let Fixture { vercel, server, function, _ipc } = start().await;
    let connections = Arc::new(AtomicUsize::new(0));
    let connected = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = function.accept().await {
            connected.fetch_add(1, Relaxed);
            // The proxy never sends the end of a chunked body that is too large.
            let is_chunked = head(&mut socket).await.contains("transfer-encoding: chunked");
            let mut received = Vec::new();
            while (is_chunked || received.len() < MAX_BODY - 65_536)
                && socket.read_buf(&mut received).await.is_ok_and(|read| read > 0)
            {}
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok").await;
        }
    });
    let response = send_all(server.address(), upload(MAX_BODY).as_bytes()).await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 16, "x".repeat(1 << 16)).repeat((MAX_BODY >> 16) + 1);
    let chunked = format!("POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n{chunk}0\r\n\r\n");
    for request in [upload(MAX_BODY + 1), upload(40 << 20), chunked] {
        let response = send_all(server.address(), request.as_bytes()).await;
        assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
        assert!(response.ends_with("\r\n\r\nRequest Entity Too Large\n\nFUNCTION_PAYLOAD_TOO_LARGE\n"), "{response}");
    }
    let body = Full::new(Bytes::from(vec![b'x'; MAX_BODY + 1]));
    let error = vercel.send(http::Request::post("/").body(body).unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    assert!(error.to_string().contains("4.5 MB"), "{error}");
    // The process gets only the large body without a length.
    assert_eq!(connections.load(Relaxed), 2);
}

#[tokio::test]
async fn responds_with_502_if_the_process_closes_without_a_response() {
    let Fixture { server, function, .. } = start().await;
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = function.accept().await {
            head(&mut socket).await;
        }
    });
    for size in [0, MAX_BODY] {
        let request = upload(size);
        let response = soon(send_all(server.address(), request.as_bytes())).await;
        assert!(response.starts_with("HTTP/1.1 502 "), "{response}");
    }
}
