//! HTTP/1.1 as far as the Runtime API speaks it: one request at a time on one connection.
//!
//! hyper's client would do; it takes as many instructions for an invocation as all the rest of Lodger together.

use std::{future::poll_fn, io, pin::pin, task::Poll, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{alarm::Alarm, payload::Payload};

/// How long anything may take but the wait for an event.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// The most that an answer's head, a line of a chunked body, or its trailers may be.
const MAX_HEAD: usize = 64 * 1024;
/// The most that an event may be. Lambda's own limit is 6 MB for those that somebody waits for.
const MAX_BODY: usize = 64 * 1024 * 1024;
/// How many headers an answer may have. The Runtime API sends about ten.
const MAX_HEADERS: usize = 64;
/// Pieces are collected until there are so many bytes to write.
const WRITE_AT: usize = 48 * 1024;

/// A connection to the Runtime API.
#[derive(Debug)]
pub(super) struct Connection {
    socket: TcpStream,
    /// What has been read and not been taken yet.
    buffer: BytesMut,
    out: Vec<u8>,
    /// Finds the end of a head. To make it takes longer than to use it.
    empty_line: memmem::Finder<'static>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no connection to be had: nothing was asked.
    Unreached(io::Error),
    /// The connection ended before the first byte of an answer, as one does that was closed while nobody looked.
    Ended(io::Error),
    /// It ended later, stood still, or what came was no HTTP.
    Broken(io::Error),
}

/// The beginning of an answer.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    length: Length,
    /// Whether the connection can take another request after this answer.
    pub(super) is_reusable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Bytes(usize),
    Chunked,
    UntilEnd,
}

impl Connection {
    pub(super) async fn open(host: &str, port: u16) -> Result<Self, Trouble> {
        let open = async {
            let socket = timeout(PATIENCE, TcpStream::connect((host, port))).await??;
            socket.set_nodelay(true)?;
            let empty_line = memmem::Finder::new(b"\r\n\r\n");
            Ok(Self { socket, buffer: BytesMut::new(), out: Vec::new(), empty_line })
        };
        open.await.map_err(Trouble::Unreached)
    }

    /// Whether nothing has come that nobody asked for: the end of the connection, or an answer to something else.
    pub(super) fn is_quiet(&self) -> bool {
        let is_waiting = |error: &io::Error| error.kind() == io::ErrorKind::WouldBlock;
        self.buffer.is_empty() && self.socket.try_read(&mut [0]).as_ref().is_err_and(is_waiting)
    }

