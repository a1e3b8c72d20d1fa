//! A WebSocket API on a port.

mod connections;
mod conversation;

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, ToSocketAddrs},
    sync::{mpsc, watch},
};
use tokio_tungstenite::tungstenite::{
    self,
    handshake::derive_accept_key,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::{
    FunctionResult, RuntimeApi, Server, WebSocketApi, event::input::user_agent,
    response::websocket::decode_websocket_reply, runtime_api::unanswered,
};

use self::conversation::Conversation;

/// What API Gateway takes as a message.
const MAX_MESSAGE: usize = 128 * 1024;

impl Server {
    /// Starts one that is a WebSocket API: handshakes, messages and ends become events of a connection with an id of its
    /// own. Needs the feature `websocket`.
    ///
    /// A message is for the route that its member `action` names, which is `$request.body.action` as a route selection
    /// expression, or for `$default`; each such route is there. What the function answers to it is sent only with
    /// [`WebSocketApi::route_responses`], and its errors are as AWS words them. A frame of more than 32 KB closes the
    /// connection with 1009, and so does a message of more than 128 KB.
    ///
    /// `POST` and `DELETE` to `/@connections/{id}`, with or without the stage before, send to a client and close its
    /// connection, and `GET` tells of it; as in events, its times are always the same. The `domainName` of events is the host
    /// and the port that the client named in its handshake, so that a function gets there by
    /// `http://{domainName}/{stage}/@connections/{id}`.
    ///
    /// A request to `/@connections` with `Origin` or `Sec-Fetch-Site`, which browsers send, gets 403.
    ///
    /// A request that is none of these gets 426; what AWS answers is not known.
    ///
    /// # Errors
    /// The address is not to be had.
    pub async fn start_websocket(
        addr: impl ToSocketAddrs,
        websocket: WebSocketApi,
        api: Arc<RuntimeApi>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let hub = Arc::new(Hub {
            addr: listener.local_addr()?,
            shared: Arc::new(Shared { websocket, api, open: Mutex::default() }),
            alive: watch::Sender::new(()),
        });
        Self::answering(listener, move |client, request| {
            let hub = Arc::clone(&hub);
            async move { hub.answer(client, request).await.map(Full::new) }
        })
    }
}

/// What requests need. It goes with the server, which tells the connections to end.
struct Hub {
    addr: SocketAddr,
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
    clients: HashMap<String, Client>,
}

struct Client {
    outgoing: mpsc::UnboundedSender<tungstenite::Message>,
    identity: Value,
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, status: StatusCode) -> Response<Bytes> {
        self.websocket.front.error_response(status)
    }
}

impl Hub {
    async fn answer(self: Arc<Self>, client: IpAddr, request: Request<Incoming>) -> Response<Bytes> {
        if let Some(id) = connections::id(request.uri().path(), &self.shared.websocket.front.settings.stage) {
            return connections::answer(&self.shared, &id, request).await;
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
        let mut connection = self.shared.websocket.clone().client(client).connection_id(format!("{made:015}="));
        // Where the function finds the connection, if it asks there for it.
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        connection.front.settings.custom_domain = Some(host.map_or_else(|| self.addr.to_string(), str::to_owned));
        let upgrade = hyper::upgrade::on(&mut request);
        let handshake = request.map(|_| Bytes::new());
        let outcome = match self.shared.api.invoke(connection.connect(&handshake)).await {
            Ok(outcome) => outcome,
            Err(error) => return unanswered(&error),
        };
        if let Err(refused) = connection.accepts(&outcome) {
            return *refused;
        }
        // Known before the client learns that it is let in, so that nobody sends to it in vain.
        let (outgoing, queue) = mpsc::unbounded_channel();
        let identity = json!({"sourceIp": client.to_string(), "userAgent": user_agent(&handshake)});
        let known = Client { outgoing: outgoing.clone(), identity };
        self.shared.open().clients.insert(connection.connection_id.clone(), known);
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
}

/// The sub-protocol that the function chose (rule 93).
fn chosen_protocol(outcome: &FunctionResult) -> Option<HeaderValue> {
    let Ok(reply) = outcome else { return None };
    let mut answer = decode_websocket_reply(reply)?;
    answer.headers_mut().remove(header::SEC_WEBSOCKET_PROTOCOL)
}

fn closing(code: CloseCode, reason: &str) -> tungstenite::Message {
    tungstenite::Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}
