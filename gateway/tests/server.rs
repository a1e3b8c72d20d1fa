//! A client that speaks HTTP, a server that is a front, and a function that speaks to the Runtime API.

mod support;

use std::{sync::Arc, time::Duration};

use lodger_gateway::{Front, RuntimeApi, Server, Warning};
use serde_json::{Value, json};
use support::{Function, SOON, ask, exchange, function, sent, value};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

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
        let stage = if front.name() == "rest-api" { "/prod" } else { "" };
        let headers = "host: localhost\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello";
        let (head, body) = ask(server.address(), &format!("POST {stage}/a/b HTTP/1.1\r\n{headers}")).await;
        assert!(head.starts_with("http/1.1 201 "), "{front}: {head}");
        let text = if front.name() == "vercel" { "aGVsbG8=" } else { "hello" };
        assert_eq!(body, format!("\"/a/b\" \"{text}\""), "{front}");
        assert_eq!(api.protocol_errors(), [""; 0]);
    }
}

/// The path that the function sees first, and the one in the context.
fn paths(event: &Value) -> String {
    let paths = ["/rawPath", "/path", "/requestContext/path", "/requestContext/http/path"];
    paths.into_iter().filter_map(|name| event.pointer(name)?.as_str()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn an_api_serves_paths_of_its_stage_only() {
    for (front, status, body, served) in [
        (Front::rest_api().stage("dev"), 403, r#"{"message":"Forbidden"}"#, "/pets /dev/pets"),
        (Front::http_api().stage("dev"), 404, r#"{"message":"Not Found"}"#, "/dev/pets /dev/pets"),
        (Front::http_api_v1().stage("dev"), 404, r#"{"message":"Not Found"}"#, "/dev/pets /dev/pets"),
    ] {
        let (server, api) = server(front.clone(), |event| json!({"statusCode": 200, "body": paths(&event)})).await;
        for path in ["/pets", "/", "/prod/pets", "/device/pets", "/DEV/pets"] {
            let (head, got) = ask(server.address(), &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
            assert!(head.starts_with(&format!("http/1.1 {status} ")), "{front} {path}: {head}");
            assert_eq!(got, body, "{front} {path}");
            let error = value(&head, "x-amzn-errortype");
            assert_eq!(error, (status == 403).then_some("forbiddenexception"), "{front} {path}");
        }
        let (head, got) = ask(server.address(), "GET /dev/pets HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        assert!(head.starts_with("http/1.1 200 "), "{front}: {head}");
        assert_eq!(got, served, "{front}");
        assert!(api.poll_count() <= 2, "{front}: the function sees no other request");
    }
}

#[tokio::test]
async fn an_api_behind_a_custom_domain_serves_paths_without_its_stage() {
    for front in [Front::rest_api().stage("dev"), Front::http_api().stage("dev"), Front::http_api_v1().stage("dev")] {
        let front = front.custom_domain("api.example.com");
        let (server, _api) = server(front.clone(), |event| {
            json!({"statusCode": 200, "body": format!("{} {}", event["requestContext"]["domainName"], paths(&event))})
        })
        .await;
        for path in ["/pets", "/dev/pets"] {
            let (head, got) = ask(server.address(), &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
            assert!(head.starts_with("http/1.1 200 "), "{front}: {head}");
            assert_eq!(got, format!("\"api.example.com\" {path} {path}"), "{front}");
        }
    }
}

#[tokio::test]
async fn a_rest_api_damages_bodies_that_are_not_text_and_warns_once() {
    let damaged = Warning::DamagedRequestBody { content_type: "image/png".into() };
    let encoded = Warning::EncodedResponseBody { accept: "*/*".into() };
    for (types, of_post, of_get, warnings) in [
        (&[][..], "\"\u{fffd}PNG\" false", &b"/w=="[..], &[damaged, encoded.clone()][..]),
        (&["image/png"], "\"iVBORw==\" true", b"/w==", &[encoded]),
        (&["*/*"], "\"iVBORw==\" true", b"\xff", &[]),
    ] {
        let (server, api) = server(Front::rest_api().binary_media_types(types.iter().copied()), |event| {
            let told = format!("{} {}", event["body"], event["isBase64Encoded"]);
            let is_get = event["httpMethod"] == "GET";
            json!({"statusCode": 200, "body": if is_get { "/w==" } else { &told }, "isBase64Encoded": is_get})
        })
        .await;
        let mut socket = BufReader::new(TcpStream::connect(server.address()).await.unwrap());
        for _ in 0..2 {
            let head = "POST /prod HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/png\r\ncontent-length: 4\r\n\r\n";
            socket.write_all(&[head.as_bytes(), b"\x89PNG"].concat()).await.unwrap();
            let (_, body) = exchange(&mut socket, "").await.unwrap();
            assert_eq!(String::from_utf8(body).unwrap(), of_post, "{types:?}");
            let get = "GET /prod HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n";
            let (_, body) = exchange(&mut socket, get).await.unwrap();
            assert_eq!(body, of_get, "{types:?}");
        }
        assert_eq!(api.warnings(), warnings, "{types:?}");
        for warning in warnings {
            assert!(warning.to_string().contains("--binary-media-types '*/*'"), "{warning}");
        }
    }
}

#[tokio::test]
async fn a_head_is_answered_with_the_length_that_the_function_tells() {
    let (server, _api) =
        server(Front::http_api(), |_| json!({"statusCode": 200, "headers": {"content-length": "42"}})).await;
    let mut socket = BufReader::new(TcpStream::connect(server.address()).await.unwrap());
    let (head, _) = exchange(&mut socket, "HEAD / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    assert_eq!(value(&head, "content-length"), Some("42"));
    // For others it would be a lie, which the connection would not survive.
    for _ in 0..2 {
        let (head, body) = exchange(&mut socket, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        assert_eq!((value(&head, "content-length"), body.len()), (Some("0"), 0));
    }
}

#[tokio::test]
async fn what_is_too_large_never_gets_to_the_function() {
    let (server, api) = server(Front::rest_api(), |_| panic!("it did")).await;
    let request = format!("POST /prod HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", 11 << 20)
        + &"x".repeat(11 << 20);
    let mut socket = TcpStream::connect(server.address()).await.unwrap();
    // The answer comes before all is sent.
    let (mut read, mut write) = socket.split();
    let sending = async { drop(tokio::io::AsyncWriteExt::write_all(&mut write, request.as_bytes()).await) };
    let mut head = [0; 12];
    let reading = tokio::io::AsyncReadExt::read_exact(&mut read, &mut head);
    let (_, read) = tokio::join!(sending, reading);
    read.unwrap();
    assert_eq!(&head, b"HTTP/1.1 413");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn serves_only_hosts_that_no_web_page_can_have() {
    let front = Front::http_api().custom_domain("api.example.com");
    let (server, _api) = server(front, |_| json!({"statusCode": 200})).await;
    let server = server.allow_host("app.test");
    let port = server.address().port();
    let status = async |headers: &str| {
        let request = format!("POST / HTTP/1.1\r\n{headers}content-length: 2\r\n\r\n{{}}");
        let (head, body) = ask(server.address(), &request).await;
        (head.split(' ').nth(1).map(str::to_owned).unwrap_or_default(), body)
    };
    for host in [&format!("127.0.0.1:{port}"), "localhost", "x.localhost:1", "[::1]:80", "app.test", "api.example.com"]
    {
        // The pages of an app may have another origin.
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
async fn reads_all_of_a_body_that_is_too_large() {
    let (server, _api) = server(Front::rest_api(), |_| panic!("the function got it")).await;
    for (path, status, text) in [("/prod", "413", "Request Too Long"), ("/", "403", "Forbidden")] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", 40 << 20);
        let response = sent(server.address(), (head + &"x".repeat(40 << 20)).as_bytes()).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")) && response.contains(text), "{response}");
    }
}

#[tokio::test]
async fn a_drop_lets_the_request_in_flight_end() {
    let api = Arc::new(RuntimeApi::start().await.unwrap());
    let server = Server::start("127.0.0.1:0", Front::alb(), Arc::clone(&api)).await.unwrap();
    let addr = server.address();
    let asked = tokio::spawn(async move { ask(addr, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await });
    // The function has the request by then, and answers late.
    let mut function = Function::connect(&api).await;
    let id = function.poll().await;
    drop(server);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let reply = json!({"statusCode": 200, "body": "late"}).to_string();
    function.post(&id, &format!("content-length: {}\r\n", reply.len())).await;
    function.socket.write_all(reply.as_bytes()).await.unwrap();
    let (head, body) = asked.await.unwrap();
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert_eq!(body, "late");
    assert!(TcpStream::connect(addr).await.is_err());
}

/// A client that has asked for `/prod`, the root of a REST API, and a function that answers it.
#[allow(clippy::unwrap_used, reason = "what helps a test may panic as well")]
async fn asked(front: Front, method: &str) -> (Server, Arc<RuntimeApi>, BufReader<TcpStream>, Function, String) {
    let api = Arc::new(RuntimeApi::start().await.unwrap());
    let server = Server::start("127.0.0.1:0", front, Arc::clone(&api)).await.unwrap();
    let mut client = BufReader::new(TcpStream::connect(server.address()).await.unwrap());
    client.write_all(format!("{method} /prod HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    let mut function = Function::connect(&api).await;
    let id = function.poll().await;
    let http = "content-type: application/vnd.awslambda.http-integration-response\r\n";
    let trailer = "trailer: lambda-runtime-function-error-type, lambda-runtime-function-error-body\r\n";
    function.begin_stream(&id, &format!("{http}{trailer}")).await;
    function.chunk(b"{\"statusCode\":201}\0\0\0\0\0\0\0\0").await;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(client.read_line(&mut head).await.unwrap(), 0, "{head}");
    }
    (server, api, client, function, head.to_lowercase())
}

#[tokio::test]
async fn a_stream_goes_to_the_client_piece_by_piece() {
    for front in [Front::function_url().streaming(), Front::rest_api().streaming()] {
        let (_server, api, mut client, mut function, head) = asked(front.clone(), "GET").await;
        assert!(head.starts_with("http/1.1 201 ") && head.contains("\r\ntransfer-encoding: chunked\r\n"), "{head}");
        for (data, sent) in [(&b"one"[..], &b"3\r\none\r\n"[..]), (b"two2", b"4\r\ntwo2\r\n")] {
            function.chunk(data).await;
            let mut got = vec![0; sent.len()];
            client.read_exact(&mut got).await.unwrap();
            assert_eq!(got, sent, "{front}");
        }
        assert!(function.end("").await.starts_with("http/1.1 202"));
        let mut end = [0; 5];
        client.read_exact(&mut end).await.unwrap();
        assert_eq!((&end, api.protocol_errors()), (b"0\r\n\r\n", vec![]));
    }
}

#[tokio::test]
async fn a_stream_that_fails_has_no_end() {
    let (_server, api, mut client, mut function, _) = asked(Front::function_url().streaming(), "GET").await;
    function.chunk(b"one").await;
    let error = "eyJlcnJvclR5cGUiOiJ4IiwiZXJyb3JNZXNzYWdlIjoib2gifQ==";
    let trailers = format!(
        "lambda-runtime-function-error-type: Function.Panic\r\nlambda-runtime-function-error-body: {error}\r\n"
    );
    assert!(function.end(&trailers).await.starts_with("http/1.1 202"));
    let mut rest = Vec::new();
    let read = tokio::time::timeout(SOON, client.read_to_end(&mut rest)).await.unwrap();
    assert_eq!((read.unwrap(), rest.as_slice()), (8, &b"3\r\none\r\n"[..]));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn the_function_does_not_learn_that_the_client_went_away() {
    for method in ["GET", "HEAD"] {
        let (_server, api, client, mut function, head) = asked(Front::function_url().streaming(), method).await;
        assert!(head.starts_with("http/1.1 201 "), "{head}");
        drop(client);
        for _ in 0..20 {
            function.chunk(&[b'x'; 100_000]).await;
        }
        assert!(function.end("").await.starts_with("http/1.1 202"), "{method}");
        assert_eq!(api.protocol_errors(), [""; 0]);
    }
}
