//! Functions on plain sockets.

use lodger_gateway::{Invocation, RuntimeApi};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use super::{exchange, fetch, header, soon};

/// A poll.
pub(crate) const NEXT: &str = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Polls the Runtime API at `addr` and replies to each event with `reply(event)`.
pub(crate) async fn run_function(addr: String, mut reply: impl FnMut(Value) -> Value) {
    let mut socket = BufReader::new(TcpStream::connect(&addr).await.unwrap());
    loop {
        let Some((head, event)) = exchange(&mut socket, NEXT).await else { return };
        let id = header(&head, "lambda-runtime-aws-request-id").unwrap().to_owned();
        let reply = reply(serde_json::from_slice(&event).unwrap()).to_string();
        let post = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{reply}",
            reply.len()
        );
        assert!(exchange(&mut socket, &post).await.unwrap().0.starts_with("http/1.1 202"));
    }
}

/// Reports an init error to the Runtime API at `addr`.
pub(crate) async fn report_init_error(addr: String, message: &str) {
    let body = serde_json::json!({"errorMessage": message}).to_string();
    let post = format!(
        "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\
         lambda-runtime-function-error-type: Runtime.NoDatabase\r\n\r\n{body}",
        body.len()
    );
    assert!(fetch(addr.parse().unwrap(), &post).await.0.starts_with("http/1.1 202"));
}

/// Invokes the function until `poll` is complete, and then drops the invocation.
pub(crate) async fn invoke_until<T>(
    api: &RuntimeApi,
    invocation: impl Into<Invocation>,
    poll: impl Future<Output = T>,
) -> T {
    let polled = async {
        tokio::select! {
            biased;
            result = api.invoke(invocation) => panic!("{result:?}"),
            polled = poll => polled,
        }
    };
    soon(polled).await
}

/// A function that a test drives step by step.
pub(crate) struct RawFunction {
    pub(crate) socket: BufReader<TcpStream>,
    /// The head of the last invocation, in lower case.
    pub(crate) head: String,
}

impl RawFunction {
    pub(crate) async fn connect(api: &RuntimeApi) -> Self {
        let socket = TcpStream::connect(api.address()).await.unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket: BufReader::new(socket), head: String::new() }
    }

    /// Waits for an invocation and returns its request id.
    pub(crate) async fn poll(&mut self) -> String {
        let (head, _) = exchange(&mut self.socket, NEXT).await.unwrap();
        self.head = head;
        header(&self.head, "lambda-runtime-aws-request-id").unwrap().to_owned()
    }

    /// Sends the head of a reply with these headers.
    pub(crate) async fn begin_reply(&mut self, id: &str, headers: &str) {
        let head =
            format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        self.socket.write_all(head.as_bytes()).await.unwrap();
    }

    /// Sends the head of a streamed reply with these headers.
    pub(crate) async fn begin_stream(&mut self, id: &str, headers: &str) {
        let streaming = "lambda-runtime-function-response-mode: streaming\r\ntransfer-encoding: chunked\r\n";
        self.begin_reply(id, &format!("{streaming}{headers}")).await;
    }

    pub(crate) async fn send_chunk(&mut self, data: &[u8]) {
        self.socket.write_all(format!("{:x}\r\n", data.len()).as_bytes()).await.unwrap();
        self.socket.write_all(data).await.unwrap();
        self.socket.write_all(b"\r\n").await.unwrap();
    }

    /// Ends a streamed reply. Returns the response, in lower case.
    pub(crate) async fn end_stream(&mut self, trailers: &str) -> String {
        self.socket.write_all(format!("0\r\n{trailers}\r\n").as_bytes()).await.unwrap();
        self.response().await
    }

    /// Reads a response. Returns its head and body, in lower case.
    pub(crate) async fn response(&mut self) -> String {
        let (head, body) = exchange(&mut self.socket, "").await.unwrap();
        head + &String::from_utf8(body).unwrap().to_lowercase()
    }

    /// Reports an error of an invocation. Returns the head of the response, in lower case.
    pub(crate) async fn report_error(&mut self, id: &str, error_type: &str, body: &str) -> String {
        let post = format!(
            "POST /2018-06-01/runtime/invocation/{id}/error HTTP/1.1\r\nhost: localhost\r\n\
             lambda-runtime-function-error-type: {error_type}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        exchange(&mut self.socket, &post).await.unwrap().0
    }

    /// Waits until the Runtime API closes the connection without a response.
    pub(crate) async fn wait_for_close(&mut self) {
        let mut rest = Vec::new();
        // The connection may also be reset.
        let _ = self.socket.read_to_end(&mut rest).await;
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}
