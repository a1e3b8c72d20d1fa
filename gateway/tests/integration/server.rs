//! A server behind each front.

use std::sync::Arc;

use lodger_gateway::{Front, RuntimeApi, Server, Warning};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use crate::support::{RawFunction, exchange, fetch, header, run_function, soon, upload};

/// Starts a server in front of a function that replies to each event with `reply(event)`.
async fn server(front: Front, reply: impl FnMut(Value) -> Value + Send + 'static) -> (Server, Arc<RuntimeApi>) {
    let api = Arc::new(RuntimeApi::start().await.unwrap());
    tokio::spawn(run_function(api.address(), reply));
    let server = Server::start("127.0.0.1:0", front, Arc::clone(&api)).await.unwrap();
    (server, api)
}

#[tokio::test]
async fn passes_requests_and_replies_on_behind_each_front() {
    for front in Front::all() {
        let (server, api) = server(front.clone(), |mut event| {
            if event["Action"] == "Invoke" {
                event = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
            }
            let path = ["rawPath", "raw_path", "path"].into_iter().find_map(|name| event.get(name).cloned());
            json!({"statusCode": 201, "body": format!("{} {}", path.unwrap(), event["body"])})
        })
        .await;
        let stage = if front.name() == "rest-api" { "/prod" } else { "" };
        let headers = "host: localhost\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello";
        let (head, body) = fetch(server.address(), &format!("POST {stage}/a/b HTTP/1.1\r\n{headers}")).await;
        assert!(head.starts_with("http/1.1 201 "), "{front}: {head}");
        let text = if front.name() == "vercel" { "aGVsbG8=" } else { "hello" };
        assert_eq!(body, format!("\"/a/b\" \"{text}\""), "{front}");
        assert_eq!(api.protocol_errors(), [""; 0]);
    }
}

