use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode, Version};
use http_body_util::{BodyExt as _, Empty, Full};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::WebFunction;
use crate::Server;

const OK: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: x-private\r\nx-private: 1\r\nkeep-alive: timeout=5\r\n\r\nok";

fn request(path: &str) -> Request<Empty<Bytes>> {
    Request::get(path).body(Empty::new()).unwrap()
}

/// Reads the head of a request.
async fn read_head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A process that sends each head to the channel, and responds with `OK`.
async fn process(address: SocketAddr) -> mpsc::UnboundedReceiver<String> {
    let (heads, received) = mpsc::unbounded_channel();
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let heads = heads.clone();
            tokio::spawn(async move {
                // The first connection only checks that the process listens.
                if socket.peek(&mut [0]).await.is_ok_and(|count| count > 0) {
                    heads.send(read_head(&mut socket).await).unwrap();
                    socket.write_all(OK).await.unwrap();
                }
            });
        }
    });
    received
}

#[tokio::test]
async fn removes_and_adds_the_headers_of_lambda() {
    let function = WebFunction::new().unwrap().client([192, 0, 2, 1].into()).endpoint_name("prod");
    let mut heads = process(function.address()).await;
    let mut request = request("/a?b=c");
    for (name, value) in [
        ("host", "127.0.0.1:3000"),
        ("connection", "close, X-Named"),
        ("x-named", "1"),
        ("te", "trailers"),
        ("expect", "100-continue"),
        ("x-real-ip", "6.6.6.6"),
        ("x-http-method-override", "DELETE"),
        ("proxy-authorization", "Basic eA=="),
        ("lambda-web-request-id", "forged"),
        ("lambda-web-other", "forged"),
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-host", "kept.example"),
    ] {
        request.headers_mut().append(name, value.parse().unwrap());
    }
    let response = function.send(request).await.unwrap();
    let names: Vec<_> = response.headers().keys().map(|name| name.as_str().to_owned()).collect();
    assert_eq!(names, ["content-length", "lambda-web-request-id", "lambda-web-logstream"]);
    let id = response.headers()["lambda-web-request-id"].to_str().unwrap();
    assert_eq!(
        heads.recv().await.unwrap(),
        format!(
            "GET /a?b=c HTTP/1.1\r\nhost: bcdfghjklmnpqrst.b7t.lambda-web.us-east-1.on.aws\r\n\
             x-forwarded-for: 6.6.6.6, 192.0.2.1\r\nx-forwarded-host: kept.example\r\nlambda-web-request-id: {id}\r\nlambda-web-endpoint-name: prod\r\n\r\n"
        )
    );
}

#[tokio::test]
async fn waits_until_the_process_listens() {
    let function = WebFunction::new().unwrap();
    let address = function.address();
    let sent = function.send(request("/"));
    let late = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        process(address).await
    };
    let (response, _heads) = tokio::join!(sent, late);
    assert_eq!(response.unwrap().into_body().collect().await.unwrap().to_bytes(), "ok");
}

#[tokio::test(start_paused = true)]
async fn fails_if_the_process_does_not_listen_within_ten_seconds() {
    let function = WebFunction::new().unwrap();
    let error = function.wait_until_ready().await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    assert!(error.to_string().ends_with("within 10s; listen on the address in AWS_LAMBDA_HTTP_ENDPOINT"), "{error}");
}

/// The bytes of a body that fits into no buffer of a socket.
fn large() -> Full<Bytes> {
    Full::from(vec![b'x'; 32 << 20])
}

#[tokio::test]
async fn reads_no_response_before_the_process_has_the_whole_request() {
    for reads_body in [true, false] {
        let function = WebFunction::new().unwrap().timeout(Duration::from_secs(if reads_body { 60 } else { 1 }));
        let listener = TcpListener::bind(function.address()).await.unwrap();
        tokio::spawn(async move {
            drop(listener.accept().await.unwrap());
            let (mut socket, _) = listener.accept().await.unwrap();
            read_head(&mut socket).await;
            if reads_body {
                let mut rest = vec![0; 32 << 20];
                socket.read_exact(&mut rest).await.unwrap();
            }
            socket.write_all(OK).await.unwrap();
            // Keeps the connection open.
            std::future::pending::<()>().await;
        });
        let sent = function.send(Request::post("/").body(large()).unwrap()).await;
        match reads_body {
            true => assert_eq!(sent.unwrap().status(), StatusCode::OK),
            false => assert_eq!(sent.unwrap_err().kind(), io::ErrorKind::TimedOut),
        }
    }
}

#[tokio::test]
async fn sends_only_as_many_requests_at_once_as_allowed() {
    let function = Arc::new(WebFunction::new().unwrap().max_concurrency(1));
    let mut heads = process(function.address()).await;
    let first = function.send(request("/1")).await.unwrap();
    let second = tokio::spawn({
        let function = Arc::clone(&function);
        async move { function.send(request("/2")).await.map(drop) }
    });
    assert!(heads.recv().await.unwrap().starts_with("GET /1 "));
    assert!(tokio::time::timeout(Duration::from_millis(50), heads.recv()).await.is_err());
    drop(first);
    assert!(heads.recv().await.unwrap().starts_with("GET /2 "));
    second.await.unwrap().unwrap();
}

/// Sends a raw head to the server, and returns the status line and the headers.
async fn status(server: &Server, head: String) -> String {
    let mut socket = TcpStream::connect(server.address()).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    read_head(&mut socket).await.to_ascii_lowercase()
}

#[tokio::test]
async fn a_server_rejects_other_methods_and_versions() {
    let function = Arc::new(WebFunction::new().unwrap());
    let _heads = process(function.address()).await;
    let server = Server::start_web_function("127.0.0.1:0", function).await.unwrap();
    for (method, version, expected) in [
        (Method::GET, Version::HTTP_11, "http/1.1 200"),
        (Method::TRACE, Version::HTTP_11, "http/1.1 400"),
        (Method::GET, Version::HTTP_10, "http/1.0 505"),
    ] {
        let head = status(&server, format!("{method} / {version:?}\r\nhost: localhost\r\n\r\n")).await;
        assert!(head.starts_with(expected), "{head}");
    }
}

#[tokio::test]
async fn a_server_responds_with_504_at_the_timeout() {
    let function = Arc::new(WebFunction::new().unwrap().timeout(Duration::from_millis(50)));
    let _silent = TcpListener::bind(function.address()).await.unwrap();
    let server = Server::start_web_function("127.0.0.1:0", function).await.unwrap();
    let head = status(&server, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned()).await;
    assert!(
        head.starts_with("http/1.1 504") && head.contains("lambda-web-error-type: runtime.requesttimeout"),
        "{head}"
    );
}
