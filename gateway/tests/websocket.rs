//! A WebSocket client, a server that is a WebSocket API, and a function that speaks to the Runtime API.

#![allow(clippy::unwrap_used, reason = "what helps a test may panic as well")]

mod support;

use std::{future::ready, net::SocketAddr, sync::Arc};

use futures_util::{SinkExt, StreamExt};
use lodger_gateway::{RuntimeApi, Server, WebSocketApi};
use serde_json::{Value, json};
use support::{ask, function};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message},
};

struct Started {
    server: Server,
    events: mpsc::UnboundedReceiver<Value>,
    _api: Arc<RuntimeApi>,
}

/// A server before a function that tells what it gets, and refuses who comes without a ticket.
async fn start() -> Started {
    start_as(WebSocketApi::new().stage("dev")).await
}

async fn start_as(websocket: WebSocketApi) -> Started {
    let api = Arc::new(RuntimeApi::start().await.unwrap());
    let (told, events) = mpsc::unbounded_channel();
    tokio::spawn(function(api.address(), move |event| {
        let is_refused = event.pointer("/headers/Host").is_some_and(|host| host == "no.ticket");
        let body = event.get("body").and_then(Value::as_str).map(str::to_owned);
        told.send(event).unwrap();
        match body.as_deref() {
            _ if is_refused => return json!({"statusCode": 401}),
            Some("broken") => return json!({"body": "no status"}),
            Some(said) => return json!({"statusCode": 200, "body": said.trim_start_matches("echo ")}),
            None => {}
        }
        json!({"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "chat"}})
    }));
    let server = Server::start_websocket("127.0.0.1:0", websocket, Arc::clone(&api)).await.unwrap();
    let server = server.allow_host("example.com").allow_host("no.ticket");
    Started { server, events, _api: api }
}

async fn connect(addr: SocketAddr, host: &str) -> Result<WebSocketStream<TcpStream>, tungstenite::Error> {
    let socket = TcpStream::connect(addr).await.unwrap();
    let request = http::Request::get(format!("ws://{host}/dev?room=1")).header("host", host);
    let request = request.header("connection", "upgrade").header("upgrade", "websocket");
    let request = request.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let request = request.header("sec-websocket-protocol", "chat").header("user-agent", "tungstenite");
    let (socket, response) = client_async(request.body(()).unwrap(), socket).await?;
    assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
    Ok(socket)
}

#[tokio::test]
async fn a_connection_is_told_from_its_begin_to_its_end() {
    let mut started = start().await;
    let mut socket = connect(started.server.address(), "example.com").await.unwrap();
    let begun = started.events.recv().await.unwrap();
    assert_eq!(begun["requestContext"]["eventType"], "CONNECT");
    assert_eq!(begun["queryStringParameters"], json!({"room": "1"}));

    for (sent, route_key, body) in [
        (Message::text(r#"{"action":"say"}"#), "say", r#"{"action":"say"}"#),
        (Message::text("no json"), "$default", "no json"),
        (Message::text(r#"{"action":"$connect"}"#), "$default", r#"{"action":"$connect"}"#),
        (Message::binary(vec![0]), "$default", "AA=="),
    ] {
        socket.send(sent).await.unwrap();
        let event = started.events.recv().await.unwrap();
        assert_eq!((&event["requestContext"]["routeKey"], &event["body"]), (&route_key.into(), &body.into()));
        assert_eq!(event["requestContext"]["connectionId"], begun["requestContext"]["connectionId"]);
    }

    socket.close(None).await.unwrap();
    let ended = started.events.recv().await.unwrap();
    assert_eq!(ended["requestContext"]["eventType"], "DISCONNECT");
    assert_eq!(ended["requestContext"]["disconnectStatusCode"], 1005);
    assert_eq!(ended["requestContext"]["connectionId"], begun["requestContext"]["connectionId"]);
}

#[tokio::test]
async fn the_function_decides_who_comes_in() {
    let started = start().await;
    let refused = connect(started.server.address(), "no.ticket").await;
    let Err(tungstenite::Error::Http(response)) = refused else { panic!("{refused:?}") };
    assert_eq!(response.status(), 401);
    let (head, _) = ask(started.server.address(), "GET /dev HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 426 "), "{head}");
}

#[tokio::test]
async fn a_client_is_sent_to_by_its_id() {
    let mut started = start().await;
    let addr = started.server.address();
    let mut socket = connect(addr, "example.com").await.unwrap();
    let begun = started.events.recv().await.unwrap();
    let id = begun["requestContext"]["connectionId"].as_str().unwrap().replace('=', "%3D");
    let post = format!("POST /dev/@connections/{id} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nhello");
    let (head, _) = ask(addr, &post).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("hello"));

    let get = format!("GET /dev/%40connections/{id} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let (head, about) = ask(addr, &get).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    let identity = r#"{"sourceIp":"127.0.0.1","userAgent":"tungstenite"}"#;
    let times = ["2025-03-12T19:03:58.382Z", "2025-03-12T19:03:58.390Z"];
    let expected = format!(r#"{{"connectedAt":"{}","identity":{identity},"lastActiveAt":"{}"}}"#, times[0], times[1]);
    assert_eq!(about, expected);

    let (head, _) = ask(addr, &format!("DELETE /@connections/{id} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
    assert!(head.starts_with("http/1.1 204 "), "{head}");
    assert!(matches!(socket.next().await.unwrap().unwrap(), Message::Close(Some(frame)) if frame.code == 1000.into()));
    assert!(socket.next().await.is_none());
    assert_eq!(started.events.recv().await.unwrap()["requestContext"]["eventType"], "DISCONNECT");
    for gone in [post, get] {
        let (head, _) = ask(addr, &gone).await;
        assert!(head.starts_with("http/1.1 410 "), "{head}");
    }
}

#[tokio::test]
async fn refuses_a_web_page_that_sends_to_a_client() {
    let mut started = start().await;
    let addr = started.server.address();
    let mut socket = connect(addr, "example.com").await.unwrap();
    let begun = started.events.recv().await.unwrap();
    let id = begun["requestContext"]["connectionId"].as_str().unwrap().replace('=', "%3D");
    for (headers, word) in [
        ("host: localhost\r\norigin: https://evil.example\r\n", "`origin`"),
        ("host: localhost\r\nsec-fetch-site: cross-site\r\n", "`sec-fetch-site`"),
        ("host: evil.example\r\n", "--allow-host"),
    ] {
        for method in ["POST", "GET", "DELETE"] {
            let post = format!("{method} /dev/@connections/{id} HTTP/1.1\r\n{headers}content-length: 5\r\n\r\nhello");
            let (head, body) = ask(addr, &post).await;
            assert!(head.starts_with("http/1.1 403 ") && body.contains(word), "{headers}: {head}{body}");
        }
    }
    socket.close(None).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().is_close(), "nothing was sent to the client");
    // An app decides about the origin of a handshake itself, but a page must not choose the name.
    let handshake = |host: &str| {
        format!(
            "GET /dev HTTP/1.1\r\nhost: {host}\r\norigin: https://other.example\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-key: x\r\n\r\n"
        )
    };
    let (head, _) = ask(addr, &handshake("evil.example")).await;
    assert!(head.starts_with("http/1.1 403 "), "{head}");
    let (head, _) = ask(addr, &handshake("localhost")).await;
    assert!(head.starts_with("http/1.1 101 "), "{head}");
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_connection() {
    let mut started = start().await;
    let mut socket = connect(started.server.address(), "example.com").await.unwrap();
    started.events.recv().await.unwrap();
    socket.send(Message::text("x".repeat(33 * 1024))).await.unwrap();
    let ended = started.events.recv().await.unwrap();
    assert_eq!(ended["requestContext"]["disconnectStatusCode"], 1009);
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(Some(frame)))) if frame.code == 1009.into()));
}

#[tokio::test]
async fn the_end_of_the_server_is_that_of_its_connections() {
    let mut started = start().await;
    let mut socket = connect(started.server.address(), "example.com").await.unwrap();
    started.events.recv().await.unwrap();
    drop(started.server);
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(Some(frame)))) if frame.code == 1001.into()));
    assert_eq!(started.events.recv().await.unwrap()["requestContext"]["disconnectStatusCode"], 1001);
}

