//! Requests and responses: HTTP/1.1, HTTP/2, WebSockets, streamed bodies, and the extensions of a request.

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, WebSocketUpgrade},
    routing::{any, get},
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use lodger::{ClientAddr, PathPrefix};
use lodger_tests::{
    client::{ClientRequest, send},
    probe,
    wait::SOON,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};

use super::{start, text};

#[tokio::test]
async fn handlers_receive_the_address_of_the_client() {
    let app = Router::new().route(
        "/",
        get(async |ConnectInfo(addr): ConnectInfo<SocketAddr>, request: Request| {
            assert_eq!(request.extensions().get(), Some(&ClientAddr(addr)));
            addr.to_string()
        }),
    );
    let server = start(|lodger| lodger.run(app)).await;
    let mut socket = TcpStream::connect(server.addr()).await.unwrap();
    let own = socket.local_addr().unwrap().to_string();
    socket.write_all(&ClientRequest::get("/").bytes()).await.unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).await.unwrap();
    assert!(response.ends_with(&own), "{response}");
}

#[tokio::test]
async fn serves_http_1_and_http_2_on_one_port() {
    let server = start(|lodger| lodger.run(probe::app())).await;
    assert_eq!(send(server.addr(), &ClientRequest::get("/reply/text")).await.status(), 200);

    let socket = TcpStream::connect(server.addr()).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get(format!("http://{}/x?y", server.addr())).body(Empty::<Bytes>::new()).unwrap();
    let body = client.send_request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    let seen: Value = serde_json::from_slice(&body).unwrap();
    // Like with HTTP/1.1, the URI is a path and a query, and the host is a header.
    assert_eq!((&seen["version"], &seen["uri"]), (&"HTTP/2.0".into(), &"/x?y".into()));
    assert_eq!(seen["headers"], json!([["host", server.addr().to_string()]]));
}

#[tokio::test]
async fn serves_websockets() {
    let app = Router::new().route(
        "/",
        any(async |upgrade: WebSocketUpgrade| {
            upgrade.on_upgrade(async |mut socket| {
                while let Some(Ok(message)) = socket.recv().await {
                    if socket.send(message).await.is_err() {
                        return;
                    }
                }
            })
        }),
    );
    let server = start(|lodger| lodger.run(app)).await;
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{}/", server.addr())).await.unwrap();
    socket.send("hello".into()).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap(), "hello");
}

#[tokio::test]
async fn streams_the_body_of_the_request_and_of_the_response() {
    let app = Router::new()
        .route("/", any(async |request: Request| Body::from_stream(request.into_body().into_data_stream())));
    let server = start(|lodger| lodger.run(app)).await;
    let socket = TcpStream::connect(server.addr()).await.unwrap();
    let (mut client, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    let (sender, receiver) = mpsc::channel::<&'static str>(1);
    let frames = futures_util::stream::unfold(receiver, async |mut receiver| {
        let word = receiver.recv().await?;
        Some((Ok::<_, std::io::Error>(Frame::data(Bytes::from(word))), receiver))
    });
    let request = http::Request::post("/").header("host", "h").body(StreamBody::new(Box::pin(frames))).unwrap();
    let mut body = timeout(SOON, client.send_request(request)).await.unwrap().unwrap().into_body();
    // Each frame comes back before the client sends the next one.
    for word in ["one", "two", "three"] {
        sender.send(word).await.unwrap();
        let frame = timeout(SOON, body.frame()).await.unwrap().unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), word);
    }
    drop(sender);
    assert!(timeout(SOON, body.frame()).await.unwrap().is_none());
}

#[tokio::test]
async fn removes_the_base_path_and_reports_it_as_an_extension() {
    let app = Router::new().fallback(async |request: Request| {
        let prefix = request.extensions().get::<PathPrefix>().map(|prefix| prefix.as_str().to_owned());
        format!("{} {prefix:?}", request.uri())
    });
    let server = start(|lodger| lodger.base_path("api/").run(app)).await;
    assert_eq!(text(server.addr(), "/api/x%2Fy?q").await, r#"/x%2Fy?q Some("/api")"#);
    assert_eq!(text(server.addr(), "/api").await, r#"/ Some("/api")"#);
    assert_eq!(text(server.addr(), "/apix").await, "/apix None");
}
