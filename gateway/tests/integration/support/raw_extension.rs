//! Extensions on plain sockets.

use lodger_gateway::RuntimeApi;
use serde_json::Value;
use tokio::{io::BufReader, net::TcpStream};

use super::{exchange, fetch, header};

/// Sends a request of an extension. Returns the head of the response, in lower case, and the body.
pub(crate) async fn extension_request(api: &RuntimeApi, line: &str, headers: &str, body: &str) -> (String, String) {
    fetch(api.address().parse().unwrap(), &request(line, headers, body)).await
}

fn request(line: &str, headers: &str, body: &str) -> String {
    format!("{line} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// Registers an extension. Returns the head of the response, in lower case, and the body.
pub(crate) async fn register(api: &RuntimeApi, name: &str, body: &str) -> (String, String) {
    let name = format!("lambda-extension-name: {name}\r\n");
    extension_request(api, "POST /2020-01-01/extension/register", &name, body).await
}

/// An extension that a test drives step by step.
pub(crate) struct RawExtension {
    socket: BufReader<TcpStream>,
    /// The header with the id.
    pub(crate) id: String,
    /// The head of the last event, in lower case.
    pub(crate) head: String,
}

impl RawExtension {
    /// Registers an extension for a list of events, such as `["INVOKE"]`.
    pub(crate) async fn register(api: &RuntimeApi, name: &str, events: &str) -> Self {
        let (head, body) = register(api, name, &format!("{{\"events\":{events}}}")).await;
        assert!(head.starts_with("http/1.1 200 "), "{head}{body}");
        let id = header(&head, "lambda-extension-identifier").unwrap();
        let id = format!("lambda-extension-identifier: {id}\r\n");
        let socket = TcpStream::connect(api.address()).await.unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket: BufReader::new(socket), id, head }
    }

    /// Closes the connection and opens another one.
    pub(crate) async fn reconnect(&mut self, api: &RuntimeApi) {
        self.socket = BufReader::new(TcpStream::connect(api.address()).await.unwrap());
    }

    /// Waits for the next event.
    pub(crate) async fn next(&mut self) -> Value {
        let request = request("GET /2020-01-01/extension/event/next", &self.id, "");
        let (head, body) = exchange(&mut self.socket, &request).await.unwrap();
        assert!(head.starts_with("http/1.1 200 "), "{head}");
        self.head = head;
        serde_json::from_slice(&body).unwrap()
    }

    /// Sends an init or exit error. Returns the head of the response, in lower case, and the body.
    pub(crate) async fn report_error(
        &self,
        api: &RuntimeApi,
        path: &str,
        error_type: &str,
        message: &str,
    ) -> (String, String) {
        let headers = format!("{}lambda-extension-function-error-type: {error_type}\r\n", self.id);
        let body = serde_json::json!({"errorMessage": message, "errorType": error_type}).to_string();
        extension_request(api, &format!("POST /2020-01-01/extension/{path}"), &headers, &body).await
    }
}
