//! Limits against clients that are slow or hostile: timeouts, the number of connections, and the size of headers.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, WebSocketUpgrade},
    routing::{any, get, post},
};
use futures_util::{SinkExt, StreamExt, stream};
use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use lodger::Host;
use lodger_tests::{
    client::send_bytes,
    wait::{QUIET, SOON},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::{Notify, mpsc},
    time::{sleep, timeout},
};
use tower::service_fn;

use super::start;

const SHORT: Duration = Duration::from_millis(200);
/// Long enough for a short timeout to end, if it ran.
const LONGER: Duration = Duration::from_millis(600);

/// Reads until `end` has come.
async fn read_until(socket: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let mut buffer = [0; 4096];
        let length = timeout(SOON, socket.read(&mut buffer)).await.expect("no response").unwrap();
        assert!(length > 0, "the connection has closed after {text:?}");
        text += &String::from_utf8_lossy(&buffer[..length]);
    }
    text
}

/// Waits until the server closes the connection. Returns the bytes that come before.
async fn closed(mut socket: TcpStream) -> Vec<u8> {
    let mut bytes = vec![];
    // A reset is an end, too.
    let _ = timeout(SOON, socket.read_to_end(&mut bytes)).await.expect("the connection stays open");
    bytes
}

async fn request(addr: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(addr).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    socket
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n";

fn hello() -> Router {
    Router::new().route("/", get(async || "hello")).route("/upload", post(async |body: Bytes| body.len().to_string()))
}

#[tokio::test]
async fn closes_a_connection_in_the_middle_of_a_later_head() {
    let server = start(|lodger| lodger.header_timeout(SHORT).run(hello())).await;
    let mut socket = request(server.addr(), GET).await;
    read_until(&mut socket, "hello").await;
    // An idle connection stays open, and so does one with an empty line after a request.
    sleep(LONGER).await;
    socket.write_all(b"\r\n").await.unwrap();
    sleep(LONGER).await;
    socket.write_all(GET).await.unwrap();
    read_until(&mut socket, "hello").await;

    // Each byte comes soon after the last one, and the head never ends.
    socket.write_all(b"GET / HTTP/1.1\r\nx: ").await.unwrap();
    let (mut reader, mut writer) = socket.into_split();
    let trickle = async {
        while writer.write_all(b"x").await.is_ok() {
            sleep(SHORT / 8).await;
        }
    };
    let mut end = vec![];
    let closed = async {
        tokio::select! {
            _ = reader.read_to_end(&mut end) => {}
            () = trickle => {}
        }
    };
    timeout(SOON, closed).await.expect("the connection stays open");
}

#[tokio::test]
async fn closes_a_connection_whose_body_stops_while_the_app_waits() {
    let server = start(|lodger| lodger.stall_timeout(SHORT).run(hello())).await;
    for head in ["content-length: 9", "content-length: 9\r\nexpect: 100-continue", "transfer-encoding: chunked"] {
        let head = format!("POST /upload HTTP/1.1\r\nhost: h\r\n{head}\r\n\r\n");
        let response = closed(request(server.addr(), head.as_bytes()).await).await;
        assert!(!response.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&response));
    }
    // A body that makes progress may take longer.
    let mut socket = request(server.addr(), b"POST /upload HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\n").await;
    for _ in 0..9 {
        sleep(SHORT / 2).await;
        socket.write_all(b"x").await.unwrap();
    }
    read_until(&mut socket, "9").await;
}

#[tokio::test]
async fn waits_for_an_app_that_is_slow() {
    let app = Router::new()
        // The client sends nothing while the app does not read.
        .route(
            "/late",
            post(async |request: Request| {
                sleep(LONGER).await;
                axum::body::to_bytes(request.into_body(), 100).await.unwrap()
            }),
        )
        // The body is complete.
        .route(
            "/early",
            post(async |body: Bytes| {
                sleep(LONGER).await;
                body
            }),
        );
    let server = start(|lodger| lodger.stall_timeout(SHORT).header_timeout(SHORT).run(app)).await;
    for path in ["late", "early"] {
        let head = format!("POST /{path} HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\nbo");
        let mut socket = request(server.addr(), head.as_bytes()).await;
        if path == "late" {
            sleep(LONGER).await;
        }
        socket.write_all(b"dy").await.unwrap();
        read_until(&mut socket, "body").await;
    }
}

