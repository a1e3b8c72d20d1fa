//! The proxy's connection to the process.

use std::{
    io::{self, ErrorKind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// A socket that reads the response of a process that has stopped reading the request.
///
/// An app may respond and close the connection before it has read the request body. hyper drops the response if it cannot write
/// the rest of the body. Therefore such writes succeed until the end of the response.
#[derive(Debug)]
pub(super) struct ProcessConnection {
    socket: TcpStream,
    /// Whether the process has closed its reading side.
    is_write_closed: bool,
    /// Whether the process has closed its writing side.
    is_read_closed: bool,
}

impl ProcessConnection {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, is_write_closed: false, is_read_closed: false }
    }
}

impl AsyncRead for ProcessConnection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.socket).poll_read(cx, buf));
        self.is_read_closed = read.is_err() || buf.filled().len() == before;
        Poll::Ready(read)
    }
}

impl AsyncWrite for ProcessConnection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_read_closed || !self.is_write_closed {
            match ready!(Pin::new(&mut self.socket).poll_write(cx, buf)) {
                Err(error) if !self.is_read_closed && is_closed(&error) => self.is_write_closed = true,
                written => return Poll::Ready(written),
            }
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}
