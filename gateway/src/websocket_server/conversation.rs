//! One connection, from the moment that the function lets it in.

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

use super::{MAX_MESSAGE, Shared, closing, connections::outgoing};
use crate::{Message, WebSocketApi, response::websocket::decode_websocket_reply};

/// What API Gateway takes as a frame.
const MAX_FRAME: usize = 32 * 1024;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

pub(super) struct Conversation {
    pub(super) shared: Arc<Shared>,
    pub(super) connection: WebSocketApi,
    pub(super) outgoing: mpsc::UnboundedSender<tungstenite::Message>,
    pub(super) alive: watch::Receiver<()>,
}

impl Conversation {
    /// Carries it on to its end.
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
            // The function may send while it is busy with a message, so that this waits for nothing.
            writing = Some(tokio::spawn(write(sink, queue)));
            end = self.read(stream).await;
        }
        self.shared.open().clients.remove(&self.connection.connection_id);
        drop(self.outgoing);
        if let Some(writing) = writing {
            let _ = writing.await;
        }
        let _ = self.shared.api.invoke(self.connection.disconnect_for(end.0, &end.1)).await;
    }

    /// Tells the function what the client says, until the end, of which it gives the status code and the reason.
    async fn read(&mut self, mut stream: SplitStream<Socket>) -> (u16, String) {
        let mut end = (1006, String::new());
        loop {
            let received = tokio::select! {
                received = stream.next() => received,
                _ = self.alive.changed() => return self.close(CloseCode::Away, "Going away"),
            };
            match received {
                Some(Ok(tungstenite::Message::Text(text))) => self.tell(Message::Text(text.to_string())).await,
                Some(Ok(tungstenite::Message::Binary(bytes))) => self.tell(Message::Binary(bytes)).await,
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

    /// Tells the function what the client said, and the client what comes of that, if it is to know.
    async fn tell(&self, message: Message) {
        let event = self.connection.message(&route_key(&message), message);
        let answer = match self.shared.api.invoke(event).await {
            Ok(Ok(_)) if !self.connection.has_route_responses => return,
            Ok(Ok(reply)) => decode_websocket_reply(&reply).map(Response::into_body),
            Ok(Err(_)) | Err(_) => None,
        };
        let message = match answer {
            Some(body) if body.is_empty() => return,
            Some(body) if body.len() <= MAX_MESSAGE => outgoing(body),
            _ => self.failed(),
        };
        let _ = self.outgoing.send(message);
    }

    fn failed(&self) -> tungstenite::Message {
        let failed = json!({
            "message": "Internal server error",
            "connectionId": self.connection.connection_id,
            "requestId": "JKJaXmPLvHcESHA=",
        });
        tungstenite::Message::text(failed.to_string())
    }

    fn close(&self, code: CloseCode, reason: &str) -> (u16, String) {
        let _ = self.outgoing.send(closing(code, reason));
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

/// What `$request.body.action` selects.
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
    fn an_action_selects_a_route() {
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
