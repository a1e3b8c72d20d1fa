//! A server that is a WebSocket API.

use std::{future::ready, net::SocketAddr, sync::Arc};

use futures_util::{SinkExt as _, StreamExt as _};
use lodger_gateway::{RuntimeApi, Server, WebSocketApi};
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message},
};

use crate::support::{fetch, run_function};

struct Fixture {
    server: Server,
    /// The events that the function has received.
    events: mpsc::UnboundedReceiver<Value>,
    _api: Arc<RuntimeApi>,
}

async fn start() -> Fixture {
    start_with(WebSocketApi::new().stage("dev")).await
}

/// Starts a server in front of a function that echoes messages, and rejects connections to the host `no.ticket`.
async fn start_with(websocket: WebSocketApi) -> Fixture {
    let api = Arc::new(RuntimeApi::start().await.unwrap());
    let (sender, events) = mpsc::unbounded_channel();
    tokio::spawn(run_function(api.address(), move |event| {
        let is_rejected = event.pointer("/headers/Host").is_some_and(|host| host == "no.ticket");
        let body = event.get("body").and_then(Value::as_str).map(str::to_owned);
        sender.send(event).unwrap();
        match body.as_deref() {
            _ if is_rejected => return json!({"statusCode": 401}),
            Some("broken") => return json!({"body": "no status"}),
            Some(text) => return json!({"statusCode": 200, "body": text.trim_start_matches("echo ")}),
            None => {}
        }
        json!({"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "chat"}})
    }));
    let server = Server::start_websocket("127.0.0.1:0", websocket, Arc::clone(&api)).await.unwrap();
    let server = server.allow_host("example.com").allow_host("no.ticket");
    Fixture { server, events, _api: api }
}

/// Opens a connection with the sub-protocol `chat`.
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
async fn sends_events_for_the_start_the_messages_and_the_end() {
    let mut fixture = start().await;
    let mut socket = connect(fixture.server.address(), "example.com").await.unwrap();
    let opened = fixture.events.recv().await.unwrap();
    assert_eq!(opened["requestContext"]["eventType"], "CONNECT");
    assert_eq!(opened["queryStringParameters"], json!({"room": "1"}));

    for (sent, route_key, body) in [
        (Message::text(r#"{"action":"say"}"#), "say", r#"{"action":"say"}"#),
        (Message::text("no json"), "$default", "no json"),
        (Message::text(r#"{"action":"$connect"}"#), "$default", r#"{"action":"$connect"}"#),
        (Message::binary(vec![0]), "$default", "AA=="),
    ] {
        socket.send(sent).await.unwrap();
        let event = fixture.events.recv().await.unwrap();
        assert_eq!((&event["requestContext"]["routeKey"], &event["body"]), (&route_key.into(), &body.into()));
        assert_eq!(event["requestContext"]["connectionId"], opened["requestContext"]["connectionId"]);
    }

    socket.close(None).await.unwrap();
    let closed = fixture.events.recv().await.unwrap();
    assert_eq!(closed["requestContext"]["eventType"], "DISCONNECT");
    assert_eq!(closed["requestContext"]["disconnectStatusCode"], 1005);
    assert_eq!(closed["requestContext"]["connectionId"], opened["requestContext"]["connectionId"]);
}

#[tokio::test]
async fn the_function_accepts_or_rejects_a_handshake() {
    let fixture = start().await;
    let rejected = connect(fixture.server.address(), "no.ticket").await;
    let Err(tungstenite::Error::Http(response)) = rejected else { panic!("{rejected:?}") };
    assert_eq!(response.status(), 401);
    let (head, _) = fetch(fixture.server.address(), "GET /dev HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 426 "), "{head}");
}

#[tokio::test]
async fn sends_to_a_connection_by_its_id() {
    let mut fixture = start().await;
    let addr = fixture.server.address();
    let mut socket = connect(addr, "example.com").await.unwrap();
    let opened = fixture.events.recv().await.unwrap();
    let id = opened["requestContext"]["connectionId"].as_str().unwrap().replace('=', "%3D");
    let post = format!("POST /dev/@connections/{id} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nhello");
    let (head, _) = fetch(addr, &post).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("hello"));

    let get = format!("GET /dev/%40connections/{id} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let (head, data) = fetch(addr, &get).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    let identity = r#"{"sourceIp":"127.0.0.1","userAgent":"tungstenite"}"#;
    let times = ["2025-03-12T19:03:58.382Z", "2025-03-12T19:03:58.390Z"];
    let expected = format!(r#"{{"connectedAt":"{}","identity":{identity},"lastActiveAt":"{}"}}"#, times[0], times[1]);
    assert_eq!(data, expected);

    let (head, _) = fetch(addr, &format!("DELETE /@connections/{id} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
    assert!(head.starts_with("http/1.1 204 "), "{head}");
    assert!(matches!(socket.next().await.unwrap().unwrap(), Message::Close(Some(frame)) if frame.code == 1000.into()));
    assert!(socket.next().await.is_none());
    assert_eq!(fixture.events.recv().await.unwrap()["requestContext"]["eventType"], "DISCONNECT");
    for request in [post, get] {
        let (head, _) = fetch(addr, &request).await;
        assert!(head.starts_with("http/1.1 410 "), "{head}");
    }
}

#[tokio::test]
async fn rejects_web_pages_that_send_to_a_connection() {
    let mut fixture = start().await;
    let addr = fixture.server.address();
    let mut socket = connect(addr, "example.com").await.unwrap();
    let opened = fixture.events.recv().await.unwrap();
    let id = opened["requestContext"]["connectionId"].as_str().unwrap().replace('=', "%3D");
    for (headers, word) in [
        ("host: localhost\r\norigin: https://evil.example\r\n", "`origin`"),
        ("host: localhost\r\nsec-fetch-site: cross-site\r\n", "`sec-fetch-site`"),
        ("host: evil.example\r\n", "--allow-host"),
    ] {
        for method in ["POST", "GET", "DELETE"] {
            let post = format!("{method} /dev/@connections/{id} HTTP/1.1\r\n{headers}content-length: 5\r\n\r\nhello");
            let (head, body) = fetch(addr, &post).await;
            assert!(head.starts_with("http/1.1 403 ") && body.contains(word), "{headers}: {head}{body}");
        }
    }
    socket.close(None).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().is_close(), "the client got a message");
}

#[tokio::test]
async fn rejects_handshakes_of_foreign_web_pages() {
    let mut fixture = start().await;
    let addr = fixture.server.address();
    let handshake = |host: &str, origin: &str| {
        format!(
            "GET /dev HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-key: x\r\n\r\n"
        )
    };
    for (host, origin) in
        [("localhost", "https://evil.example"), ("evil.example", "https://evil.example"), ("localhost", "null")]
    {
        let (head, body) = fetch(addr, &handshake(host, origin)).await;
        assert!(head.starts_with("http/1.1 403 ") && body.contains("--allow-host"), "{origin}: {head}{body}");
    }
    assert!(fixture.events.try_recv().is_err(), "the function got a handshake");
    for origin in ["http://localhost:5173", "https://example.com"] {
        let (head, _) = fetch(addr, &handshake("localhost", origin)).await;
        assert!(head.starts_with("http/1.1 101 "), "{origin}: {head}");
        // The function decides about the origins that the server allows.
        assert_eq!(fixture.events.recv().await.unwrap()["headers"]["origin"], origin);
        assert_eq!(fixture.events.recv().await.unwrap()["requestContext"]["eventType"], "DISCONNECT");
    }
}

#[tokio::test]
async fn closes_the_connection_after_a_frame_over_32_kb() {
    let mut fixture = start().await;
    let mut socket = connect(fixture.server.address(), "example.com").await.unwrap();
    fixture.events.recv().await.unwrap();
    socket.send(Message::text("x".repeat(33 * 1024))).await.unwrap();
    let closed = fixture.events.recv().await.unwrap();
    assert_eq!(closed["requestContext"]["disconnectStatusCode"], 1009);
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(Some(frame)))) if frame.code == 1009.into()));
}

#[tokio::test]
async fn closes_connections_when_the_server_is_dropped() {
    let mut fixture = start().await;
    let mut socket = connect(fixture.server.address(), "example.com").await.unwrap();
    fixture.events.recv().await.unwrap();
    drop(fixture.server);
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(Some(frame)))) if frame.code == 1001.into()));
    assert_eq!(fixture.events.recv().await.unwrap()["requestContext"]["disconnectStatusCode"], 1001);
}

