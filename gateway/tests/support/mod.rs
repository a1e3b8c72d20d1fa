//! A function, and a client, with no more than a socket between them and the crate.

#![allow(dead_code, clippy::unwrap_used, reason = "not each test needs all of it, and it is of tests")]

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// Polls the Runtime API at `addr`, and answers each event with what `reply` makes of it.
pub(crate) async fn function(addr: String, mut reply: impl FnMut(Value) -> Value) {
    let mut socket = BufReader::new(TcpStream::connect(&addr).await.unwrap());
    loop {
        let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: x\r\n\r\n";
        let Some((head, event)) = exchange(&mut socket, next).await else { return };
        let id = value(&head, "lambda-runtime-aws-request-id").unwrap().to_owned();
        let reply = reply(serde_json::from_slice(&event).unwrap()).to_string();
        let post = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{reply}",
            reply.len()
        );
        assert!(exchange(&mut socket, &post).await.unwrap().0.starts_with("http/1.1 202"));
    }
}

/// Tells the Runtime API at `addr` that the function cannot start.
pub(crate) async fn cannot_start(addr: String, message: &str) {
    let body = serde_json::json!({"errorMessage": message}).to_string();
    let post = format!(
        "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\
         lambda-runtime-function-error-type: Runtime.NoDatabase\r\n\r\n{body}",
        body.len()
    );
    assert!(ask(addr.parse().unwrap(), &post).await.0.starts_with("http/1.1 202"));
}

/// Sends a request on a connection of its own; gives the head of the response, in lower case, and its body.
pub(crate) async fn ask(addr: SocketAddr, request: &str) -> (String, String) {
    let mut socket = BufReader::new(TcpStream::connect(addr).await.unwrap());
    let (head, body) = exchange(&mut socket, request).await.unwrap();
    (head, String::from_utf8(body).unwrap())
}

/// One request and its response; `None` if the other end closed before there was one.
pub(crate) async fn exchange(socket: &mut BufReader<TcpStream>, request: &str) -> Option<(String, Vec<u8>)> {
    socket.write_all(request.as_bytes()).await.ok()?;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if socket.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let head = head.to_lowercase();
    let length = if request.starts_with("HEAD") { None } else { value(&head, "content-length") };
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    socket.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

pub(crate) fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}
