//! Log lines of invocations on standard error.

use std::net::SocketAddr;

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    process::Child,
};

use super::{
    event::{fail_once, invoke},
    rest_of_line, start, terminate,
    vercel::start_on_vercel,
};
#[cfg(feature = "websocket")]
use crate::support::exchange;
use crate::support::{NEXT, fetch, header, run_function, soon, upload};

/// The lines of a text, with `_` instead of each duration.
fn without_durations(text: &str) -> Vec<String> {
    let word = |word: &str| {
        let (number, rest) = word.split_at(word.find("ms").or(word.find('s')).unwrap_or(0));
        if number.trim_end_matches('m').parse::<f64>().is_ok() {
            format!("_{}", rest.trim_start_matches(['m', 's']))
        } else {
            word.to_owned()
        }
    };
    text.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" ")).collect()
}

/// Waits for `count` lines on standard error, stops the command, and returns all lines.
async fn stop_and_read_lines(mut child: Child, count: usize) -> Vec<String> {
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    for _ in 0..count {
        assert_ne!(soon(stderr.read_line(&mut text)).await.unwrap(), 0, "{text}");
    }
    terminate(&child).await;
    stderr.read_to_string(&mut text).await.unwrap();
    without_durations(&text)
}

/// Sends a request, and replies to its invocation with a path, headers and a body, or not at all.
async fn send(front: SocketAddr, api: SocketAddr, request: &str, reply: Option<(&str, &str, &str)>) {
    tokio::join!(fetch(front, request), async {
        let (head, _) = fetch(api, NEXT).await;
        let id = header(&head, "lambda-runtime-aws-request-id").unwrap();
        if let Some((path, headers, body)) = reply {
            let post = format!("POST /2018-06-01/runtime/invocation/{id}/{path} HTTP/1.1\r\nhost: localhost\r\n");
            let rest = format!("{headers}content-length: {}\r\n\r\n{body}", body.len());
            assert!(fetch(api, &(post + &rest)).await.0.starts_with("http/1.1 202 "));
        }
    });
}

/// Invokes a function in different ways, and returns the lines.
async fn lines_of_invocations(options: &[&str], count: usize) -> String {
    let script = "echo at $AWS_LAMBDA_RUNTIME_API; exec sleep 600";
    // The timeout is long enough for a busy machine.
    let arguments = ["--front", "http-api", "--timeout", "4", "--", "sh", "-c", script];
    let (child, mut lines) = start(&[options, &arguments].concat());
    let (mut front, mut api) = (None, None);
    while front.is_none() || api.is_none() {
        let line = lines.next_line().await.unwrap().unwrap();
        front = front.or_else(|| line.strip_prefix("http-api on http://")?.parse().ok());
        api = api.or_else(|| line.strip_prefix("at ")?.parse().ok());
    }
    let (front, api) = (front.unwrap(), api.unwrap());
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let body = r#"{"statusCode":201}"#;
    send(front, api, &get("/items?token=secret"), Some(("response", "", body))).await;
    send(front, api, &get("/a/\u{9b}31m\u{202e}"), Some(("response", "", body))).await;
    let error_type = "lambda-runtime-function-error-type: Function.Panic\r\n";
    let error = r#"{"errorMessage":"oh\nGET /forged 200 1.0ms\u001b[2J"}"#;
    send(front, api, &get("/fails"), Some(("error", error_type, error))).await;
    send(front, api, &get("/late"), None).await;
    let large = format!("POST /upload HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", 11 << 20);
    upload(front, (large + &"x".repeat(11 << 20)).as_bytes()).await;
    stop_and_read_lines(child, count).await.join("\n").replace("1.0ms", "_").replace(" 4 s", " _ s")
}

#[tokio::test]
async fn writes_a_line_for_each_invocation() {
    let expected = [
        "GET /items 201 _ (cold start _)",
        r"GET /a/\u{9b}31m\u{202e} 201 _",
        r"GET /fails 500 _: Function.Panic: oh\nGET /forged 200 _\u{1b}[2J",
        "GET /late 504 _: the function did not reply within _ s",
        "POST /upload 413 _",
    ];
    let (all, quiet) = tokio::join!(lines_of_invocations(&[], expected.len()), lines_of_invocations(&["--quiet"], 0));
    assert_eq!(all, expected.join("\n"));
    assert_eq!(quiet, "");
}

