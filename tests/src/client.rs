//! An HTTP/1.1 client that sends the exact bytes of a test, and a request for it.

use std::{io, net::SocketAddr};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, uri::PathAndQuery};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::wait::{SOON, wait_until_async};

/// A request that may be invalid: its target, headers and body go to the server as they are.
#[derive(Debug, Clone, Default)]
pub struct ClientRequest {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl ClientRequest {
    /// Creates a GET request.
    pub fn get(target: impl Into<String>) -> Self {
        Self { method: "GET".to_owned(), target: target.into(), ..Self::default() }
    }

    /// Creates a POST request.
    pub fn post(target: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self::get(target).method("POST").body(body)
    }

    /// Sets the method.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = method.into();
        self
    }

    /// Appends a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Encodes the request for a connection that closes after the response.
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

    /// Converts the request for a [`Front`](lodger_gateway::Front).
    pub fn request(&self) -> http::Request<Bytes> {
        let mut request = http::Request::new(Bytes::from(self.body.clone()));
        *request.method_mut() = self.method.parse().unwrap();
        // A path and a query: `Uri` would parse `//a/b` as a host and a path.
        *request.uri_mut() = self.target.parse::<PathAndQuery>().expect(&self.target).into();
        request.headers_mut().insert("host", HeaderValue::from_static("example.com"));
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
        }
        request
    }
}

/// Sends a request to a server. Returns the response, which must not be chunked.
pub async fn send(addr: SocketAddr, request: &ClientRequest) -> Response<Bytes> {
    let bytes = send_bytes(addr, &request.bytes()).await;
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = head.parse(&bytes).unwrap() else {
        panic!("incomplete head of a response: {}", String::from_utf8_lossy(&bytes))
    };
    let mut response = Response::new(Bytes::copy_from_slice(&bytes[length..]));
    *response.status_mut() = StatusCode::from_u16(head.code.unwrap()).unwrap();
    for header in head.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes()).unwrap();
        response.headers_mut().append(name, HeaderValue::from_bytes(header.value).unwrap());
    }
    assert!(!response.headers().contains_key("transfer-encoding"), "this client does not decode chunks");
    response
}

/// Sends bytes to a server. Returns all bytes that the server sends until it closes the connection.
pub async fn send_bytes(addr: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    try_send_bytes(addr, bytes).await.unwrap()
}

/// Sends bytes to a server that may refuse or reset the connection. Returns all bytes that the server sends.
pub async fn try_send_bytes(addr: SocketAddr, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let exchange = async {
        let mut socket = TcpStream::connect(addr).await?;
        socket.write_all(bytes).await?;
        let mut response = vec![];
        socket.read_to_end(&mut response).await?;
        Ok(response)
    };
    timeout(SOON, exchange).await.expect("the response has not ended within 20 s")
}

/// Sends a GET request to a route of the probe that streams, and waits for `begun`, the first part of its response.
/// Returns the response up to there.
pub async fn begin_response(socket: &mut (impl AsyncRead + AsyncWrite + Unpin), target: &'static str) -> String {
    socket.write_all(&ClientRequest::get(target).bytes()).await.unwrap();
    let mut response = String::new();
    while !response.contains("begun") {
        let mut buffer = [0; 1024];
        let length = socket.read(&mut buffer).await.unwrap();
        assert!(length > 0, "{response}");
        response += &String::from_utf8_lossy(&buffer[..length]);
    }
    response
}

/// Waits until a server refuses connections.
pub async fn wait_until_refused(addr: SocketAddr) {
    wait_until_async("the server refuses connections", async || TcpStream::connect(addr).await.is_err()).await;
}
