//! Responses and errors of known length.

use std::fmt::Write as _;

use crate::{
    Client, Context, Error, Payload,
    client::wait_and_double,
    http1::{Connection, ConnectionError, ignore_header},
    outage::{FIRST_PAUSE, LONGEST_PAUSE},
    report::{ErrorTarget, error_json, header_error_type},
};

/// One POST request.
struct Post<'a> {
    path: [&'a str; 3],
    /// The action, for error messages.
    action: &'a str,
    invocation_id: Option<&'a str>,
    error_type: Option<&'a str>,
    /// Whether the request is the response or the error of an invocation.
    ends_invocation: bool,
}

impl Client {
    pub(crate) async fn respond(&mut self, context: &Context, payload: &impl Payload) -> Result<(), Error> {
        let post = Post {
            path: ["/invocation/", context.request_id(), "/response"],
            action: "send the response",
            invocation_id: context.invocation_id(),
            error_type: None,
            ends_invocation: true,
        };
        self.post(post, payload).await
    }

    pub(crate) async fn report_error(
        &mut self,
        target: ErrorTarget<'_>,
        error_type: &str,
        message: &str,
        stack_trace: &[impl AsRef<str>],
    ) -> Result<(), Error> {
        let (path, action, invocation_id) = match target {
            ErrorTarget::Invocation(context) => (
                ["/invocation/", context.request_id(), "/error"],
                "report the error of the invocation",
                context.invocation_id(),
            ),
            ErrorTarget::Initialization => (["/init", "/error", ""], "report the initialization error", None),
            ErrorTarget::Restore => (["/restore", "/error", ""], "report the restore error", None),
        };
        let ends_invocation = matches!(target, ErrorTarget::Invocation(_));
        let post = Post { path, action, invocation_id, error_type: Some(error_type), ends_invocation };
        self.post(post, &error_json(error_type, message, stack_trace)).await
    }

    /// Sends a request. The type of the payload is erased, so that the code of all requests is compiled once.
    async fn post(&mut self, post: Post<'_>, payload: &dyn Payload) -> Result<(), Error> {
        let mut head = self.start_post(post.path, post.invocation_id);
        head.push_str("content-type: application/json\r\ncontent-length: ");
        // Writing to a string cannot fail.
        let _ = write!(head, "{}\r\n", payload.len());
        if let Some(error_type) = post.error_type {
            head.extend(["lambda-runtime-function-error-type: ", &header_error_type("Function", error_type), "\r\n"]);
        }
        head.push_str("\r\n");
        let posted = self.post_with_retries(&head, payload).await;
        self.post_head = head;
        match posted {
            Ok(200..300) => Ok(()),
            Ok(status) if post.ends_invocation => Err(Error::response_rejected(post.action, status)),
            Ok(status) => Err(Error::rejected(post.action, status)),
            Err(error) => Err(Error::connection(post.action, error)),
        }
    }

    /// Sends a request, and retries if Lambda cannot have received it or if the connection had been kept: Lambda accepts one
    /// response for each invocation, so that a second one does no harm.
    async fn post_with_retries(&mut self, head: &str, payload: &dyn Payload) -> Result<u16, ConnectionError> {
        let mut kept = self.take_connection();
        let mut pause = FIRST_PAUSE;
        loop {
            let was_kept = kept.is_some();
            match self.post_once(kept.take(), head.as_bytes(), payload).await {
                Err(ConnectionError::Closed(_)) if was_kept => {}
                Err(ConnectionError::Unreachable(_)) if pause < LONGEST_PAUSE => pause = wait_and_double(pause).await,
                posted => return posted,
            }
        }
    }

    async fn post_once(
        &mut self,
        kept: Option<Box<Connection>>,
        head: &[u8],
        payload: &dyn Payload,
    ) -> Result<u16, ConnectionError> {
        let mut connection = self.address.connection(kept).await?;
        match connection.send_payload(head, payload, &mut self.timer).await {
            Ok(()) => {
                let (head, _) = connection.response(&mut self.timer, &mut ignore_header).await?;
                self.keep(connection, &head);
                Ok(head.status)
            }
            // Lambda rejects a payload that is too large before reading all of it. That response explains more than the reset
            // of the connection. The connection is not kept: the rest of the body is not the start of a request.
            Err(ConnectionError::Closed(error)) => match connection.response(&mut self.timer, &mut ignore_header).await
            {
                Ok((head, _)) => Ok(head.status),
                Err(_) => Err(ConnectionError::Closed(error)),
            },
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
        time::timeout,
    };

    use super::*;
    use crate::http1::IO_TIMEOUT;

    #[tokio::test]
    async fn does_not_keep_a_connection_on_which_a_body_was_sent_in_part() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = Client::new(&listener.local_addr().unwrap().to_string()).unwrap();
        let rejects = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.read_exact(&mut [0; 1000]).await.unwrap();
            socket.write_all(b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            // Closes with unread data, so that the client cannot write the rest.
        };
        let payload = vec![b'x'; 32 << 20];
        let (posted, ()) = tokio::join!(client.post_once(None, b"POST / HTTP/1.1\r\n\r\n", &payload), rejects);
        assert!(matches!(posted, Ok(413)), "{posted:?}");
        assert!(client.connection.is_none());
    }