#[tokio::test]
async fn writes_a_line_for_an_event() {
    let sqs = r#"{"Records":[{"eventSource":"aws:sqs"}]}"#;
    let output = invoke(&[], sqs, |api| run_function(api, |_| json!({"batchItemFailures": []}))).await;
    let lines = without_durations(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(lines, ["aws:sqs ok _ (cold start _)"]);
    assert_eq!(output.stdout, b"{\"batchItemFailures\":[]}\n");

    let request = r#"{"rawPath":"/pets","requestContext":{"http":{"method":"GET"}}}"#;
    let output = invoke(&[], request, |api| run_function(api, |_| json!({"statusCode": 404}))).await;
    let lines = without_durations(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(lines, ["GET /pets 404 _ (cold start _)"]);

    let output = invoke(&[], "{}", fail_once).await;
    let lines = without_durations(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(lines, ["event failed _ (cold start _): Function.Error: no", "{\"errorMessage\":\"no\"}"]);
}

#[tokio::test]
async fn writes_a_line_for_each_request_on_vercel() {
    let (child, addr, mut ipc) = start_on_vercel(&[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let started = json!({"type": "server-started", "payload": {"initDuration": 1, "httpPort": port}});
    ipc.write_all(format!("{started}\0").as_bytes()).await.unwrap();
    let responses = [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\npart",
        "",
    ];
    for (response, status) in responses.into_iter().zip(["200", "404", "200", "502"]) {
        let responding = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            assert_ne!(socket.read(&mut [0; 4096]).await.unwrap(), 0);
            socket.write_all(response.as_bytes()).await.unwrap();
        };
        let requesting = async {
            let mut client = TcpStream::connect(addr).await.unwrap();
            let request = "GET /items?token=secret HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            client.write_all(request.as_bytes()).await.unwrap();
            let mut all = String::new();
            client.read_to_string(&mut all).await.unwrap();
            assert_eq!(all.get(9..12), Some(status), "{all}");
        };
        tokio::join!(requesting, responding);
    }
    let lines = stop_and_read_lines(child, 4).await;
    assert_eq!(lines[..2], ["GET /items 200 _ (cold start _)", "GET /items 404 _"]);
    assert!(lines[2].starts_with("GET /items 200 _: ") && lines[3].starts_with("GET /items 502 _: "), "{lines:?}");
    assert_eq!(lines.len(), 4, "{lines:?}");
}

#[cfg(feature = "websocket")]
#[tokio::test]
async fn writes_a_line_for_each_event_of_a_websocket() {
    let (child, mut lines) = start(&["--front", "websocket-api"]);
    let addr: SocketAddr = rest_of_line(&mut lines, "websocket-api on ws://").await.parse().unwrap();
    let api = rest_of_line(&mut lines, "AWS_LAMBDA_RUNTIME_API=").await;
    tokio::spawn(run_function(api, |_| json!({"statusCode": 200})));
    let request = "GET /prod HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut socket = BufReader::new(TcpStream::connect(addr).await.unwrap());
    let (head, _) = exchange(&mut socket, request).await.unwrap();
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    // A text frame whose mask is zero.
    let message = r#"{"action":"sa\u001by"}"#;
    let mut frame = vec![0x81, 0x80 | u8::try_from(message.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(message.as_bytes());
    socket.write_all(&frame).await.unwrap();
    socket.write_all(&[0x88, 0x80, 0, 0, 0, 0]).await.unwrap();
    // The server closes the connection, and then invokes the function for its end.
    assert_ne!(socket.read_to_end(&mut vec![]).await.unwrap(), 0);
    assert_eq!(stop_and_read_lines(child, 3).await, ["$connect 200 _", r"sa\u{1b}y 200 _", "$disconnect 200 _"]);
}
