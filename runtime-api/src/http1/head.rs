//! The head of a response.

use bytes::Bytes;

use super::{
    Connection, ConnectionError, MAX_HEAD, OnHeader, broken,
    fields::{Fields, INVALID_NAME, is_named, is_token, parse_number, parse_status_line},
};

/// The parts of a response head that decide how the rest is read.
#[derive(Debug)]
pub(crate) struct ResponseHead {
    pub(crate) status: u16,
    pub(super) length: Length,
    /// Whether the connection accepts another request.
    pub(crate) is_reusable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Bytes(usize),
    Chunked,
    /// The body ends with the connection.
    UntilEnd,
}

impl Connection {
    pub(super) async fn head(&mut self, header: OnHeader<'_>) -> Result<ResponseHead, ConnectionError> {
        let mut has_begun = false;
        loop {
            let bytes = match self.until_empty_line().await {
                Err(ConnectionError::Closed(error)) if has_begun => return Err(ConnectionError::Broken(error)),
                bytes => bytes?,
            };
            let not_http = |cause: &str| broken(format!("the response is not HTTP/1.1: {cause}"));
            let mut fields = Fields::new(&bytes).map_err(not_http)?;
            let Some(status_line) = fields.next_line().map_err(not_http)? else {
                return Err(broken("the response head is empty".to_owned()));
            };
            let (minor_version, status) = parse_status_line(status_line).map_err(not_http)?;
            if status / 100 == 1 {
                // An interim response: the final one follows (RFC 9110, section 15.2).
                fields.skip().map_err(not_http)?;
                has_begun = true;
                continue;
            }
            let mut framing = Framing { content_length: None, is_chunked: false, closes: minor_version == b'0' };
            while let Some((name, value)) = fields.next().map_err(not_http)? {
                // A known name is a token.
                let is_known = framing.read(name, value)? | header(&bytes, name, value);
                if !is_known && !is_token(name) {
                    return Err(not_http(INVALID_NAME));
                }
            }
            let length = framing.length(status);
            if length == Length::Chunked && minor_version == b'0' {
                return Err(broken("the response of HTTP/1.0 has a transfer-encoding".to_owned()));
            }
            return Ok(ResponseHead { status, length, is_reusable: framing.is_reusable(length) });
        }
    }

    async fn until_empty_line(&mut self) -> Result<Bytes, ConnectionError> {
        let mut seen = 0_usize;
        loop {
            // The empty line may have arrived in two parts.
            let from = seen.saturating_sub(3);
            if let Some(at) = self.buffer.get(from..).and_then(|bytes| self.empty_line.find(bytes)) {
                return Ok(self.buffer.split_to(from + at + 4).freeze());
            }
            seen = self.buffer.len();
            if seen > MAX_HEAD {
                return Err(broken(format!("the response head is longer than {MAX_HEAD} bytes")));
            }
            self.more().await.map_err(|error| {
                if seen == 0 { ConnectionError::Closed(error) } else { ConnectionError::Broken(error) }
            })?;
        }
    }
}

/// The headers that decide where the response ends.
struct Framing {
    content_length: Option<usize>,
    is_chunked: bool,
    closes: bool,
}

impl Framing {
    /// Reads a header, and returns whether the name is known.
    fn read(&mut self, name: &[u8], value: &[u8]) -> Result<bool, ConnectionError> {
        if is_named(name, b"content-length") {
            let length = parse_number(value.trim_ascii()).and_then(|length| length.try_into().ok());
            let length = length.ok_or_else(|| {
                broken(format!("the response has an invalid content-length {:?}", String::from_utf8_lossy(value)))
            })?;
            if self.content_length.is_some_and(|other| other != length) {
                return Err(broken("the response has two different lengths".to_owned()));
            }
            self.content_length = Some(length);
        } else if is_named(name, b"transfer-encoding") {
            // The requests accept no other encoding (RFC 9110, section 10.1.4), and no sender applies this one twice (RFC 9112, 6.1).
            if self.is_chunked || !value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                return Err(broken(format!(
                    "the response has an unknown transfer-encoding {:?}",
                    String::from_utf8_lossy(value)
                )));
            }
            self.is_chunked = true;
        } else if is_named(name, b"connection") {
            let closes = |option: &[u8]| option.trim_ascii().eq_ignore_ascii_case(b"close");
            self.closes |= value.split(|byte| *byte == b',').any(closes);
        } else {
            // Two names that most responses of the Runtime API have.
            return Ok(is_named(name, b"content-type") || is_named(name, b"date"));
        }
        Ok(true)
    }

    /// The length of the body (RFC 9112, section 6.3).
    fn length(&self, status: u16) -> Length {
        match self.content_length {
            _ if matches!(status, 204 | 304) => Length::Bytes(0),
            _ if self.is_chunked => Length::Chunked,
            Some(length) => Length::Bytes(length),
            None => Length::UntilEnd,
        }
    }

    /// Returns whether the connection accepts another request. Two kinds of length may be a sign that the peer counts in another way
    /// (RFC 9112, section 6.3).
    fn is_reusable(&self, length: Length) -> bool {
        !self.closes && length != Length::UntilEnd && !(self.is_chunked && self.content_length.is_some())
    }
}