    /// A payload whose chunks do not have the length that it names.
    struct WrongLength {
        len: usize,
        chunks: Vec<String>,
    }

    impl Payload for WrongLength {
        fn len(&self) -> usize {
            self.len
        }

        fn write_chunk(&self, index: usize, out: &mut Vec<u8>) -> bool {
            let Some(chunk) = self.chunks.get(index) else { return false };
            out.extend_from_slice(chunk.as_bytes());
            true
        }
    }

    #[tokio::test]
    async fn closes_the_connection_after_a_payload_of_another_length() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = Client::new(&listener.local_addr().unwrap().to_string()).unwrap();
        let large = || "x".repeat(100_000);
        let payloads = [
            WrongLength { len: 3, chunks: vec!["12".into()] },
            WrongLength { len: 3, chunks: vec!["12".into(), "34".into()] },
            WrongLength { len: 0, chunks: vec!["1".into()] },
            WrongLength { len: 1, chunks: vec![] },
            WrongLength { len: 99_999, chunks: vec![large()] },
            WrongLength { len: 100_001, chunks: vec![large()] },
            WrongLength { len: 100_000, chunks: vec![large(), large()] },
        ];
        for payload in payloads {
            let accepts = async {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut request = vec![];
                let _ = socket.read_buf(&mut request).await;
                // The connection may be closed.
                let _ = socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await;
                request
            };
            let context = Context::default();
            let (responded, request) = tokio::join!(client.respond(&context, &payload), accepts);
            let error = responded.unwrap_err();
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(cause.contains(&format!("than the {} bytes", payload.len)), "{cause}");
            assert!(client.connection.is_none() && !error.is_fatal());
            // A request that fits into one write was not sent at all.
            assert!(request.is_empty() || payload.len >= 100_000, "{}", String::from_utf8_lossy(&request));
        }
    }

    #[tokio::test]
    async fn does_not_resend_on_a_new_connection_or_after_a_part_of_a_response() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = Client::new(&listener.local_addr().unwrap().to_string()).unwrap();
        let context = Context::default();
        let responds = async {
            assert!(client.respond(&context, &"1").await.is_err());
            client.respond(&context, &"2").await.unwrap();
            assert!(client.respond(&context, &"3").await.is_err());
        };
        let accepts = async {
            let mut requests = String::new();
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.read_buf(&mut Vec::with_capacity(4096)).await.unwrap();
            drop(socket);
            let (mut socket, _) = listener.accept().await.unwrap();
            for response in ["HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 202 Acc"] {
                let mut request = Vec::with_capacity(4096);
                socket.read_buf(&mut request).await.unwrap();
                requests.extend(request.last().map(|last| char::from(*last)));
                socket.write_all(response.as_bytes()).await.unwrap();
            }
            requests
        };
        let ((), requests) = timeout(IO_TIMEOUT / 2, async { tokio::join!(responds, accepts) }).await.unwrap();
        assert_eq!(requests, "23");
    }

    #[tokio::test]
    async fn sends_payloads_of_any_length() {
        assert!(Payload::is_empty(&"") && !Payload::is_empty(&"1"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = Client::new(&listener.local_addr().unwrap().to_string()).unwrap();
        let lengths = [0, 1, 48 * 1024 - 1, 48 * 1024, 48 * 1024 + 1, 100 * 1024];
        let responds = async {
            for length in lengths {
                let payload: Vec<u8> = (0..length).map(|index| index as u8).collect();
                client.respond(&Context::default(), &payload).await.unwrap();
            }
        };
        let accepts = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            for length in lengths {
                let (mut request, expected) = (vec![], format!("\r\ncontent-length: {length}\r\n\r\n"));
                let body = loop {
                    socket.read_buf(&mut request).await.unwrap();
                    let start = memchr::memmem::find(&request, expected.as_bytes()).map(|at| at + expected.len());
                    if let Some(body) = start.and_then(|start| request.get(start..)).filter(|body| body.len() >= length)
                    {
                        break body;
                    }
                };
                assert!(body.iter().enumerate().all(|(index, byte)| *byte == index as u8) && body.len() == length);
                socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            }
        };
        timeout(IO_TIMEOUT / 2, async { tokio::join!(responds, accepts) }).await.unwrap();
    }
}
