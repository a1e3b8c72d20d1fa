//! The head of a request as it was sent.

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

/// What is kept of a head.
const MAX_HEAD: usize = 64 * 1024;

/// The head of the request that came last. An HTTP server takes away what the request should not have had in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Head(Arc<Mutex<Vec<u8>>>);

impl Head {
    /// Whether a field of this name, in lower case, is there.
    pub(super) fn has(&self, name: &str) -> bool {
        let head = String::from_utf8_lossy(&self.bytes()).to_ascii_lowercase();
        head.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')))
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that keeps the head of the last request. A request begins where an answer ended.
#[derive(Debug)]
pub(super) struct Tapped {
    socket: TcpStream,
    head: Head,
    is_answered: bool,
}

impl Tapped {
    pub(super) fn new(socket: TcpStream, head: Head) -> Self {
        Self { socket, head, is_answered: true }
    }

    fn keep(&mut self, read: &[u8]) {
        let mut head = self.head.bytes();
        if self.is_answered && !read.is_empty() {
            self.is_answered = false;
            head.clear();
        }
        let is_whole = head.ends_with(b"\r\n\r\n");
        if !is_whole && head.len() < MAX_HEAD {
            head.extend_from_slice(read);
            if let Some(end) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                head.truncate(end + 4);
            }
        }
    }
}

impl AsyncRead for Tapped {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        self.keep(buf.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.is_answered = true;
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