/// Returns the paths of an event and of its request context.
fn paths_in_event(event: &Value) -> String {
    let paths = ["/rawPath", "/path", "/requestContext/path", "/requestContext/http/path"];
    paths.into_iter().filter_map(|name| event.pointer(name)?.as_str()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn serves_only_paths_of_the_stage() {
    for (front, status, body, served) in [
        (Front::rest_api().stage("dev"), 403, r#"{"message":"Forbidden"}"#, "/pets /dev/pets"),
        (Front::http_api().stage("dev"), 404, r#"{"message":"Not Found"}"#, "/dev/pets /dev/pets"),
        (Front::http_api_v1().stage("dev"), 404, r#"{"message":"Not Found"}"#, "/dev/pets /dev/pets"),
    ] {
        let (server, api) =
            server(front.clone(), |event| json!({"statusCode": 200, "body": paths_in_event(&event)})).await;
        for path in ["/pets", "/", "/prod/pets", "/device/pets", "/DEV/pets"] {
            let (head, got) = fetch(server.address(), &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
            assert!(head.starts_with(&format!("http/1.1 {status} ")), "{front} {path}: {head}");
            assert_eq!(got, body, "{front} {path}");
            let error = header(&head, "x-amzn-errortype");
            assert_eq!(error, (status == 403).then_some("forbiddenexception"), "{front} {path}");
        }
        let (head, got) = fetch(server.address(), "GET /dev/pets HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        assert!(head.starts_with("http/1.1 200 "), "{front}: {head}");
        assert_eq!(got, served, "{front}");
        assert!(api.poll_count() <= 2, "{front}: the function got another request");
    }
}

#[tokio::test]
async fn serves_paths_without_the_stage_on_a_custom_domain() {
    for front in [Front::rest_api().stage("dev"), Front::http_api().stage("dev"), Front::http_api_v1().stage("dev")] {
        let front = front.custom_domain("api.example.com");
        let (server, _api) = server(front.clone(), |event| {
            json!({"statusCode": 200, "body": format!("{} {}", event["requestContext"]["domainName"], paths_in_event(&event))})
        })
        .await;
        for path in ["/pets", "/dev/pets"] {
            let (head, got) = fetch(server.address(), &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
            assert!(head.starts_with("http/1.1 200 "), "{front}: {head}");
            assert_eq!(got, format!("\"api.example.com\" {path} {path}"), "{front}");
        }
    }
}

#[tokio::test]
async fn a_rest_api_damages_bodies_that_are_not_text_and_warns_once() {
    let damaged = Warning::DamagedRequestBody { content_type: "image/png".into() };
    let encoded = Warning::EncodedResponseBody { accept: "*/*".into() };
    for (types, posted, received, warnings) in [
        (&[][..], "\"\u{fffd}PNG\" false", &b"/w=="[..], &[damaged, encoded.clone()][..]),
        (&["image/png"], "\"iVBORw==\" true", b"/w==", &[encoded]),
        (&["*/*"], "\"iVBORw==\" true", b"\xff", &[]),
    ] {
        let (server, api) = server(Front::rest_api().binary_media_types(types.iter().copied()), |event| {
            let body = format!("{} {}", event["body"], event["isBase64Encoded"]);
            let is_get = event["httpMethod"] == "GET";
            json!({"statusCode": 200, "body": if is_get { "/w==" } else { &body }, "isBase64Encoded": is_get})
        })
        .await;
        let mut socket = BufReader::new(TcpStream::connect(server.address()).await.unwrap());
        for _ in 0..2 {
            let head = "POST /prod HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/png\r\ncontent-length: 4\r\n\r\n";
            socket.write_all(&[head.as_bytes(), b"\x89PNG"].concat()).await.unwrap();
            let (_, body) = exchange(&mut socket, "").await.unwrap();
            assert_eq!(String::from_utf8(body).unwrap(), posted, "{types:?}");
            let get = "GET /prod HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n";
            let (_, body) = exchange(&mut socket, get).await.unwrap();
            assert_eq!(body, received, "{types:?}");
        }
        assert_eq!(api.warnings(), warnings, "{types:?}");
        for warning in warnings {
            assert!(warning.to_string().contains("--binary-media-types '*/*'"), "{warning}");
        }
    }
}

#[tokio::test]
async fn keeps_the_content_length_of_a_reply_to_head() {
    let (server, _api) =
        server(Front::http_api(), |_| json!({"statusCode": 200, "headers": {"content-length": "42"}})).await;
    let mut socket = BufReader::new(TcpStream::connect(server.address()).await.unwrap());
    let (head, _) = exchange(&mut socket, "HEAD / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    assert_eq!(header(&head, "content-length"), Some("42"));
    // The response to a GET has the length of its body, or else the connection could not be used again.
    for _ in 0..2 {
        let (head, body) = exchange(&mut socket, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        assert_eq!((header(&head, "content-length"), body.len()), (Some("0"), 0));
    }
}

#[tokio::test]
async fn rejects_a_request_body_over_10_mb() {
    let (server, api) = server(Front::rest_api(), |_| panic!("the function got it")).await;
    let request = format!("POST /prod HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", 11 << 20)
        + &"x".repeat(11 << 20);
    let mut socket = TcpStream::connect(server.address()).await.unwrap();
    // The response arrives before the end of the request.
    let (mut read, mut write) = socket.split();
    let sending = async { drop(write.write_all(request.as_bytes()).await) };
    let mut head = [0; 12];
    let ((), read) = tokio::join!(sending, read.read_exact(&mut head));
    read.unwrap();
    assert_eq!(&head, b"HTTP/1.1 413");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn allows_only_hosts_that_no_web_page_can_have() {
    let front = Front::http_api().custom_domain("api.example.com");
    let (server, _api) = server(front, |_| json!({"statusCode": 200})).await;
    let server = server.allow_host("app.test");
    let port = server.address().port();
    let status = async |headers: &str| {
        let request = format!("POST / HTTP/1.1\r\n{headers}content-length: 2\r\n\r\n{{}}");
        let (head, body) = fetch(server.address(), &request).await;
        (head.split(' ').nth(1).map(str::to_owned).unwrap_or_default(), body)
    };
    for host in [&format!("127.0.0.1:{port}"), "localhost", "x.localhost:1", "[::1]:80", "app.test", "api.example.com"]
    {
        // An app may serve pages of another origin.
        let headers = format!("host: {host}\r\norigin: https://app.example\r\nsec-fetch-site: cross-site\r\n");
        assert_eq!(status(&headers).await.0, "200", "{host}");
    }
    assert_eq!(status("").await.0, "200");
    for host in ["evil.example", &format!("evil.example:{port}"), "x.app.test", "localhost.evil.example"] {
        let (status, body) = status(&format!("host: {host}\r\n")).await;
        assert!(status == "403" && body.contains(host) && body.contains("--allow-host"), "{host}: {status} {body}");
    }
}

#[tokio::test]
async fn reads_the_rest_of_a_rejected_body() {
    let (server, _api) = server(Front::rest_api(), |_| panic!("the function got it")).await;
    for (path, status, text) in [("/prod", "413", "Request Too Long"), ("/", "403", "Forbidden")] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", 40 << 20);
        let response = upload(server.address(), (head + &"x".repeat(40 << 20)).as_bytes()).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")) && response.contains(text), "{response}");
    }
}

#[tokio::test]
async fn completes_the_request_in_flight_after_the_drop() {
    let api = Arc::new(RuntimeApi::start().await.unwrap());
    let server = Server::start("127.0.0.1:0", Front::alb(), Arc::clone(&api)).await.unwrap();
    let addr = server.address();
    let request = tokio::spawn(async move { fetch(addr, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await });
    let mut function = RawFunction::connect(&api).await;
    let id = function.poll().await;
    drop(server);
    soon(async { while TcpStream::connect(addr).await.is_ok() {} }).await;
    // The function replies after the server has closed its listener.
    let reply = json!({"statusCode": 200, "body": "late"}).to_string();
    function.begin_reply(&id, &format!("content-length: {}\r\n", reply.len())).await;
    function.socket.write_all(reply.as_bytes()).await.unwrap();
    let (head, body) = request.await.unwrap();
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert_eq!(body, "late");
}