#[tokio::test]
async fn keeps_streams_whose_ends_are_silent() {
    let (events, receiver) = mpsc::channel::<&'static str>(1);
    let receiver: &'static _ = Box::leak(Box::new(std::sync::Mutex::new(Some(receiver))));
    let app = Router::new()
        .route("/echo", any(async |request: Request| Body::from_stream(request.into_body().into_data_stream())))
        .route(
            "/events",
            get(async move || {
                let receiver = receiver.lock().unwrap().take().unwrap();
                Body::from_stream(stream::unfold(receiver, async |mut receiver| {
                    Some((Ok::<_, std::io::Error>(receiver.recv().await?), receiver))
                }))
            }),
        )
        .route(
            "/socket",
            any(async |upgrade: WebSocketUpgrade| {
                upgrade.on_upgrade(async |mut socket| {
                    while let Some(Ok(message)) = socket.recv().await {
                        let _ = socket.send(message).await;
                    }
                })
            }),
        );
    let server = start(|lodger| lodger.stall_timeout(SHORT).header_timeout(SHORT).run(app)).await;
    let mut echo =
        request(server.addr(), b"POST /echo HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
            .await;
    let mut silent = request(server.addr(), b"GET /events HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{}/socket", server.addr())).await.unwrap();
    read_until(&mut echo, "3\r\none\r\n").await;
    sleep(LONGER).await;
    echo.write_all(b"3\r\ntwo\r\n0\r\n\r\n").await.unwrap();
    read_until(&mut echo, "3\r\ntwo\r\n0\r\n\r\n").await;
    events.send("event").await.unwrap();
    read_until(&mut silent, "event\r\n").await;
    socket.send("hello".into()).await.unwrap();
    assert_eq!(timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap().into_text().unwrap(), "hello");
}

/// A body that notifies when the server drops it.
fn endless(dropped: &'static Notify) -> Body {
    struct Notifies(&'static Notify);
    impl Drop for Notifies {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let notifies = Notifies(dropped);
    Body::from_stream(stream::repeat_with(move || {
        let _held = &notifies;
        Ok::<_, std::io::Error>(vec![0; 16 * 1024])
    }))
}

#[tokio::test]
async fn closes_a_connection_whose_client_does_not_read() {
    static DROPPED: Notify = Notify::const_new();
    let app = Router::new().route("/", get(async || endless(&DROPPED)));
    let server = start(|lodger| lodger.stall_timeout(SHORT).run(app)).await;
    let connect = async || {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(server.addr()).await.unwrap()
    };
    let mut http_1 = connect().await;
    http_1.write_all(GET).await.unwrap();
    timeout(SOON, DROPPED.notified()).await.expect("HTTP/1.1: the response goes on");

    let mut http_2 = connect().await;
    // SETTINGS and WINDOW_UPDATE give all of the window. HEADERS has GET, the scheme, the path and a host.
    http_2.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    http_2.write_all(b"\0\0\x06\x04\0\0\0\0\0\0\x04\x7f\xff\xff\xff").await.unwrap();
    http_2.write_all(b"\0\0\x04\x08\0\0\0\0\0\x7f\xff\0\0").await.unwrap();
    http_2.write_all(b"\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x41\x01h").await.unwrap();
    timeout(SOON, DROPPED.notified()).await.expect("HTTP/2: the response goes on");
}

#[tokio::test]
async fn makes_connections_above_the_limit_wait() {
    let server = start(|lodger| lodger.max_connections(1).run(hello())).await;
    let mut first = request(server.addr(), GET).await;
    read_until(&mut first, "hello").await;
    let mut second = request(server.addr(), GET).await;
    timeout(QUIET, second.read_u8()).await.expect_err("the server accepts a second connection");
    drop(first);
    read_until(&mut second, "hello").await;
}

#[tokio::test]
async fn rejects_headers_above_the_limit() {
    for limit in [8192, 20_000] {
        let server = start(|lodger| lodger.max_header_size(limit).run(hello())).await;
        for (length, end, status) in [(limit - 1, "\r\n\r\n", "200"), (limit, "", "431")] {
            let mut head = "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx: ".to_owned();
            head += &"x".repeat(length as usize - head.len() - end.len());
            let response = String::from_utf8(send_bytes(server.addr(), (head + end).as_bytes()).await).unwrap();
            assert_eq!(response.get(9..12), Some(status), "{limit} {length}");
        }
    }
}

/// On this host the server reads the rest of a body that the app does not read, also after the response.
#[tokio::test]
async fn a_body_that_ends_after_its_response_is_not_a_head() {
    let app = Router::new().route("/", get(async || "hello").post(async || "early"));
    let server = start(|lodger| lodger.host(Host::WebFunctions).header_timeout(SHORT).run(app)).await;
    let mut socket = request(server.addr(), b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\n").await;
    read_until(&mut socket, "early").await;
    socket.write_all(b"body").await.unwrap();
    sleep(LONGER).await;
    socket.write_all(GET).await.unwrap();
    read_until(&mut socket, "hello").await;
}

/// A panic in the synchronous part of a service ends its stream, and no other.
#[tokio::test]
async fn a_service_that_panics_affects_no_other_stream_of_its_connection() {
    let service = service_fn(|request: lodger::Request| {
        assert!(request.uri().path() != "/panic", "asked to panic when it is called");
        async { Ok::<_, Infallible>(http::Response::new(lodger::Body::from("hello"))) }
    });
    let server = start(|lodger| lodger.run(service)).await;
    let socket = TokioIo::new(TcpStream::connect(server.addr()).await.unwrap());
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), socket).await.unwrap();
    tokio::spawn(connection);
    let uri = |path: &str| format!("http://localhost{path}");
    let get = |path: &str| http::Request::get(uri(path)).body(Empty::<Bytes>::new()).unwrap();
    let (failed, answered) = tokio::join!(sender.clone().send_request(get("/panic")), sender.send_request(get("/")));
    assert!(failed.is_err());
    assert_eq!(answered.unwrap().status(), 200);
}
