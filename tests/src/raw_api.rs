//! A Runtime API that sends only the bytes that a test writes.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::wait::SOON;

/// The response of Lambda to a response.
pub const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n";

/// A Runtime API that sends only the bytes that the test writes.
pub struct RawRuntimeApi {
    pub listener: TcpListener,
}

impl RawRuntimeApi {
    /// Whether no connection waits to be accepted.
    pub fn has_no_connection(self) -> bool {
        let accepted = self.listener.into_std().unwrap().accept();
        accepted.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }

    /// Waits for the next connection of the function.
    pub async fn accept(&self) -> Socket {
        accept(&self.listener).await
    }
}

async fn accept(listener: &TcpListener) -> Socket {
    let (socket, _) = timeout(SOON, listener.accept()).await.expect("a connection").unwrap();
    socket.set_nodelay(true).unwrap();
    Socket(socket)
}

/// A connection that the function has opened.
pub struct Socket(pub TcpStream);

impl Socket {
    /// Reads the next request: its head and its body.
    pub async fn request(&mut self) -> String {
        let mut read = vec![];
        loop {
            let text = String::from_utf8_lossy(&read).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .split("content-length: ")
                    .nth(1)
                    .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
                if body.len() >= length {
                    return text;
                }
            }
            read.extend(self.read().await.unwrap_or_else(|| panic!("closed instead of a request: {text}")));
        }
    }

    /// Reads the bytes that are available, or waits for some. `None` at EOF.
    pub async fn read(&mut self) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 1 << 16];
        let length = timeout(SOON, self.0.read(&mut buffer)).await.expect("something to read").unwrap();
        buffer.truncate(length);
        (length > 0).then_some(buffer)
    }

    /// Reads a poll for the next invocation.
    pub async fn poll(&mut self) {
        let request = self.request().await;
        assert!(request.starts_with("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nhost: 127.0.0.1:") && request.contains("\r\nuser-agent: lodger/"), "{request}");
    }

    /// Writes bytes.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads the response to an invocation.
    pub async fn response(&mut self, id: &str) -> String {
        let request = self.request().await;
        let line = format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\n");
        assert!(request.starts_with(&line), "{request}");
        request
    }

    /// Resets the connection, like a host that has restarted.
    pub fn reset(self) {
        self.0.set_zero_linger().unwrap();
    }
}

/// Encodes an invocation. `headers` are more headers, each with its CRLF.
pub fn invocation(id: &str, event: &[u8], headers: &str) -> Vec<u8> {
    let length = event.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: {id}\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), event].concat()
}
