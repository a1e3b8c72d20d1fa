//! HTTP/1.1 by hand: requests whose every byte a test chooses, and responses as they come.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::raw_api::SOON;

/// A request as a client writes it.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Sent {
    pub fn get(target: impl Into<String>) -> Self {
        Self { method: "GET".to_owned(), target: target.into(), ..Self::default() }
    }

    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = method.into();
        self
    }

    pub fn header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The bytes of it on a connection that closes after the answer.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes =
            format!("{} {} HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n", self.method, self.target)
                .into_bytes();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        if !self.body.is_empty() {
            bytes.extend(format!("content-length: {}\r\n", self.body.len()).into_bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }

    /// The same request for a front.
    pub fn request(&self) -> http::Request<Bytes> {
        let mut request = http::Request::new(Bytes::from(self.body.clone()));
        *request.method_mut() = self.method.parse().unwrap();
        // Not as a whole URI, which would take two slashes for the begin of a host.
        *request.uri_mut() = self.target.parse::<http::uri::PathAndQuery>().expect(&self.target).into();
        request.headers_mut().insert("host", HeaderValue::from_static("example.com"));
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
        }
        request
    }
}

/// Sends bytes, and reads what comes until the other end closes.
pub async fn raw(addr: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(addr).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut answer = vec![];
    socket.read_to_end(&mut answer).await.unwrap();
    answer
}

/// Waits until nobody can connect to a server any more.
pub async fn takes_no_new_clients(addr: SocketAddr) {
    let refused = async {
        while TcpStream::connect(addr).await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, refused).await.expect("it takes new clients");
}

/// Sends a request to a server, and reads its response.
pub async fn ask(addr: SocketAddr, sent: &Sent) -> Response<Bytes> {
    let answer = raw(addr, &sent.bytes()).await;
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = head.parse(&answer).unwrap() else {
        panic!("no whole head: {}", String::from_utf8_lossy(&answer))
    };
    let mut response = Response::new(Bytes::copy_from_slice(&answer[length..]));
    *response.status_mut() = http::StatusCode::from_u16(head.code.unwrap()).unwrap();
    for header in head.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes()).unwrap();
        response.headers_mut().append(name, HeaderValue::from_bytes(header.value).unwrap());
    }
    assert!(!response.headers().contains_key("transfer-encoding"), "not expected in these tests");
    response
}
