use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response, StatusCode};

use crate::{Front, FunctionResult, event::websocket::Connection, response::websocket::decode_websocket_reply};

/// A WebSocket API of API Gateway with one connection: makes the events of its start, its messages and its end. Use a value for
/// each connection, with its own [`connection_id`](Self::connection_id).
///
/// ```
/// use bytes::Bytes;
/// use lodger_gateway::WebSocketApi;
///
/// let api = WebSocketApi::new().stage("dev").connection_id("one");
/// let connect = api.connect(&http::Request::get("/?room=1").body(Bytes::new()).unwrap());
/// let message = api.message("$default", "hello");
/// let disconnect = api.disconnect();
/// # drop((connect, message, disconnect));
///
/// assert!(api.accepts(&Ok(r#"{"statusCode":200}"#.into())).is_ok());
/// assert_eq!(api.accepts(&Ok(r#"{"statusCode":403}"#.into())).unwrap_err().status(), 403);
/// ```
///
/// AWS accepts messages of up to 128 KB, in frames of up to 32 KB. This type makes an event of a larger message too.
///
/// Source: [Lambda integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html).
#[derive(Debug, Clone)]
pub struct WebSocketApi {
    /// Has the domain, the stage and the error responses of a WebSocket API.
    pub(crate) front: Front,
    pub(crate) connection_id: String,
    #[cfg_attr(not(feature = "websocket"), allow(dead_code, reason = "only the server reads it"))]
    pub(crate) has_route_responses: bool,
}

impl WebSocketApi {
    /// Creates an API with the stage `prod`, and a connection.
    pub fn new() -> Self {
        Self { front: Front::rest_api(), connection_id: "JKJaXcQrvHcCESA=".to_owned(), has_route_responses: false }
    }

    /// Sets the stage of the API.
    #[must_use]
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.front = self.front.stage(stage);
        self
    }

    /// Sets the domain in events, at which the function finds `/@connections`.
    ///
    /// Without it, the events of a server have the `Host` of the handshake.
    #[must_use]
    pub fn custom_domain(mut self, name: impl Into<String>) -> Self {
        self.front = self.front.custom_domain(name);
        self
    }

    /// Sets the address of the client. The default is `127.0.0.1`.
    #[must_use]
    pub fn client(mut self, client: IpAddr) -> Self {
        self.front = self.front.client(client);
        self
    }

    /// Sets the ID of the connection, which all of its events contain.
    #[must_use]
    pub fn connection_id(mut self, id: impl Into<String>) -> Self {
        self.connection_id = id.into();
        self
    }

    /// Adds a route response to each route for messages: a server sends the body of the function's reply to the client. Without
    /// route responses, the server drops the reply, like AWS.
    ///
    /// The server does not send an empty body. If a reply has no status or is larger than a message, the client gets an error;
    /// AWS does not document this case.
    ///
    /// Source: [Route responses](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html).
    #[must_use]
    pub fn route_responses(mut self) -> Self {
        self.has_route_responses = true;
        self
    }

    /// Makes the event of the handshake, for the route `$connect`.
    pub fn connect(&self, handshake: &Request<Bytes>) -> Bytes {
        self.connection().connect_event(handshake).to_string().into()
    }

    /// Makes the event of a message for the route with this key, such as `$default`.
    pub fn message(&self, route_key: &str, message: impl Into<Message>) -> Bytes {
        let (body, is_base64) = message.into().into_body();
        self.connection().message_event(route_key, &body, is_base64).to_string().into()
    }

    /// Makes the event of the end, for the route `$disconnect`. The client has closed the connection without a status code.
    pub fn disconnect(&self) -> Bytes {
        self.disconnect_for(1005, "Client-side close frame status not set")
    }

    /// Makes the event of an end with a [status code](https://www.rfc-editor.org/rfc/rfc6455#section-7.4) and a reason.
    pub fn disconnect_for(&self, status: u16, reason: &str) -> Bytes {
        self.connection().disconnect_event(status, reason).to_string().into()
    }

    /// Checks the result of a [`connect`](Self::connect) event: a status of success accepts the connection.
    ///
    /// # Errors
    /// The response to the client: the status and the body of the reply, or 502 if the function failed. AWS does not document
    /// whether it sends the body.
    pub fn accepts(&self, result: &FunctionResult) -> Result<(), Box<Response<Bytes>>> {
        let response = match result {
            Ok(reply) => decode_websocket_reply(reply),
            Err(_) => None,
        };
        let response = response.unwrap_or_else(|| self.front.error_response(StatusCode::BAD_GATEWAY));
        if response.status().is_success() { Ok(()) } else { Err(Box::new(response)) }
    }

    fn connection(&self) -> Connection<'_> {
        Connection { settings: &self.front.settings, id: &self.connection_id }
    }
}

impl Default for WebSocketApi {
    fn default() -> Self {
        Self::new()
    }
}

/// A message of a WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Text, unchanged in the event.
    Text(String),
    /// Bytes, in base64 in the event.
    Binary(Bytes),
}

impl Message {
    /// Returns the body of the event, and whether it is base64 (rule 69).
    pub(crate) fn into_body(self) -> (String, bool) {
        match self {
            Self::Text(text) => (text, false),
            Self::Binary(bytes) => (STANDARD.encode(bytes), true),
        }
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes.into())
    }
}

impl From<&[u8]> for Message {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(Bytes::copy_from_slice(bytes))
    }
}

impl<const N: usize> From<&[u8; N]> for Message {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FunctionError;

    #[test]
    fn converts_bytes_to_a_message() {
        let bytes = Message::Binary(Bytes::from_static(b"\x00\x01"));
        assert_eq!(Message::from(b"\x00\x01"), bytes);
        assert_eq!(Message::from(&[0_u8, 1][..]), bytes);
        assert_eq!(Message::from(vec![0, 1]), bytes);
    }

    #[test]
    fn accepts_a_handshake_with_a_status_of_success() {
        let result = |reply: &'static str| {
            WebSocketApi::new().accepts(&Ok(reply.into())).map_err(|response| response.status().as_u16())
        };
        assert_eq!(result(r#"{"statusCode":200}"#), Ok(()));
        assert_eq!(result(r#"{"statusCode":204,"headers":{"Sec-WebSocket-Protocol":"chat"},"cookies":[]}"#), Ok(()));
        assert_eq!(result(r#"{"statusCode":401,"body":"no"}"#), Err(401));
        assert_eq!(result(r#"{"statusCode":302}"#), Err(302));
        assert_eq!(result(r#"{"body":"no status"}"#), Err(502));
        assert_eq!(result("no json"), Err(502));
        let rejected = WebSocketApi::new().accepts(&Ok(r#"{"statusCode":403,"body":"no"}"#.into())).unwrap_err();
        assert_eq!(rejected.body().as_ref(), b"no");
        let failed = Err(FunctionError { error_type: "Function.Error".into(), body: Bytes::new() });
        assert_eq!(WebSocketApi::new().accepts(&failed).unwrap_err().status(), 502);
    }
}
