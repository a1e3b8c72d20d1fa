//! A WebSocket API on a port.

mod conversation;

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use tokio::{
    net::ToSocketAddrs,
    sync::{mpsc, watch},
};
use tokio_tungstenite::tungstenite::{
    self,
    handshake::derive_accept_key,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::{
    Outcome, RuntimeApi, Server, WebSocketApi, event::path::percent_decoded, response::refusal,
    runtime_api::unanswered, server::whole,
};

use self::conversation::Conversation;

/// What API Gateway takes as a message.
const MAX_MESSAGE: usize = 128 * 1024;

impl Server {
    /// Starts one that is a WebSocket API: handshakes, messages and ends become events of a connection with an id of its
    /// own. Needs the feature `websocket`.
    ///
    /// A message is for the route that its member `action` names, which is `$request.body.action` as a route selection
    /// expression, or for `$default`; each such route is there. What the function answers to it is not sent, as there are
    /// no route responses, and its errors are as AWS words them. `POST` and `DELETE` to `/@connections/{id}`, with or
    /// without the stage before, send to a client and close its connection. A request that is none of these gets 426; what
    /// AWS answers is not known.
    ///
    /// # Errors
    /// The address is not to be had.
    pub async fn start_websocket(
        addr: impl ToSocketAddrs,
        websocket: WebSocketApi,
        api: Arc<RuntimeApi>,
    ) -> io::Result<Self> {
        let hub = Arc::new(Hub {
            shared: Arc::new(Shared { websocket, api, open: Mutex::default() }),
            alive: watch::Sender::new(()),
        });
        Self::answering(addr, move |client, request| Arc::clone(&hub).answer(client, request)).await
    }
}

/// What requests need. It goes with the server, which tells the connections to end.
struct Hub {
    shared: Arc<Shared>,
    alive: watch::Sender<()>,
}

/// What connections need as well.
struct Shared {
    websocket: WebSocketApi,
    api: Arc<RuntimeApi>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    made: usize,
    outgoing: HashMap<String, mpsc::UnboundedSender<tungstenite::Message>>,
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, status: StatusCode) -> Response<Bytes> {
        refusal(&self.websocket.front, status)
    }
}

impl Hub {
    async fn answer(self: Arc<Self>, client: IpAddr, request: Request<Incoming>) -> Response<Bytes> {
        let stage = &self.shared.websocket.front.stage;
        if let Some(id) = connection_id(request.uri().path(), stage) {
            return self.send(&id, request).await;
        }
        match request.headers().get(header::SEC_WEBSOCKET_KEY).cloned() {
            Some(key) if request.headers().contains_key(header::UPGRADE) => self.connect(client, &key, request).await,
            _ => self.shared.refuse(StatusCode::UPGRADE_REQUIRED),
        }
    }

    /// Asks the function about a handshake, and lets the client in if it says so.
    async fn connect(&self, client: IpAddr, key: &HeaderValue, mut request: Request<Incoming>) -> Response<Bytes> {
        let made = {
            let mut open = self.shared.open();
            open.made += 1;
            open.made
        };
        let connection = self.shared.websocket.clone().client(client).connection_id(format!("{made:015}="));
        let upgrade = hyper::upgrade::on(&mut request);
        let (parts, _) = request.into_parts();
        let event = connection.connect(&Request::from_parts(parts, Bytes::new()));
        let outcome = match self.shared.api.invoke(event).await {
            Ok(outcome) => outcome,
            Err(error) => return unanswered(&error),
        };
        if let Err(refused) = connection.accepts(&outcome) {
            return *refused;
        }
        // Known before the client learns that it is let in, so that nobody sends to it in vain.
        let (outgoing, queue) = mpsc::unbounded_channel();
        self.shared.open().outgoing.insert(connection.connection_id.clone(), outgoing.clone());
        let conversation =
            Conversation { shared: Arc::clone(&self.shared), connection, outgoing, alive: self.alive.subscribe() };
        tokio::spawn(async move { conversation.run(upgrade.await.ok(), queue).await });
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::try_from(derive_accept_key(key.as_bytes())) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        if let Some(protocol) = chosen_protocol(&outcome) {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        response
    }

    /// Sends to a client, or closes its connection.
    async fn send(&self, id: &str, request: Request<Incoming>) -> Response<Bytes> {
        let method = request.method().clone();
        let body = match whole(request.into_body()).await {
            Ok(body) if body.len() <= MAX_MESSAGE => body,
            Ok(_) => return self.shared.refuse(StatusCode::PAYLOAD_TOO_LARGE),
            Err(status) => return self.shared.refuse(status),
        };
        let (message, done) = match method {
            Method::POST => (outgoing(body), StatusCode::OK),
            Method::DELETE => (closing(CloseCode::Normal, "Connection Closed Normally"), StatusCode::NO_CONTENT),
            _ => return self.shared.refuse(StatusCode::METHOD_NOT_ALLOWED),
        };
        let sent = self.shared.open().outgoing.get(id).is_some_and(|client| client.send(message).is_ok());
        if !sent {
            return self.shared.refuse(StatusCode::GONE);
        }
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = done;
        response
    }
}

/// The id in a path to a connection, with or without the stage before.
fn connection_id(path: &str, stage: &str) -> Option<String> {
    let path = path.strip_prefix('/')?;
    let below = path.strip_prefix(stage).and_then(|path| path.strip_prefix('/')).unwrap_or(path);
    let (first, id) = below.split_once('/')?;
    // The SDKs of AWS escape the at sign.
    if percent_decoded(first.as_bytes())? != b"@connections" {
        return None;
    }
    Some(percent_decoded(id.as_bytes()).and_then(|id| String::from_utf8(id).ok()).unwrap_or_default())
}

/// The sub-protocol that the function chose (rule 93).
fn chosen_protocol(outcome: &Outcome) -> Option<HeaderValue> {
    let Outcome::Reply(reply) = outcome else { return None };
    let mut answer = crate::response::websocket_api(reply)?;
    answer.headers_mut().remove(header::SEC_WEBSOCKET_PROTOCOL)
}

/// A message for a client: text if it can be.
fn outgoing(body: Bytes) -> tungstenite::Message {
    match String::from_utf8(body.into()) {
        Ok(text) => tungstenite::Message::text(text),
        Err(error) => tungstenite::Message::binary(error.into_bytes()),
    }
}

fn closing(code: CloseCode, reason: &str) -> tungstenite::Message {
    tungstenite::Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_to_a_connection_may_be_escaped_and_have_the_stage() {
        for path in ["/@connections/a%3D", "/%40connections/a=", "/dev/@connections/a=", "/dev/%40connections/a%3d"] {
            assert_eq!(connection_id(path, "dev").as_deref(), Some("a="), "{path}");
        }
        for path in ["/", "/dev", "/@connections", "/devx/@connections/a", "/prod/@connections/a", "/%4/@connections/a"]
        {
            assert_eq!(connection_id(path, "dev"), None, "{path}");
        }
    }
}