#[tokio::test]
async fn sends_replies_back_with_route_responses() {
    for has_responses in [true, false] {
        let api = WebSocketApi::new();
        let fixture = start_with(if has_responses { api.route_responses() } else { api }).await;
        let mut socket = connect(fixture.server.address(), "example.com").await.unwrap();
        for text in ["echo ", "echo hello", "broken"] {
            socket.send(Message::text(text)).await.unwrap();
        }
        if has_responses {
            assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("hello"));
            let error = socket.next().await.unwrap().unwrap().into_text().unwrap();
            assert!(error.contains("Internal server error"), "{error}");
        }
        socket.close(None).await.unwrap();
        let rest: Vec<_> = socket.map(Result::unwrap).filter(|message| ready(!message.is_close())).collect().await;
        assert_eq!(rest, []);
    }
}

#[tokio::test]
async fn the_domain_name_of_events_is_the_host_of_the_handshake() {
    let mut fixture = start().await;
    let addr = fixture.server.address();
    let mut socket = connect(addr, &addr.to_string()).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    socket.close(None).await.unwrap();
    for _ in 0..3 {
        assert_eq!(fixture.events.recv().await.unwrap()["requestContext"]["domainName"], addr.to_string());
    }
    let handshake = "GET /dev HTTP/1.0\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n\r\n";
    tokio::join!(fetch(addr, handshake), async {
        assert_eq!(fixture.events.recv().await.unwrap()["requestContext"]["domainName"], addr.to_string());
    });
}
