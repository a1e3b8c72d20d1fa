//! Fronts on a port.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::start_without_function;
#[cfg(feature = "websocket")]
use super::{rest_of_line, start};
use crate::support::{NEXT, fetch, header, run_function, soon};

#[tokio::test]
async fn serves_a_function_that_the_user_starts() {
    let (_child, addr, api) = start_without_function("rest-api", &["--front", "rest-api", "--stage", "dev"]).await;
    tokio::spawn(run_function(api, |event| json!({"statusCode": 200, "body": event["requestContext"]["path"]})));
    let (head, body) = fetch(addr, "GET /dev/pets HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert_eq!(body, "/dev/pets");
    let (head, _) = fetch(addr, "GET /pets HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 403 "), "{head}");
}

#[tokio::test]
async fn applies_the_timeout_of_the_option() {
    let (_child, addr, api) = start_without_function("function-url", &["--timeout", "2.5"]).await;
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let before = now();
    let request = tokio::spawn(fetch(addr, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"));
    let (head, _) = fetch(api.parse().unwrap(), NEXT).await;
    let deadline = header(&head, "lambda-runtime-deadline-ms").unwrap().parse::<u128>().unwrap();
    let after = now();
    assert!((before..=after).contains(&(deadline - 2500)), "{before} {deadline} {after}");
    // The function does not reply.
    let (head, _) = request.await.unwrap();
    assert!(head.starts_with("http/1.1 504 "), "{head}");
}

#[tokio::test]
async fn warns_at_once_if_only_the_front_streams() {
    let (mut child, addr, api) = start_without_function("function-url", &["--stream", "--quiet"]).await;
    tokio::spawn(run_function(api, |_| json!({"statusCode": 404})));
    let (head, _) = fetch(addr, "HEAD / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    // While the command runs.
    let mut line = String::new();
    soon(BufReader::new(child.stderr.take().unwrap()).read_line(&mut line)).await.unwrap();
    assert!(line.starts_with("lodger-gateway: cannot stream the reply to function-url: "), "{line}");
    assert!(line.contains("--stream") && line.contains("LODGER_RESPONSE_MODE"), "{line}");
}

#[cfg(feature = "websocket")]
#[tokio::test]
async fn prints_the_url_of_websocket_connections() {
    let (_child, mut lines) = start(&["--front", "websocket-api"]);
    let addr = rest_of_line(&mut lines, "websocket-api on ws://").await;
    let url = rest_of_line(&mut lines, "POST to a client at ").await;
    assert_eq!(url, format!("http://{addr}/@connections/{{id}}"));
}

#[tokio::test]
async fn rejects_a_host_that_is_not_allowed() {
    let options = ["--allow-host", "app.test", "--runtime-api", "localhost:0"];
    let (_child, addr, api) = start_without_function("function-url", &options).await;
    tokio::spawn(run_function(api.clone(), |_| json!({"statusCode": 200})));
    for (addr, host, status) in [
        (addr, "app.test", 200),
        (addr, "evil.example", 403),
        (api.parse().unwrap(), "app.test", 404),
        (api.parse().unwrap(), "evil.example", 403),
    ] {
        let (head, _) = fetch(addr, &format!("GET /x HTTP/1.1\r\nhost: {host}\r\n\r\n")).await;
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{host}: {head}");
    }
}

/// Linux only: other systems may need more files for the start of the process.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn serves_again_after_too_many_open_files() {
    use std::process::Stdio;
    use tokio::{net::TcpStream, process::Command};

    let arguments = [env!("CARGO_BIN_EXE_lodger-gateway"), "--listen", "127.0.0.1:0"];
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 24; exec \"$@\"", "sh"]).args(arguments);
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let addr = super::rest_of_line(&mut lines, "function-url on http://").await.parse().unwrap();
    let api: std::net::SocketAddr = super::rest_of_line(&mut lines, "AWS_LAMBDA_RUNTIME_API=").await.parse().unwrap();
    for port in [api, addr] {
        // The kernel accepts them, and the process cannot.
        let mut idle = Vec::new();
        for _ in 0..30 {
            idle.push(TcpStream::connect(port).await.unwrap());
        }
        soon(super::wait_until_all_files_are_open(&child, 24)).await;
        drop(idle);
    }
    tokio::spawn(run_function(api.to_string(), |_| json!({"statusCode": 200})));
    let (head, _) = soon(fetch(addr, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
}
