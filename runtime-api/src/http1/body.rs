//! The body of a response.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;

use super::{Connection, MAX_HEAD, ResponseHead, fields::Fields, head::Length, invalid};

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
            let length = parse_chunk_length(&self.line().await?)
                .ok_or_else(|| invalid("a chunk of the response has no valid length".to_owned()))?;
            if length == 0 {
                self.trailers().await?;
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

    /// Reads the trailers, and drops them.
    async fn trailers(&mut self) -> io::Result<()> {
        let mut trailers = Vec::new();
        while !trailers.ends_with(b"\r\n\r\n") && trailers != b"\r\n" {
            if trailers.len() > MAX_HEAD {
                return Err(invalid(format!("the trailers of the response are longer than {MAX_HEAD} bytes")));
            }
            trailers.extend_from_slice(&self.line().await?);
            trailers.extend_from_slice(b"\r\n");
        }
        let not_valid = |cause| invalid(format!("the response has an invalid trailer: {cause}"));
        Fields::new(&trailers).and_then(|mut fields| fields.skip()).map_err(not_valid)
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

/// Parses the line before a chunk: digits, and extensions, which have no meaning here (RFC 9112, section 7.1.1).
fn parse_chunk_length(line: &[u8]) -> Option<usize> {
    let end = line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len());
    let (digits, extensions) = line.split_at_checked(end)?;
    let has_line_end = memchr::memchr2(b'\r', b'\n', extensions).is_some();
    let after_space = extensions.iter().find(|byte| !matches!(byte, b' ' | b'\t'));
    if has_line_end || !matches!(after_space, None | Some(b';')) {
        return None;
    }
    usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn limit(length: usize) -> io::Result<()> {
    if length > MAX_BODY {
        return Err(invalid(format!("the response is longer than {MAX_BODY} bytes")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_bodies_of_64_mib() {
        assert!(limit(64 << 20).is_ok() && limit((64 << 20) + 1).is_err());
    }
}
