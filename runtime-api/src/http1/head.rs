//! The head of a response.

use bytes::Bytes;

use super::{
    Connection, ConnectionError, MAX_HEAD, OnHeader, broken,
    fields::{Fields, is_named, parse_number, parse_status_line},
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
            let mut head = ResponseHead { status, length: Length::UntilEnd, is_reusable: minor_version == b'1' };
            if status / 100 == 1 {
                // An interim response: the final one follows (RFC 9110, section 15.2).
                has_begun = true;
                continue;
            }
            while let Some((name, value)) = fields.next().map_err(not_http)? {
                head.read(name, value)?;
                header(&bytes, name, value);
            }
            if matches!(status, 204 | 304) {
                head.length = Length::Bytes(0);
            }
            head.is_reusable &= head.length != Length::UntilEnd;
            return Ok(head);
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

impl ResponseHead {
    fn read(&mut self, name: &[u8], value: &[u8]) -> Result<(), ConnectionError> {
        if is_named(name, b"content-length") {
            let length = parse_number(value.trim_ascii()).and_then(|length| length.try_into().ok());
            let length = length.map(Length::Bytes).ok_or_else(|| {
                broken(format!("the response has an invalid content-length {:?}", String::from_utf8_lossy(value)))
            })?;
            match self.length {
                // Chunked encoding overrides the length (RFC 9112, section 6.3).
                Length::Chunked => {}
                Length::Bytes(_) if self.length != length => {
                    return Err(broken("the response has two different lengths".to_owned()));
                }
                _ => self.length = length,
            }
        } else if is_named(name, b"transfer-encoding") {
            if !value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                return Err(broken(format!(
                    "the response has an unknown transfer-encoding {:?}",
                    String::from_utf8_lossy(value)
                )));
            }
            self.length = Length::Chunked;
        } else if is_named(name, b"connection") {
            let closes = |option: &[u8]| option.trim_ascii().eq_ignore_ascii_case(b"close");
            self.is_reusable &= !value.split(|byte| *byte == b',').any(closes);
        }
        Ok(())
    }
}
