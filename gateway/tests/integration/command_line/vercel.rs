//! The option `--vercel`.

use std::net::SocketAddr;

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream, UnixStream},
    process::Child,
};

use super::{start, terminate};
use crate::support::{fetch, soon};

/// Starts the command with a process that does nothing, because the test is the function.
///
/// Returns the process, the address of the server, and the socket of the function.
pub(super) async fn start_on_vercel(arguments: &[&str]) -> (Child, SocketAddr, UnixStream) {
    let script = "echo at $VERCEL_IPC_PATH; exec sleep 600";
    let (child, mut lines) = start(&[arguments, &["--vercel", "--", "sh", "-c", script]].concat());
    let (mut addr, mut ipc) = (None, None);
    while addr.is_none() || ipc.is_none() {
        let line = lines.next_line().await.unwrap().unwrap();
        match line.strip_prefix("vercel on http://") {
            Some(url) => addr = Some(url.parse().unwrap()),
            None => ipc = line.strip_prefix("at ").map(str::to_owned),
        }
    }
    (child, addr.unwrap(), UnixStream::connect(ipc.unwrap()).await.unwrap())
}

/// Sends a request with an upgrade. Checks the headers of the platform, and bytes in both directions after the upgrade.
async fn check_upgrade(addr: SocketAddr, listener: &TcpListener) {
    let mut client = TcpStream::connect(addr).await.unwrap();
    let request = "GET /ws?a HTTP/1.1\r\nhost: x.example\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    client.write_all(request.as_bytes()).await.unwrap();
    let (mut function, _) = listener.accept().await.unwrap();
    let mut request = Vec::with_capacity(4096);
    function.read_buf(&mut request).await.unwrap();
    let request = String::from_utf8_lossy(&request).to_lowercase();
    for part in
        ["get /ws?a http/1.1\r\n", "x-forwarded-host: x.example", "x-real-ip: 127.0.0.1", "internal-request-id: 1"]
    {
        assert!(request.contains(part), "{part}: {request}");
    }
    let response = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    function.write_all(response.as_bytes()).await.unwrap();
    let mut client = BufReader::new(client);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        client.read_line(&mut line).await.unwrap();
    }
    let mut four = [0; 4];
    client.write_all(b"ping").await.unwrap();
    function.read_exact(&mut four).await.unwrap();
    assert_eq!(&four, b"ping");
    function.write_all(b"pong").await.unwrap();
    client.read_exact(&mut four).await.unwrap();
    assert_eq!(&four, b"pong");
}

/// Waits until the server cannot connect to the function.
async fn wait_for_refused_connection(addr: SocketAddr) {
    let refused = async {
        loop {
            let (head, body) = fetch(addr, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
            assert!(head.starts_with("http/1.1 502 "), "{head}{body}");
            // A process that another test starts has a copy of the listener until it executes its program. The connection is
            // reset in the meantime.
            if body.contains("refused") {
                break;
            }
        }
    };
    soon(refused).await;
}

#[tokio::test]
async fn serves_a_function_of_vercel() {
    let (mut child, addr, mut ipc) = start_on_vercel(&["--quiet", "--allow-host", "x.example"]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let message = |kind: &str, payload: serde_json::Value| format!("{}\0", json!({"type": kind, "payload": payload}));
    let started = message("server-started", json!({"initDuration": 1, "httpPort": port}));
    let context = json!({"invocationId": "0", "requestId": 0});
    let log = message("log", json!({"context": context, "level": "warn", "message": "aGk="}));
    let unknown_end = message("end", json!({"context": context}));
    ipc.write_all((started + &log + &unknown_end).as_bytes()).await.unwrap();

    check_upgrade(addr, &listener).await;
    drop(listener);
    wait_for_refused_connection(addr).await;
    terminate(&child).await;
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).await.unwrap();
    assert_eq!(
        errors,
        "warn: hi\nlodger-gateway: protocol error of the function: sent `end` for a request that is not open: \"0\", 0\n"
    );
}

#[tokio::test]
async fn reports_a_function_of_vercel_that_cannot_start() {
    let (mut child, addr, mut ipc) = start_on_vercel(&["--quiet"]).await;
    let error = json!({"type": "unrecoverable-error", "payload": {"exitCode": 1, "message": "no database"}});
    ipc.write_all(format!("{error}\0").as_bytes()).await.unwrap();
    let (head, body) = fetch(addr, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 502 "), "{head}");
    assert_eq!(body, "the function cannot start: no database\n");
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).await.unwrap();
    assert_eq!(line, "lodger-gateway: the function reported an unrecoverable error: no database\n");
}
