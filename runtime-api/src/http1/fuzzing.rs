//! Reads a response from any server.

use std::io;

use bytes::Bytes;

use super::Connection;
use crate::timer::ReusableTimer;

/// A response as the client has read it.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields have the names of HTTP")]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub body: Bytes,
    pub is_reusable: bool,
    /// The bytes after the response, up to the end of the connection.
    pub rest: Vec<u8>,
}

/// Connects to a port of this machine, and reads a response as the client does after a request.
///
/// # Errors
/// The response is not valid.
pub async fn read_response(port: u16) -> io::Result<Response> {
    let mut connection = Connection::open("127.0.0.1", port).await?;
    let mut headers = Vec::new();
    let mut add = |_: &Bytes, name: &[u8], value: &[u8]| {
        headers.push((name.to_vec(), value.to_vec()));
        false
    };
    connection.wait().await?;
    let (head, body) = connection.response(&mut ReusableTimer::default(), &mut add).await?;
    while connection.more().await.is_ok() {}
    let rest = connection.buffer.to_vec();
    Ok(Response { status: head.status, headers, body, is_reusable: head.is_reusable, rest })
}
