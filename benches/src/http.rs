//! HTTP/1.1 messages on a blocking socket. Reading one is much cheaper than the work of any program that is measured.

use std::io::{self, Read, Write};

/// A request or a response.
#[derive(Debug, Default)]
pub struct Message {
    /// The first line and the headers.
    pub head: String,
    /// The body, without the framing of chunks.
    pub body: Vec<u8>,
}

impl Message {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value.trim()))
    }

    /// The method and the path of a request.
    pub fn target(&self) -> (&str, &str) {
        let mut parts = self.head.split(' ');
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    }

    /// The status of a response.
    pub fn status(&self) -> Option<u16> {
        self.head.get(9..12)?.parse().ok()
    }
}

/// A socket and the bytes that it has received.
#[derive(Debug)]
pub struct Connection<S> {
    socket: S,
    buffer: Vec<u8>,
    /// The part of the buffer that is received and not yet read.
    start: usize,
    end: usize,
}

impl<S: Read + Write> Connection<S> {
    pub fn new(socket: S) -> Self {
        Self { socket, buffer: vec![0; 64 << 10], start: 0, end: 0 }
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes)
    }

    /// Reads the next message. Returns whether there is one: the other side may have closed the connection.
    pub fn read(&mut self, message: &mut Message) -> io::Result<bool> {
        message.body.clear();
        let Some(length) = self.find(b"\r\n\r\n")? else {
            return Ok(false);
        };
        message.head.clear();
        message.head.push_str(&String::from_utf8_lossy(self.received().get(..length).unwrap_or_default()));
        self.start += length + 4;
        let is_chunked = message.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        match message.header("content-length").map(str::parse) {
            _ if is_chunked => self.read_chunks(&mut message.body)?,
            Some(length) => self.take(length.map_err(io::Error::other)?, &mut message.body)?,
            None => {}
        }
        Ok(true)
    }

    fn received(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Returns the number of bytes before a separator, after reading up to it. Returns `None` at the end of the connection.
    fn find(&mut self, separator: &[u8]) -> io::Result<Option<usize>> {
        loop {
            if let Some(at) = self.received().windows(separator.len()).position(|bytes| bytes == separator) {
                return Ok(Some(at));
            }
            if self.fill()? == 0 {
                return Ok(None);
            }
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            if self.end == self.buffer.len() {
                self.buffer.resize(2 * self.buffer.len(), 0);
            }
        }
        let count = self.socket.read(self.buffer.get_mut(self.end..).unwrap_or_default())?;
        self.end += count;
        Ok(count)
    }

    /// Moves bytes from the connection to a body.
    fn take(&mut self, mut length: usize, body: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let part = self.received();
            let part = part.get(..length.min(part.len())).unwrap_or_default();
            body.extend_from_slice(part);
            (self.start, length) = (self.start + part.len(), length - part.len());
            if length == 0 {
                return Ok(());
            }
            if self.fill()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn read_chunks(&mut self, body: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let length = self.find(b"\r\n")?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let line = String::from_utf8_lossy(self.received().get(..length).unwrap_or_default()).into_owned();
            self.start += length + 2;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
            if size == 0 {
                // The trailers, up to an empty line.
                while self.find(b"\r\n")?.ok_or(io::ErrorKind::UnexpectedEof)? > 0 {
                    let length = self.find(b"\r\n")?.unwrap_or_default();
                    self.start += length + 2;
                }
                self.start += 2;
                return Ok(());
            }
            self.take(size, body)?;
            self.start += self.find(b"\r\n")?.ok_or(io::ErrorKind::UnexpectedEof)? + 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket that receives a byte at a time.
    struct Slow(io::Cursor<&'static [u8]>);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn reads_messages_one_after_another() {
        let bytes = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n\
            HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\nx-end: 1\r\n\r\n";
        let mut connection = Connection::new(Slow(io::Cursor::new(bytes)));
        let mut message = Message::default();
        assert!(connection.read(&mut message).unwrap());
        assert_eq!((message.target(), message.body.as_slice()), (("POST", "/a"), b"abc".as_slice()));
        assert!(connection.read(&mut message).unwrap());
        assert_eq!((message.target(), message.body.as_slice()), (("GET", "/b"), b"".as_slice()));
        assert!(connection.read(&mut message).unwrap());
        assert_eq!((message.status(), message.body.as_slice()), (Some(200), b"def".as_slice()));
        assert!(!connection.read(&mut message).unwrap());
    }
}
