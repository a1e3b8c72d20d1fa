//! The part of HTTP/1.1 that the Runtime API uses: one request at a time on a connection.
//!
//! With `hyper::client::conn::http1` in its place, a small invocation took 2.0 times as many instructions and 1.24 times as
//! much CPU time.

mod body;
mod fields;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod head;
mod keep_alive;

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{Payload, timer::ReusableTimer};

pub(crate) use fields::{is_named, parse_number};
pub(crate) use head::ResponseHead;

/// Timeout of every operation except waiting for an event.
pub(crate) const IO_TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum length of a response head, of a line in a chunked body, and of its trailers.
const MAX_HEAD: usize = 64 * 1024;
/// Chunks of a payload are collected up to this size.
const WRITE_AT: usize = 48 * 1024;

/// A connection to the Runtime API.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: TcpStream,
    /// Data that has been received and not been parsed.
    buffer: BytesMut,
    /// Data that has not been sent.
    out: Vec<u8>,
    /// Finds the end of a head. Kept, because building it takes longer than a search.
    empty_line: memmem::Finder<'static>,
}

/// Receives a header of a response: the head, the name and the value. Returns whether the name is known.
///
/// Erased, so that the code of a response is compiled once.
pub(crate) type OnHeader<'a> = &'a mut (dyn FnMut(&Bytes, &[u8], &[u8]) -> bool + Send);

/// Ignores a header of a response.
pub(crate) fn ignore_header(_: &Bytes, _: &[u8], _: &[u8]) -> bool {
    false
}

/// Why a request has no response.
#[derive(Debug)]
pub(crate) enum ConnectionError {
    /// No connection could be opened, so that no request was sent.
    Unreachable(io::Error),
    /// The connection was closed before the first byte of a response, for example while the process was frozen.
    Closed(io::Error),
    /// The connection was closed later, timed out, or received something that is not HTTP/1.1; or the payload has another
    /// length than the head.
    Broken(io::Error),
}

type OpenFuture<'a> = Pin<Box<dyn Future<Output = Result<Box<Connection>, ConnectionError>> + Send + 'a>>;

