//! Reads a streamed reply like Lambda does.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use lodger_tests::raw_api::Socket;
use serde_json::Value;

const HEADERS: [&str; 4] = [
    "content-type: application/vnd.awslambda.http-integration-response",
    "lambda-runtime-function-response-mode: streaming",
    "transfer-encoding: chunked",
    "trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
];

/// A streamed reply.
#[derive(Debug, Default)]
pub struct StreamedReply {
    head: String,
    pub prelude: Value,
    pub body: Vec<u8>,
    /// The length of the body after each read from the connection.
    pub reads: Vec<usize>,
    /// The trailers, the empty line included.
    pub trailers: String,
}

impl StreamedReply {
    /// Reads a reply to its end, and checks its form.
    pub async fn read(socket: &mut Socket) -> Self {
        Self::read_after(socket, vec![]).await
    }

    /// Reads the rest of a reply that begins with `bytes`, and checks its form.
    pub async fn read_after(socket: &mut Socket, mut bytes: Vec<u8>) -> Self {
        let mut reply = Self::default();
        loop {
            let read = socket.read().await;
            bytes.extend(read.unwrap_or_else(|| panic!("cut off: {}", String::from_utf8_lossy(&bytes))));
            let is_complete = reply.parse(&bytes);
            reply.reads.push(reply.body.len());
            if is_complete {
                assert!(HEADERS.iter().all(|line| reply.head.contains(line)), "{}", reply.head);
                assert!(!reply.head.contains("content-length"), "{}", reply.head);
                return reply;
            }
        }
    }

    /// Parses the first bytes of a reply. Returns whether it is complete.
    pub fn parse(&mut self, bytes: &[u8]) -> bool {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
        self.head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let Chunks { data, first, trailers } = Chunks::parse(&bytes[end + 4..]);
        // `cargo lambda watch` expects the prelude and the separator in chunks of their own.
        if let [prelude, separator] = first[..] {
            assert!(serde_json::from_slice::<Value>(prelude).is_ok(), "{}", String::from_utf8_lossy(prelude));
            assert_eq!(separator, [0; 8]);
        }
        if let Some(end) = data.windows(8).position(|eight| eight == [0; 8]) {
            self.prelude = serde_json::from_slice(&data[..end]).unwrap();
            self.body = data[end + 8..].to_vec();
        }
        let Some(trailers) = trailers else { return false };
        self.trailers = String::from_utf8(trailers.to_vec()).unwrap();
        trailers == b"\r\n" || trailers.ends_with(b"\r\n\r\n")
    }

    /// The type and the message of the error in the trailers.
    pub fn failure(&self) -> (String, String) {
        let value = |name: &str| {
            let line = self.trailers.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_else(|| panic!("no {name} in {:?}", self.trailers)).to_owned()
        };
        let body = BASE64_STANDARD.decode(value("Lambda-Runtime-Function-Error-Body")).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let error_type = value("Lambda-Runtime-Function-Error-Type");
        assert_eq!(body["errorType"], error_type);
        (error_type, body["errorMessage"].as_str().unwrap().to_owned())
    }
}

/// A chunked body, as far as it has arrived.
struct Chunks<'a> {
    data: Vec<u8>,
    /// The first two chunks that are complete.
    first: Vec<&'a [u8]>,
    /// The bytes after the last chunk.
    trailers: Option<&'a [u8]>,
}

impl<'a> Chunks<'a> {
    fn parse(mut rest: &'a [u8]) -> Self {
        let mut chunks = Self { data: vec![], first: vec![], trailers: None };
        while let Some(line) = rest.windows(2).position(|two| two == b"\r\n") {
            let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
            rest = &rest[line + 2..];
            if length == 0 {
                chunks.trailers = Some(rest);
                break;
            }
            if rest.len() < length + 2 {
                chunks.data.extend(&rest[..rest.len().min(length)]);
                break;
            }
            assert_eq!(&rest[length..length + 2], b"\r\n");
            chunks.data.extend(&rest[..length]);
            if chunks.first.len() < 2 {
                chunks.first.push(&rest[..length]);
            }
            rest = &rest[length + 2..];
        }
        chunks
    }
}