#[tokio::test]
async fn an_answer_is_sent_back_on_routes_with_a_response() {
    for has_responses in [true, false] {
        let api = WebSocketApi::new();
        let started = start_as(if has_responses { api.route_responses() } else { api }).await;
        let mut socket = connect(started.server.address(), "example.com").await.unwrap();
        for said in ["echo ", "echo hello", "broken"] {
            socket.send(Message::text(said)).await.unwrap();
        }
        if has_responses {
            assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("hello"));
            let failed = socket.next().await.unwrap().unwrap().into_text().unwrap();
            assert!(failed.contains("Internal server error"), "{failed}");
        }
        socket.close(None).await.unwrap();
        let rest: Vec<_> = socket.map(Result::unwrap).filter(|message| ready(!message.is_close())).collect().await;
        assert_eq!(rest, []);
    }
}

#[tokio::test]
async fn a_client_is_sent_to_where_its_events_say() {
    let mut started = start().await;
    let addr = started.server.address();
    let mut socket = connect(addr, &addr.to_string()).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    socket.close(None).await.unwrap();
    for _ in 0..3 {
        assert_eq!(started.events.recv().await.unwrap()["requestContext"]["domainName"], addr.to_string());
    }
    let handshake = "GET /dev HTTP/1.0\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n\r\n";
    tokio::join!(ask(addr, handshake), async {
        assert_eq!(started.events.recv().await.unwrap()["requestContext"]["domainName"], addr.to_string());
    });
}