impl Connection {
    /// Opens a connection. Boxed, because every request moves the connection several times.
    ///
    /// The future is boxed too: it is larger than those of a request, and rarely runs.
    pub(crate) fn open(host: &str, port: u16) -> OpenFuture<'_> {
        Box::pin(async move {
            let open = async {
                let socket = timeout(IO_TIMEOUT, TcpStream::connect((host, port))).await??;
                socket.set_nodelay(true)?;
                keep_alive::enable(&socket);
                let empty_line = memmem::Finder::new(b"\r\n\r\n");
                Ok(Box::new(Self { socket, buffer: BytesMut::new(), out: Vec::new(), empty_line }))
            };
            open.await.map_err(ConnectionError::Unreachable)
        })
    }

    /// Whether the idle connection has received neither data nor EOF.
    pub(crate) fn is_idle(&self) -> bool {
        let is_waiting = |error: &io::Error| error.kind() == io::ErrorKind::WouldBlock;
        self.buffer.is_empty() && self.socket.try_read(&mut [0]).as_ref().is_err_and(is_waiting)
    }

    /// Sends a request without a body: a head that ends with an empty line.
    pub(crate) async fn send(&mut self, head: &[u8], timer: &mut ReusableTimer) -> Result<(), ConnectionError> {
        self.out.clear();
        self.out.extend_from_slice(head);
        self.flush(timer).await
    }

    /// Sends a request: a head that ends with an empty line, and the payload. After an error, the connection is out of step.
    pub(crate) async fn send_payload(
        &mut self,
        head: &[u8],
        payload: &dyn Payload,
        timer: &mut ReusableTimer,
    ) -> Result<(), ConnectionError> {
        self.out.clear();
        self.out.extend_from_slice(head);
        let length = payload.len();
        // The bytes of the request that have been flushed.
        let mut flushed = 0;
        let mut index = 0;
        while payload.write_chunk(index, &mut self.out) {
            index += 1;
            if self.out.len() >= WRITE_AT {
                flushed += self.out.len();
                if flushed > head.len().saturating_add(length) {
                    return Err(wrong_length(length));
                }
                self.flush(timer).await?;
            }
        }
        if flushed + self.out.len() != head.len().saturating_add(length) {
            return Err(wrong_length(length));
        }
        self.flush(timer).await
    }

    async fn flush(&mut self, timer: &mut ReusableTimer) -> Result<(), ConnectionError> {
        match timer.within(IO_TIMEOUT, pin!(self.socket.write_all(&self.out))).await {
            Some(written) => written.map_err(ConnectionError::Closed)?,
            // Lambda may have read a part of it, so that it must not be sent again.
            None => return Err(ConnectionError::Broken(timed_out())),
        }
        self.out.clear();
        Ok(())
    }

    /// Sets whether the peer must acknowledge sent data within a minute, which is the default.
    pub(crate) fn limit_unacknowledged(&self, is_limited: bool) {
        keep_alive::limit_unacknowledged(&self.socket, is_limited);
    }

    /// The buffer that [`write`](Self::write) sends.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Sends the buffer [`out`](Self::out), and then `more` without copying it.
    ///
    /// # Errors
    /// The connection failed, or the peer has [rejected](Self::rejected) the request.
    pub(crate) async fn write(&mut self, more: Bytes) -> io::Result<()> {
        let (mut reader, mut writer) = self.socket.split();
        let mut rest = Buf::chain(self.out.as_slice(), more);
        let mut written = pin!(writer.write_all_buf(&mut rest));
        let mut rejected = pin!(rejected(&mut reader, &mut self.buffer));
        poll_fn(|cx| match written.as_mut().poll(cx) {
            // A peer that rejects the request may neither read the rest nor close.
            Poll::Pending => rejected.as_mut().poll(cx).map(Err),
            written => written,
        })
        .await?;
        self.out.clear();
        Ok(())
    }

    /// Waits for a reason to stop sending: a response that is not a success, or the end of the connection.
    ///
    /// A success may arrive before the request is complete: `cargo lambda watch` responds at the start of a stream. Successes
    /// and interim responses stay in the buffer for [`response`](Self::response).
    pub(crate) async fn rejected(&mut self) -> io::Error {
        rejected(&mut self.socket, &mut self.buffer).await
    }

    /// Waits for the first byte of a response, without a timeout.
    pub(crate) async fn wait(&mut self) -> Result<(), ConnectionError> {
        if self.buffer.is_empty() { self.more().await.map_err(ConnectionError::Closed) } else { Ok(()) }
    }

    /// Reads a response. Calls `header` for every header with the head, the name and the value. The value is a slice of the
    /// head.
    pub(crate) async fn response(
        &mut self,
        timer: &mut ReusableTimer,
        header: OnHeader<'_>,
    ) -> Result<(ResponseHead, Bytes), ConnectionError> {
        let response = async {
            let mut head = self.head(header).await?;
            let body = self.body(&head).await.map_err(ConnectionError::Broken)?;
            // The peer has sent more than the response, which would become the response to the next request.
            head.is_reusable &= self.buffer.is_empty();
            Ok((head, body))
        };
        timer.within(IO_TIMEOUT, pin!(response)).await.unwrap_or_else(|| Err(ConnectionError::Broken(timed_out())))
    }

    async fn more(&mut self) -> io::Result<()> {
        read_more(&mut self.socket, &mut self.buffer).await
    }
}

async fn read_more(socket: &mut (impl AsyncRead + Unpin), buffer: &mut BytesMut) -> io::Result<()> {
    if buffer.capacity() - buffer.len() < 2048 {
        // Reuses the memory of the buffer if all events in it have been dropped.
        buffer.reserve(16 * 1024);
    }
    match socket.read_buf(buffer).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

async fn rejected(socket: &mut (impl AsyncRead + Unpin), buffer: &mut BytesMut) -> io::Error {
    const SUCCESS: &[u8] = b"HTTP/1.1 2";
    loop {
        if let Err(error) = read_more(socket, buffer).await {
            return error;
        }
        let response = without_interim(buffer);
        let may_be = |start: &[u8]| response.iter().zip(start).all(|(byte, wanted)| byte == wanted);
        if !(may_be(SUCCESS) || may_be(INTERIM)) || buffer.len() > MAX_HEAD {
            return io::Error::other("the request was rejected before its end");
        }
    }
}

/// The start of an interim response, which another response follows (RFC 9110, section 15.2).
const INTERIM: &[u8] = b"HTTP/1.1 1";

/// Skips complete interim responses.
fn without_interim(mut responses: &[u8]) -> &[u8] {
    while responses.starts_with(INTERIM)
        && let Some(rest) = memmem::find(responses, b"\r\n\r\n").and_then(|end| responses.get(end + 4..))
    {
        responses = rest;
    }
    responses
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "timed out after 30 seconds")
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// The error of a payload whose chunks do not add up to `length`. The request must not be sent again.
fn wrong_length(length: usize) -> ConnectionError {
    let message =
        format!("the chunks of the payload have another length than the {length} bytes that `Payload::len` returns");
    ConnectionError::Broken(io::Error::new(io::ErrorKind::InvalidInput, message))
}

fn broken(message: String) -> ConnectionError {
    ConnectionError::Broken(invalid(message))
}

#[cfg(test)]
mod tests;
