use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response, StatusCode};

use crate::{Front, FunctionResult, event::websocket_api as event, response};

/// A WebSocket API of API Gateway, as one connection to it shows itself to a function: events for its start, for each
/// message and for its end. A connection is a value of its own, with its own [`connection_id`](Self::connection_id).
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
/// AWS takes messages of up to 128 KB, in frames of up to 32 KB; what is made of a larger one here is an event all the same.
///
/// Source: [Lambda integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html).
#[derive(Debug, Clone)]
pub struct WebSocketApi {
    /// Its handshake is treated as a request by a REST API.
    pub(crate) front: Front,
    pub(crate) connection_id: String,
    // Of use to a server alone.
    #[cfg_attr(not(feature = "websocket"), allow(dead_code, reason = "there is no server"))]
    pub(crate) has_route_responses: bool,
}

impl WebSocketApi {
    /// An API with the stage `prod`, and a connection to it.
    pub fn new() -> Self {
        Self { front: Front::rest_api(), connection_id: "JKJaXcQrvHcCESA=".to_owned(), has_route_responses: false }
    }

    /// The stage of the API.
    #[must_use]
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.front = self.front.stage(stage);
        self
    }

    /// The address that the client calls from. `127.0.0.1` if it is not set.
    #[must_use]
    pub fn client(mut self, client: IpAddr) -> Self {
        self.front = self.front.client(client);
        self
    }

    /// The id of the connection, the same in all of its events. Another connection needs another one.
    #[must_use]
    pub fn connection_id(mut self, id: impl Into<String>) -> Self {
        self.connection_id = id.into();
        self
    }

    /// Gives each route of messages a route response, so that a server sends the body of the function's answer back to the
    /// client. Without it, as without one on AWS, what the function answers to a message is lost.
    ///
    /// An empty body is not sent. An answer that has no status, or is larger than a message can be, is told as a failure;
    /// what AWS makes of these is not known.
    ///
    /// Source: [Route responses](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html).
    #[must_use]
    pub fn route_responses(mut self) -> Self {
        self.has_route_responses = true;
        self
    }

    /// The event that AWS would make of the handshake, for the route `$connect`.
    pub fn connect(&self, handshake: &Request<Bytes>) -> Bytes {
        event::connect(self, handshake).to_string().into()
    }

    /// The event that AWS would make of a message for the route of this key, such as `$default`.
    pub fn message(&self, route_key: &str, message: impl Into<Message>) -> Bytes {
        event::message(self, route_key, message.into()).to_string().into()
    }

    /// The event that AWS would make of the end, for the route `$disconnect`: a client that closed without saying why.
    pub fn disconnect(&self) -> Bytes {
        self.disconnect_for(1005, "Client-side close frame status not set")
    }

    /// The same of an end with a [status code](https://www.rfc-editor.org/rfc/rfc6455#section-7.4) and a reason.
    pub fn disconnect_for(&self, status: u16, reason: &str) -> Bytes {
        event::disconnect(self, status, reason).to_string().into()
    }

    /// What AWS makes of the answer to a [`connect`](Self::connect) event: a status of success lets the client in.
    ///
    /// # Errors
    /// The response that the client gets instead: the status of the answer and its body, or 502 if the function failed.
    /// Whether AWS passes on the body is not known.
    pub fn accepts(&self, outcome: &FunctionResult) -> Result<(), Box<Response<Bytes>>> {
        let answer = match outcome {
            Ok(reply) => response::websocket_api(reply),
            Err(_) => None,
        };
        let answer = answer.unwrap_or_else(|| response::refusal(&self.front, StatusCode::BAD_GATEWAY));
        if answer.status().is_success() { Ok(()) } else { Err(Box::new(answer)) }
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
    /// Text, which is in the event as it is.
    Text(String),
    /// Bytes, which are in the event as base64.
    Binary(Bytes),
}

impl Message {
    /// The body of an event, and whether it is base64 (rule 69).
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

    #[test]
    fn a_message_is_made_of_any_bytes() {
        let bytes = Message::Binary(Bytes::from_static(b"\x00\x01"));
        assert_eq!(Message::from(b"\x00\x01"), bytes);
        assert_eq!(Message::from(&[0_u8, 1][..]), bytes);
        assert_eq!(Message::from(vec![0, 1]), bytes);
    }
}
