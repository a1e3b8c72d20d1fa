//! The head of a request exactly as the function sent it.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// The most bytes of a head that are recorded.
const MAX_HEAD: usize = 64 * 1024;

/// The head of the last request on a connection.
///
/// hyper removes headers that a request must not have, such as `content-length` beside `transfer-encoding`.
#[derive(Debug, Clone, Default)]
pub(super) struct RawHead(Arc<Mutex<Vec<u8>>>);

impl RawHead {
    /// Whether the head has a header of this name, which is in lower case.
    pub(super) fn has(&self, name: &str) -> bool {
        let head = String::from_utf8_lossy(&self.bytes()).to_ascii_lowercase();
        head.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')))
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that records the head of the last request.
#[derive(Debug)]
pub(super) struct RecordingSocket {
    socket: TcpStream,
    head: RawHead,
    /// Whether a response was sent since the last read. The next bytes are a new request then.
    has_responded: bool,
}

impl RecordingSocket {
    pub(super) fn new(socket: TcpStream, head: RawHead) -> Self {
        Self { socket, head, has_responded: true }
    }

    fn record(&mut self, read: &[u8]) {
        let mut head = self.head.bytes();
        if self.has_responded && !read.is_empty() {
            self.has_responded = false;
            head.clear();
        }
        let is_complete = head.ends_with(b"\r\n\r\n");
        if !is_complete && head.len() < MAX_HEAD {
            head.extend_from_slice(read);
            if let Some(end) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                head.truncate(end + 4);
            }
        }
    }
}

impl AsyncRead for RecordingSocket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        self.record(buf.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for RecordingSocket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.has_responded = true;
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
