//! Connections of clients to a server in the process of the target.

use std::{future::poll_fn, pin::pin, task::Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::task::yield_now;

/// The number of turns of the runtime without data after which the server waits for more.
const QUIET_TURNS: usize = 16;

/// Sends bytes, ends the connection once the server waits for more, and returns all bytes that the server sends.
///
/// The end must not arrive earlier: hyper drops the response to a client that has gone.
pub async fn exchange(mut socket: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> Vec<u8> {
    let mut response = vec![];
    // Each operation fails if the server has closed the connection, after the response.
    let _ = socket.write_all(bytes).await;
    let mut quiet = 0;
    while quiet < QUIET_TURNS {
        let mut read = pin!(socket.read_buf(&mut response));
        // The server is in the same thread, so that it has a turn before the next poll.
        match poll_fn(|context| Poll::Ready(read.as_mut().poll(context))).await {
            Poll::Ready(Ok(1..)) => quiet = 0,
            Poll::Ready(_) => return response,
            Poll::Pending => {
                quiet += 1;
                yield_now().await;
            }
        }
    }
    let _ = socket.shutdown().await;
    let _ = socket.read_to_end(&mut response).await;
    response
}

/// Removes the header `date` from responses, which two servers send at different times.
pub fn without_date(responses: &[u8]) -> Vec<u8> {
    let lines = responses.split_inclusive(|&byte| byte == b'\n');
    lines.filter(|line| !line.starts_with(b"date: ")).flatten().copied().collect()
}
