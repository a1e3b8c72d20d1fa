//! The delivery of batches to the listener of an extension.

use std::{io, net::Ipv4Addr};

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::subscription::Destination;

impl Destination {
    /// Sends a batch once.
    ///
    /// # Errors
    /// Nothing listens, the connection broke, or the status of the response is not a success.
    pub(super) async fn send(&self, batch: &[String]) -> io::Result<()> {
        match self {
            Self::Http { method, port, path } => {
                let body = format!("[{}]", batch.join(","));
                send_request(method, *port, path, body.into()).await
            }
            Self::Tcp { port } => {
                let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).await?;
                let lines = batch.iter().map(|record| format!("{record}\n")).collect::<String>();
                socket.write_all(lines.as_bytes()).await?;
                socket.shutdown().await
            }
        }
    }
}

async fn send_request(method: &Method, port: u16, path: &str, body: Bytes) -> io::Result<()> {
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    socket.set_nodelay(true)?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, format!("sandbox.localdomain:{port}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(body))
        .map_err(io::Error::other)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(io::Error::other)?;
    let exchange = async { sender.send_request(request).await.map_err(io::Error::other) };
    // The response may arrive at the same time as the end of the connection.
    let mut exchange = std::pin::pin!(exchange);
    let response = tokio::select! {
        biased;
        response = exchange.as_mut() => response?,
        _ = connection => exchange.await?,
    };
    let status = response.status();
    if status.is_success() { Ok(()) } else { Err(io::Error::other(format!("the listener responded with {status}"))) }
}
