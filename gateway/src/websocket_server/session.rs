//! A connection after its handshake.

use std::sync::Arc;

use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use http::Response;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self,
        protocol::{Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::connections::{Connections, MAX_MESSAGE, close_message, message};
use crate::{Message, WebSocketApi, response::websocket::decode_websocket_reply};

/// API Gateway's limit for a frame.
const MAX_FRAME: usize = 32 * 1024;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// A connection, from the response to its handshake to its end.
pub(super) struct Session {
    pub(super) connections: Arc<Connections>,
    pub(super) connection: WebSocketApi,
    pub(super) outgoing: mpsc::UnboundedSender<tungstenite::Message>,
    /// Closes when the server is dropped.
    pub(super) alive: watch::Receiver<()>,
}

impl Session {
    /// Passes messages on until the connection ends, and then invokes the function for `$disconnect`.
    pub(super) async fn run(
        mut self,
        upgraded: Option<Upgraded>,
        queue: mpsc::UnboundedReceiver<tungstenite::Message>,
    ) {
        let mut end = (1006, String::new());
        let mut writing = None;
        if let Some(upgraded) = upgraded {
            let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_FRAME));
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
            let (sink, stream) = socket.split();
            // A task of its own: the function may send to the client while it handles a message.
            writing = Some(tokio::spawn(write(sink, queue)));
            end = self.read(stream).await;
        }
        self.connections.lock().open.remove(&self.connection.connection_id);
        drop(self.outgoing);
        if let Some(writing) = writing {
            let _ = writing.await;
        }
        let _ = self.connections.invoke.call(self.connection.disconnect_for(end.0, &end.1)).await;
    }

    /// Passes messages to the function until the connection ends. Returns the status code and the reason of the end.
    async fn read(&mut self, mut stream: SplitStream<Socket>) -> (u16, String) {
        let mut end = (1006, String::new());
        loop {
            let received = tokio::select! {
                received = stream.next() => received,
                _ = self.alive.changed() => return self.close(CloseCode::Away, "Going away"),
            };
            match received {
                Some(Ok(tungstenite::Message::Text(text))) => self.pass_on(Message::Text(text.to_string())).await,
                Some(Ok(tungstenite::Message::Binary(bytes))) => self.pass_on(Message::Binary(bytes)).await,
                Some(Ok(tungstenite::Message::Close(Some(frame)))) => {
                    end = (frame.code.into(), frame.reason.to_string())
                }
                Some(Ok(tungstenite::Message::Close(None))) => {
                    end = (1005, "Client-side close frame status not set".to_owned());
                }
                Some(Ok(_)) => {}
                Some(Err(tungstenite::Error::Capacity(_))) => return self.close(CloseCode::Size, "Message too big"),
                Some(Err(_)) | None => return end,
            }
        }
    }

    /// Invokes the function with a message, and sends the route response or an error to the client.
    async fn pass_on(&self, received: Message) {
        let event = self.connection.message(&route_key(&received), received);
        let response = match self.connections.invoke.call(event).await {
            Ok(Ok(_)) if !self.connection.has_route_responses => return,
            Ok(Ok(reply)) => decode_websocket_reply(&reply).map(Response::into_body),
            Ok(Err(_)) | Err(_) => None,
        };
        let message = match response {
            Some(body) if body.is_empty() => return,
            Some(body) if body.len() <= MAX_MESSAGE => message(body),
            _ => self.error_message(),
        };
        let _ = self.outgoing.send(message);
    }

    fn error_message(&self) -> tungstenite::Message {
        let error = json!({
            "message": "Internal server error",
            "connectionId": self.connection.connection_id,
            "requestId": "JKJaXmPLvHcESHA=",
        });
        tungstenite::Message::text(error.to_string())
    }

    fn close(&self, code: CloseCode, reason: &str) -> (u16, String) {
        let _ = self.outgoing.send(close_message(code, reason));
        (code.into(), reason.to_owned())
    }
}

async fn write(
    mut sink: SplitSink<Socket, tungstenite::Message>,
    mut queue: mpsc::UnboundedReceiver<tungstenite::Message>,
) {
    while let Some(message) = queue.recv().await {
        if sink.send(message).await.is_err() {
            return;
        }
    }
}

/// Returns the route key that `$request.body.action` selects.
fn route_key(message: &Message) -> String {
    let Message::Text(text) = message else { return "$default".to_owned() };
    let action =
        serde_json::from_str::<Value>(text).ok().and_then(|body| Some(body.get("action")?.as_str()?.to_owned()));
    action.filter(|action| !action.starts_with('$')).unwrap_or_else(|| "$default".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_the_route_by_the_action() {
        for (text, expected) in [
            (r#"{"action":"say"}"#, "say"),
            (r#"{"action":"$disconnect"}"#, "$default"),
            (r#"{"action":1}"#, "$default"),
            ("[]", "$default"),
            ("no json", "$default"),
        ] {
            assert_eq!(route_key(&text.into()), expected, "{text}");
        }
        assert_eq!(route_key(&br#"{"action":"say"}"#.to_vec().into()), "$default");
    }
}
