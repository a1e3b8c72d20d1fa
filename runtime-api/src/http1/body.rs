//! The body of a response.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;

use super::{Connection, MAX_HEAD, ResponseHead, head::Length, invalid};

/// Maximum size of an event. Lambda's own limit is 6 MB for synchronous invocations.
const MAX_BODY: usize = 64 * 1024 * 1024;

impl Connection {
    pub(super) async fn body(&mut self, head: &ResponseHead) -> io::Result<Bytes> {
        match head.length {
            Length::Bytes(length) => {
                self.fill(length).await?;
                Ok(self.buffer.split_to(length).freeze())
            }
            // Boxed, because Lambda sends the length of every event.
            Length::Chunked => Box::pin(self.chunks()).await,
            Length::UntilEnd => Box::pin(self.until_end()).await,
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
                .ok_or_else(|| invalid("a chunk of the response has no valid length".to_owned()))?;
            if length == 0 {
                while !self.line().await?.is_empty() {}
                return Ok(body.freeze());
            }
            limit(body.len().saturating_add(length))?;
            self.fill(length).await?;
            body.extend_from_slice(&self.buffer.split_to(length));
            if !self.line().await?.is_empty() {
                return Err(invalid("a chunk of the response is longer than its length".to_owned()));
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
                return Err(invalid("a line between the chunks of the response is too long".to_owned()));
            }
            self.more().await?;
        }
    }

    /// Reads until the buffer contains `length` bytes.
    async fn fill(&mut self, length: usize) -> io::Result<()> {
        limit(length)?;
        self.buffer.reserve(length.saturating_sub(self.buffer.len()));
        while self.buffer.len() < length {
            self.more().await?;
        }
        Ok(())
    }
}

fn limit(length: usize) -> io::Result<()> {
    if length > MAX_BODY {
        return Err(invalid(format!("the response is longer than {MAX_BODY} bytes")));
    }
    Ok(())
}
