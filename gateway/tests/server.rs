//! A client that speaks HTTP, a server that is a front, and a function that speaks to the Runtime API.

mod support;

use std::{sync::Arc, time::Duration};

use lodger_gateway::{Front, RuntimeApi, Server};
use serde_json::{Value, json};
use support::{ask, exchange, function, value};
use tokio::{io::BufReader, net::TcpStream};

#[allow(clippy::unwrap_used, reason = "what helps a test may panic as well")]
async fn server(front: Front, reply: impl FnMut(Value) -> Value + Send + 'static) -> (Server, Arc<RuntimeApi>) {
    let api = Arc::new(RuntimeApi::start().await.unwrap());
    tokio::spawn(function(api.address(), reply));
    let server = Server::start("127.0.0.1:0", front, Arc::clone(&api)).await.unwrap();
    (server, api)
}

#[tokio::test]
async fn a_request_goes_to_the_function_and_its_reply_comes_back_on_each_front() {
    for front in Front::all() {
        let (server, api) = server(front.clone(), |mut event| {
            if event["Action"] == "Invoke" {
                event = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
            }
            let sent = ["rawPath", "raw_path", "path"].into_iter().find_map(|name| event.get(name).cloned());
            json!({"statusCode": 201, "body": format!("{} {}", sent.unwrap(), event["body"])})
        })
        .await;
        let request = "POST /a/b HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello";
        let (head, body) = ask(server.address(), request).await;
        assert!(head.starts_with("http/1.1 201 "), "{front}: {head}");
        let text = if ["rest-api", "vercel"].contains(&front.name()) { "aGVsbG8=" } else { "hello" };
        assert_eq!(body, format!("\"/a/b\" \"{text}\""), "{front}");
        assert_eq!(api.complaints(), [""; 0]);
    }
}

#[tokio::test]
async fn a_link_with_the_stage_can_be_followed() {
    for front in [Front::rest_api().stage("dev"), Front::http_api().stage("dev"), Front::http_api_v1().stage("dev")] {
        let (server, _api) = server(front.clone(), |event| {
            let paths = ["/rawPath", "/requestContext/path"].into_iter().find_map(|name| event.pointer(name));
            json!({"statusCode": 200, "body": paths})
        })
        .await;
        for path in ["/pets", "/dev/pets"] {
            let (_, body) = ask(server.address(), &format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
            assert_eq!(body, "/dev/pets", "{front}: {path}");
        }
    }
}

#[tokio::test]
async fn a_head_is_answered_with_the_length_that_the_function_tells() {
    let (server, _api) =
        server(Front::http_api(), |_| json!({"statusCode": 200, "headers": {"content-length": "42"}})).await;
    let mut socket = BufReader::new(TcpStream::connect(server.address()).await.unwrap());
    let (head, _) = exchange(&mut socket, "HEAD / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(value(&head, "content-length"), Some("42"));
    // For others it would be a lie, which the connection would not survive.
    for _ in 0..2 {
        let (head, body) = exchange(&mut socket, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert_eq!((value(&head, "content-length"), body.len()), (Some("0"), 0));
    }
}

#[tokio::test]
async fn what_is_too_large_never_gets_to_the_function() {
    let (server, api) = server(Front::rest_api(), |_| panic!("it did")).await;
    let request = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", 11 << 20) + &"x".repeat(11 << 20);
    let mut socket = TcpStream::connect(server.address()).await.unwrap();
    // The answer comes before all is sent.
    let (mut read, mut write) = socket.split();
    let sending = async { drop(tokio::io::AsyncWriteExt::write_all(&mut write, request.as_bytes()).await) };
    let mut head = [0; 12];
    let reading = tokio::io::AsyncReadExt::read_exact(&mut read, &mut head);
    let (_, read) = tokio::join!(sending, reading);
    read.unwrap();
    assert_eq!(&head, b"HTTP/1.1 413");
    assert_eq!(api.complaints(), [""; 0]);
}

#[tokio::test]
async fn a_drop_lets_the_request_in_flight_end() {
    let (told, begun) = std::sync::mpsc::channel();
    let api = Arc::new(RuntimeApi::start().await.unwrap());
    let server = Server::start("127.0.0.1:0", Front::alb(), Arc::clone(&api)).await.unwrap();
    let addr = server.address();
    let asked = tokio::spawn(async move { ask(addr, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await });
    // The function starts late: the request is on its way by then.
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(server);
    tokio::spawn(function(api.address(), move |_| {
        told.send(()).unwrap();
        json!({"statusCode": 200, "body": "late"})
    }));
    let (head, body) = asked.await.unwrap();
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert_eq!((body.as_str(), begun.recv()), ("late", Ok(())));
    assert!(TcpStream::connect(addr).await.is_err());
}
