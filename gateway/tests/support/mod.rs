//! A function, and a client, with no more than a socket between them and the crate.

#![allow(dead_code, clippy::unwrap_used, reason = "not each test needs all of it, and it is of tests")]

use std::{net::SocketAddr, time::Duration};

use lodger_gateway::{Invocation, RuntimeApi};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// Polls the Runtime API at `addr`, and answers each event with what `reply` makes of it.
pub(crate) async fn function(addr: String, mut reply: impl FnMut(Value) -> Value) {
    let mut socket = BufReader::new(TcpStream::connect(&addr).await.unwrap());
    loop {
        let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let Some((head, event)) = exchange(&mut socket, next).await else { return };
        let id = value(&head, "lambda-runtime-aws-request-id").unwrap().to_owned();
        let reply = reply(serde_json::from_slice(&event).unwrap()).to_string();
        let post = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{reply}",
            reply.len()
        );
        assert!(exchange(&mut socket, &post).await.unwrap().0.starts_with("http/1.1 202"));
    }
}

/// Tells the Runtime API at `addr` that the function cannot start.
pub(crate) async fn cannot_start(addr: String, message: &str) {
    let body = serde_json::json!({"errorMessage": message}).to_string();
    let post = format!(
        "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\
         lambda-runtime-function-error-type: Runtime.NoDatabase\r\n\r\n{body}",
        body.len()
    );
    assert!(ask(addr.parse().unwrap(), &post).await.0.starts_with("http/1.1 202"));
}

/// What anything that happens does within.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Invokes a function until `polls` has what it asked for, and no longer.
pub(crate) async fn handed_out<T>(
    api: &RuntimeApi,
    invocation: impl Into<Invocation>,
    polls: impl Future<Output = T>,
) -> T {
    let asked = async {
        tokio::select! {
            biased;
            outcome = api.invoke(invocation) => panic!("{outcome:?}"),
            asked = polls => asked,
        }
    };
    tokio::time::timeout(SOON, asked).await.unwrap()
}

/// Waits until the function has asked for so many invocations.
pub(crate) async fn polls(api: &RuntimeApi, count: usize) {
    let polled = async {
        while api.poll_count() < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(SOON, polled).await.unwrap();
}

/// Sends a request on a connection of its own; gives the head of the response, in lower case, and its body.
pub(crate) async fn ask(addr: SocketAddr, request: &str) -> (String, String) {
    let mut socket = BufReader::new(TcpStream::connect(addr).await.unwrap());
    let (head, body) = exchange(&mut socket, request).await.unwrap();
    (head, String::from_utf8(body).unwrap())
}

/// Sends all of a request, which the server has to take, and reads the response at the same time.
pub(crate) async fn sent(addr: SocketAddr, request: &[u8]) -> String {
    let (read, mut write) = TcpStream::connect(addr).await.unwrap().into_split();
    let request = request.to_vec();
    let sending = tokio::spawn(async move { write.write_all(&request).await.map(|()| write) });
    let mut read = BufReader::new(read);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(read.read_line(&mut head).await.unwrap(), 0, "closed after {head:?}");
    }
    let length = value(&head.to_lowercase(), "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    read.read_exact(&mut body).await.unwrap();
    sending.await.unwrap().unwrap();
    head + &String::from_utf8(body).unwrap()
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

/// A function that is told each step.
pub(crate) struct Function {
    pub(crate) socket: BufReader<TcpStream>,
    /// The head of the invocation that was polled last.
    pub(crate) head: String,
}

impl Function {
    pub(crate) async fn connect(api: &RuntimeApi) -> Self {
        let socket = TcpStream::connect(api.address()).await.unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket: BufReader::new(socket), head: String::new() }
    }

    /// Asks for an invocation, and gives its id.
    pub(crate) async fn poll(&mut self) -> String {
        let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let (head, _) = exchange(&mut self.socket, next).await.unwrap();
        self.head = head;
        value(&self.head, "lambda-runtime-aws-request-id").unwrap().to_owned()
    }

    /// The head of a reply, with these headers.
    pub(crate) async fn post(&mut self, id: &str, headers: &str) {
        let head =
            format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        self.socket.write_all(head.as_bytes()).await.unwrap();
    }

    pub(crate) async fn begin_stream(&mut self, id: &str, headers: &str) {
        let streaming = "lambda-runtime-function-response-mode: streaming\r\ntransfer-encoding: chunked\r\n";
        self.post(id, &format!("{streaming}{headers}")).await;
    }

    pub(crate) async fn chunk(&mut self, data: &[u8]) {
        self.socket.write_all(format!("{:x}\r\n", data.len()).as_bytes()).await.unwrap();
        self.socket.write_all(data).await.unwrap();
        self.socket.write_all(b"\r\n").await.unwrap();
    }

    /// Ends a stream, and gives what is answered, in lower case.
    pub(crate) async fn end(&mut self, trailers: &str) -> String {
        self.socket.write_all(format!("0\r\n{trailers}\r\n").as_bytes()).await.unwrap();
        self.answer().await
    }

    /// What is answered, head and body, in lower case.
    pub(crate) async fn answer(&mut self) -> String {
        let (head, body) = exchange(&mut self.socket, "").await.unwrap();
        head + &String::from_utf8(body).unwrap().to_lowercase()
    }

    pub(crate) async fn error(&mut self, id: &str, error_type: &str, body: &str) -> String {
        let post = format!(
            "POST /2018-06-01/runtime/invocation/{id}/error HTTP/1.1\r\nhost: localhost\r\n\
             lambda-runtime-function-error-type: {error_type}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        exchange(&mut self.socket, &post).await.unwrap().0
    }

    /// Waits until the other end closes the connection without a word.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset tells it as well.
        let _ = self.socket.read_to_end(&mut rest).await;
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}