    /// Sends a request: its head, which ends in an empty line, and what is posted.
    pub(super) async fn send(
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

    /// What is to be sent next, which [`write`](Self::write) sends.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Sends [`out`](Self::out), and `more` behind it without a copy.
    ///
    /// # Errors
    /// The connection failed, or the other end, which takes no more, had something to say: [`hears`](Self::hears).
    pub(super) async fn write(&mut self, more: Bytes) -> io::Result<()> {
        let (mut reader, mut writer) = self.socket.split();
        let mut rest = Buf::chain(self.out.as_slice(), more);
        let mut written = pin!(writer.write_all_buf(&mut rest));
        let mut heard = pin!(read_more(&mut reader, &mut self.buffer));
        poll_fn(|cx| match written.as_mut().poll(cx) {
            // It may never read the rest, nor close.
            Poll::Pending => heard.as_mut().poll(cx).map(|heard| heard.and(Err(answered()))),
            written => written,
        })
        .await?;
        self.out.clear();
        Ok(())
    }

    /// Waits for anything to come, or for the end of the connection, which are errors: nothing is expected.
    pub(super) async fn hears(&mut self) -> io::Error {
        self.more().await.err().unwrap_or_else(answered)
    }

    /// Waits for the first byte of an answer, for as long as it takes.
    pub(super) async fn wait(&mut self) -> Result<(), Trouble> {
        if self.buffer.is_empty() { self.more().await.map_err(Trouble::Ended) } else { Ok(()) }
    }

    /// Reads an answer. Each of its headers is handed to `header`: the head, the name and the value, which are parts of it.
    pub(super) async fn answer(
        &mut self,
        patience: &mut Alarm,
        header: impl FnMut(&Bytes, &str, &[u8]),
    ) -> Result<(Head, Bytes), Trouble> {
        let answer = async {
            let head = self.head(header).await?;
            let body = self.body(&head).await.map_err(Trouble::Broken)?;
            Ok((head, body))
        };
        patience.within(PATIENCE, answer).await.unwrap_or_else(|| Err(Trouble::Broken(too_long())))
    }

    async fn head(&mut self, mut header: impl FnMut(&Bytes, &str, &[u8])) -> Result<Head, Trouble> {
        let mut has_begun = false;
        loop {
            let bytes = match self.until_empty_line().await {
                Err(Trouble::Ended(error)) if has_begun => return Err(Trouble::Broken(error)),
                bytes => bytes?,
            };
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let mut parsed = httparse::Response::new(&mut headers);
            match parsed.parse(&bytes) {
                Ok(httparse::Status::Complete(_)) => {}
                Ok(httparse::Status::Partial) => {
                    return Err(broken("the head of the answer is empty".to_owned()));
                }
                Err(error) => return Err(broken(format!("the answer is no HTTP/1.1: {error}"))),
            }
            let status = parsed.code.unwrap_or_default();
            let mut head = Head { status, length: Length::UntilEnd, is_reusable: parsed.version == Some(1) };
            if status / 100 == 1 {
                // The real answer is still to come (RFC 9110, section 15.2).
                has_begun = true;
                continue;
            }
            for field in parsed.headers.iter() {
                head.read(field.name, field.value)?;
                header(&bytes, field.name, field.value);
            }
            if matches!(status, 204 | 304) {
                head.length = Length::Bytes(0);
            }
            head.is_reusable &= head.length != Length::UntilEnd;
            return Ok(head);
        }
    }

    async fn body(&mut self, head: &Head) -> io::Result<Bytes> {
        match head.length {
            Length::Bytes(length) => {
                self.fill(length).await?;
                Ok(self.buffer.split_to(length).freeze())
            }
            Length::Chunked => self.chunks().await,
            Length::UntilEnd => self.until_end().await,
        }
    }

    async fn until_empty_line(&mut self) -> Result<Bytes, Trouble> {
        let mut seen = 0_usize;
        loop {
            // The empty line may have been cut in two.
            let from = seen.saturating_sub(3);
            if let Some(at) = self.buffer.get(from..).and_then(|bytes| self.empty_line.find(bytes)) {
                return Ok(self.buffer.split_to(from + at + 4).freeze());
            }
            seen = self.buffer.len();
            if seen > MAX_HEAD {
                return Err(broken(format!("the head of the answer is longer than {MAX_HEAD} bytes")));
            }
            self.more().await.map_err(
                |error| {
                    if seen == 0 { Trouble::Ended(error) } else { Trouble::Broken(error) }
                },
            )?;
        }
    }

    async fn chunks(&mut self) -> io::Result<Bytes> {
        let mut body = BytesMut::new();
        loop {
            let line = self.line().await?;
            let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
            let length = std::str::from_utf8(digits)
                .ok()
                .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
                .and_then(|digits| usize::from_str_radix(digits, 16).ok())
                .ok_or_else(|| invalid("a chunk of the answer has no length".to_owned()))?;
            if length == 0 {
                while !self.line().await?.is_empty() {}
                return Ok(body.freeze());
            }
            limit(body.len().saturating_add(length))?;
            self.fill(length).await?;
            body.extend_from_slice(&self.buffer.split_to(length));
            if !self.line().await?.is_empty() {
                return Err(invalid("a chunk of the answer is longer than it says".to_owned()));
            }
        }
    }

    async fn until_end(&mut self) -> io::Result<Bytes> {
        loop {
            match self.more().await {
                Ok(()) => limit(self.buffer.len())?,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(self.buffer.split().freeze());
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn line(&mut self) -> io::Result<Bytes> {
        loop {
            if let Some(at) = memmem::find(&self.buffer, b"\r\n") {
                let line = self.buffer.split_to(at).freeze();
                self.buffer.advance(2);
                return Ok(line);
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(invalid("a line between the chunks of the answer does not end".to_owned()));
            }
            self.more().await?;
        }
    }

    /// Reads until there are `length` bytes.
    async fn fill(&mut self, length: usize) -> io::Result<()> {
        limit(length)?;
        self.buffer.reserve(length.saturating_sub(self.buffer.len()));
        while self.buffer.len() < length {
            self.more().await?;
        }
        Ok(())
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

fn answered() -> io::Error {
    io::Error::other("it was answered before its end")
}

impl Head {
    fn read(&mut self, name: &str, value: &[u8]) -> Result<(), Trouble> {
        if name.eq_ignore_ascii_case("content-length") {
            let digits = std::str::from_utf8(value.trim_ascii()).ok();
            let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
            let length = digits.and_then(|digits| digits.parse().ok());
            let length = length.map(Length::Bytes).ok_or_else(|| {
                broken(format!("the answer's content-length is {:?}", String::from_utf8_lossy(value)))
            })?;
            match self.length {
                // A chunked answer has no other length (RFC 9112, section 6.3).
                Length::Chunked => {}
                Length::Bytes(_) if self.length != length => {
                    return Err(broken("the answer has two lengths".to_owned()));
                }
                _ => self.length = length,
            }
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            if !value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                return Err(broken(format!("the answer's transfer-encoding is {:?}", String::from_utf8_lossy(value))));
            }
            self.length = Length::Chunked;
        } else if name.eq_ignore_ascii_case("connection") {
            let closes = |option: &[u8]| option.trim_ascii().eq_ignore_ascii_case(b"close");
            self.is_reusable &= !value.split(|byte| *byte == b',').any(closes);
        }
        Ok(())
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "it took longer than 30 seconds")
}

fn limit(length: usize) -> io::Result<()> {
    if length > MAX_BODY {
        return Err(invalid(format!("the answer is longer than {MAX_BODY} bytes")));
    }
    Ok(())
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn broken(what: String) -> Trouble {
    Trouble::Broken(invalid(what))
}

impl Trouble {
    pub(super) fn into_error(self) -> io::Error {
        match self {
            Self::Unreached(error) | Self::Ended(error) | Self::Broken(error) => error,
        }
    }
}

#[cfg(test)]
mod tests;
