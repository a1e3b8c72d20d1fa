//! HTTP/1.1 as far as the Runtime API speaks it: one request at a time on one connection.
//!
//! hyper's client would do; it takes as many instructions for an invocation as all the rest of Lodger together.

mod body;
mod head;
mod keep_alive;

use std::{future::poll_fn, io, pin::pin, task::Poll, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{lambda::reply::payload::Payload, util::timer::Alarm};

pub(crate) use head::RequestHead;

/// How long anything may take but the wait for an event.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// The most that an answer's head, a line of a chunked body, or its trailers may be.
const MAX_HEAD: usize = 64 * 1024;
/// Pieces are collected until there are so many bytes to write.
const WRITE_AT: usize = 48 * 1024;

/// A connection to the Runtime API.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: TcpStream,
    /// What has been read and not been taken yet.
    buffer: BytesMut,
    out: Vec<u8>,
    /// Finds the end of a head. To make it takes longer than to use it.
    empty_line: memmem::Finder<'static>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// There is no connection to be had: nothing was asked.
    Unreached(io::Error),
    /// The connection ended before the first byte of an answer, as one does that was closed while nobody looked.
    Ended(io::Error),
    /// It ended later, stood still, or what came was no HTTP.
    Broken(io::Error),
}

impl Connection {
    pub(crate) async fn open(host: &str, port: u16) -> Result<Self, Trouble> {
        let open = async {
            let socket = timeout(PATIENCE, TcpStream::connect((host, port))).await??;
            socket.set_nodelay(true)?;
            keep_alive::enable(&socket);
            let empty_line = memmem::Finder::new(b"\r\n\r\n");
            Ok(Self { socket, buffer: BytesMut::new(), out: Vec::new(), empty_line })
        };
        open.await.map_err(Trouble::Unreached)
    }

    /// Whether nothing has come that nobody asked for: the end of the connection, or an answer to something else.
    pub(crate) fn is_quiet(&self) -> bool {
        let is_waiting = |error: &io::Error| error.kind() == io::ErrorKind::WouldBlock;
        self.buffer.is_empty() && self.socket.try_read(&mut [0]).as_ref().is_err_and(is_waiting)
    }

    /// Sends a request: its head, which ends in an empty line, and what is posted.
    pub(crate) async fn send(
        &mut self,
        head: &[u8],
        payload: Option<&Payload>,
        patience: &mut Alarm,
    ) -> Result<(), Trouble> {
        self.out.clear();
        self.out.extend_from_slice(head);
        if let Some(payload) = payload {
            let mut pieces = payload.pieces();
            while pieces.push_next(&mut self.out) {
                if self.out.len() >= WRITE_AT {
                    self.flush(patience).await?;
                }
            }
        }
        self.flush(patience).await
    }

    async fn flush(&mut self, patience: &mut Alarm) -> Result<(), Trouble> {
        match patience.within(PATIENCE, self.socket.write_all(&self.out)).await {
            Some(written) => written.map_err(Trouble::Ended)?,
            // It may have been read in part, so it is not to be sent again.
            None => return Err(Trouble::Broken(too_long())),
        }
        self.out.clear();
        Ok(())
    }

    /// Whether the other end has to take what is sent within a minute. It has to, unless this says otherwise: a stream is read
    /// as fast as its client is.
    pub(crate) fn limit_unacknowledged(&self, is_limited: bool) {
        keep_alive::limit_unacknowledged(&self.socket, is_limited);
    }

    /// What is to be sent next, which [`write`](Self::write) sends.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Sends [`out`](Self::out), and `more` behind it without a copy.
    ///
    /// # Errors
    /// The connection failed, or the other end takes no more, and [refuses it](Self::is_refused).
    pub(crate) async fn write(&mut self, more: Bytes) -> io::Result<()> {
        let (mut reader, mut writer) = self.socket.split();
        let mut rest = Buf::chain(self.out.as_slice(), more);
        let mut written = pin!(writer.write_all_buf(&mut rest));
        let mut refused = pin!(refused(&mut reader, &mut self.buffer));
        poll_fn(|cx| match written.as_mut().poll(cx) {
            // It may never read the rest, nor close.
            Poll::Pending => refused.as_mut().poll(cx).map(Err),
            written => written,
        })
        .await?;
        self.out.clear();
        Ok(())
    }

    /// Waits for a reason to send no more: an answer that is no success, or the end of the connection, which is an error. A
    /// success may come early, as from `cargo lambda watch`, which answers a stream at its start, and so may what only says that
    /// an answer will follow; it is kept for [`answer`](Self::answer).
    pub(crate) async fn is_refused(&mut self) -> io::Error {
        refused(&mut self.socket, &mut self.buffer).await
    }

    /// Waits for the first byte of an answer, for as long as it takes.
    pub(crate) async fn wait(&mut self) -> Result<(), Trouble> {
        if self.buffer.is_empty() { self.more().await.map_err(Trouble::Ended) } else { Ok(()) }
    }

    /// Reads an answer. Each of its headers is handed to `header`: the head, the name and the value, which are parts of it.
    pub(crate) async fn answer(
        &mut self,
        patience: &mut Alarm,
        header: impl FnMut(&Bytes, &str, &[u8]),
    ) -> Result<(RequestHead, Bytes), Trouble> {
        let answer = async {
            let head = self.head(header).await?;
            let body = self.body(&head).await.map_err(Trouble::Broken)?;
            Ok((head, body))
        };
        patience.within(PATIENCE, answer).await.unwrap_or_else(|| Err(Trouble::Broken(too_long())))
    }

    async fn more(&mut self) -> io::Result<()> {
        read_more(&mut self.socket, &mut self.buffer).await
    }
}

async fn read_more(socket: &mut (impl AsyncRead + Unpin), buffer: &mut BytesMut) -> io::Result<()> {
    if buffer.capacity() - buffer.len() < 2048 {
        // Takes the whole buffer again, if the app has let go of the events in it.
        buffer.reserve(16 * 1024);
    }
    match socket.read_buf(buffer).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

async fn refused(socket: &mut (impl AsyncRead + Unpin), buffer: &mut BytesMut) -> io::Error {
    const SUCCESS: &[u8] = b"HTTP/1.1 2";
    loop {
        if let Err(error) = read_more(socket, buffer).await {
            return error;
        }
        let answer = without_interim(buffer);
        let may_be = |start: &[u8]| answer.iter().zip(start).all(|(byte, wanted)| byte == wanted);
        if !(may_be(SUCCESS) || may_be(INTERIM)) || buffer.len() > MAX_HEAD {
            return io::Error::other("it was refused before its end");
        }
    }
}

/// The start of an answer that another follows (RFC 9110, section 15.2).
const INTERIM: &[u8] = b"HTTP/1.1 1";

/// What has come of the answer that counts.
fn without_interim(mut answers: &[u8]) -> &[u8] {
    while answers.starts_with(INTERIM)
        && let Some(rest) = memmem::find(answers, b"\r\n\r\n").and_then(|end| answers.get(end + 4..))
    {
        answers = rest;
    }
    answers
}

impl Trouble {
    pub(crate) fn into_error(self) -> io::Error {
        match self {
            Self::Unreached(error) | Self::Ended(error) | Self::Broken(error) => error,
        }
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "it took longer than 30 seconds")
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn broken(what: String) -> Trouble {
    Trouble::Broken(invalid(what))
}

#[cfg(test)]
mod tests;
