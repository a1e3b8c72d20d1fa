//! A WebSocket API on a port.

mod connections;
mod management;
mod session;

use std::{io, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::json;
use tokio::{
    net::{TcpListener, ToSocketAddrs},
    sync::{mpsc, watch},
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use self::{
    connections::{Connections, Invoke, OpenConnection},
    session::Session,
};
use crate::{
    FunctionResult, RuntimeApi, Server, WebSocketApi, event::input::user_agent,
    response::websocket::decode_websocket_reply, runtime_api::error_response,
};

impl Server {
    /// Starts a server that is a WebSocket API. Needs the feature `websocket`.
    ///
    /// Each handshake, message and end of a connection becomes an event. The route of a message is its member `action`, as with
    /// the route selection expression `$request.body.action`, or else `$default`. Every route exists.
    ///
    /// The server sends the reply of the function to the client only with [`WebSocketApi::route_responses`]. It sends errors with
    /// the message of AWS. A frame of more than 32 KB or a message of more than 128 KB closes the connection with 1009.
    ///
    /// `POST /@connections/{id}` sends to a client, `DELETE` closes its connection, and `GET` returns its data, with constant
    /// times. The path may begin with the stage. The `domainName` of events is the `Host` of the handshake, so the function finds
    /// these paths at `http://{domainName}/{stage}/@connections/{id}`.
    ///
    /// A request to `/@connections` with `Origin` or `Sec-Fetch-Site`, which browsers send, gets 403. Any other request gets 426.
    /// The response of AWS to such a request is not known. On a loopback address, a handshake of a page of another site gets 403: see
    /// [`allow_host`](Self::allow_host).
    ///
    /// # Errors
    /// The address is not available.
    pub async fn start_websocket(
        addr: impl ToSocketAddrs,
        websocket: WebSocketApi,
        api: Arc<RuntimeApi>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let default_domain = listener.local_addr()?.to_string();
        let server = WebSocketServer::new(websocket, move |event| {
            let api = Arc::clone(&api);
            async move { api.invoke(event).await }
        });
        let server = Arc::new(WebSocketServer { default_domain, ..server });
        Self::with_handler(listener, move |client, request| {
            let server = Arc::clone(&server);
            async move { server.respond(client, request).await.map(Full::new) }
        })
    }
}

/// A WebSocket API that is a handler of requests, with its open connections. Needs the feature `websocket`.
///
/// [`Server::start_websocket`] puts it on a port of its own. Use this type for a port that has other requests too, or for a function
/// that is invoked in another way than by a [`RuntimeApi`]. The drop closes the connections.
#[derive(Debug)]
pub struct WebSocketServer {
    connections: Arc<Connections>,
    /// The domain in the events of a handshake without `Host`.
    default_domain: String,
    alive: watch::Sender<()>,
}

impl WebSocketServer {
    /// Creates a server whose events go to `invoke`.
    pub fn new<I, F>(websocket: WebSocketApi, invoke: I) -> Self
    where
        I: Fn(Bytes) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<FunctionResult>> + Send + 'static,
    {
        let default_domain = websocket.front.settings.domain().to_owned();
        let connections = Arc::new(Connections::new(websocket, Invoke::new(invoke)));
        Self { connections, default_domain, alive: watch::Sender::new(()) }
    }

    /// Returns whether a path, which may begin with the stage, is the one with which a function sends to a connection.
    pub fn manages(&self, path: &str) -> bool {
        management::connection_id(path, self.connections.stage()).is_some()
    }

    /// Responds to a handshake of a client, or to a request of the function for `/@connections`.
    ///
    /// The connection of the request has to support upgrades. Any other request gets 426.
    pub async fn respond(&self, client: IpAddr, request: Request<Incoming>) -> Response<Bytes> {
        if let Some(id) = management::connection_id(request.uri().path(), self.connections.stage()) {
            return management::respond(&self.connections, &id, request).await;
        }
        match request.headers().get(header::SEC_WEBSOCKET_KEY).cloned() {
            Some(key) if request.headers().contains_key(header::UPGRADE) => self.connect(client, &key, request).await,
            _ => self.connections.reject(StatusCode::UPGRADE_REQUIRED),
        }
    }

    /// Invokes the function for a handshake, and opens the connection if the function accepts it.
    async fn connect(&self, client: IpAddr, key: &HeaderValue, mut request: Request<Incoming>) -> Response<Bytes> {
        let connection = self.new_connection(client, &request);
        let upgrade = hyper::upgrade::on(&mut request);
        let handshake = request.map(|_| Bytes::new());
        let result = match self.connections.invoke.call(connection.connect(&handshake)).await {
            Ok(result) => result,
            Err(error) => return error_response(&error),
        };
        if let Err(rejection) = connection.accepts(&result) {
            return *rejection;
        }
        // Added before the client gets the response, so that the function can send to it from then on.
        let (outgoing, queue) = mpsc::unbounded_channel();
        let identity = json!({"sourceIp": client.to_string(), "userAgent": user_agent(&handshake)});
        let open = OpenConnection { outgoing: outgoing.clone(), identity };
        self.connections.lock().open.insert(connection.connection_id.clone(), open);
        let connections = Arc::clone(&self.connections);
        let session = Session { connections, connection, outgoing, alive: self.alive.subscribe() };
        tokio::spawn(async move { session.run(upgrade.await.ok(), queue).await });
        switching_protocols(key, &result)
    }

    /// Returns a connection with an id of its own.
    fn new_connection(&self, client: IpAddr, request: &Request<Incoming>) -> WebSocketApi {
        let count = {
            let mut table = self.connections.lock();
            table.count += 1;
            table.count
        };
        let mut connection = self.connections.websocket.clone().client(client).connection_id(format!("{count:015}="));
        // The function finds `/@connections` at this host.
        connection.front.settings.custom_domain.get_or_insert_with(|| {
            let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
            host.unwrap_or(&self.default_domain).to_owned()
        });
        connection
    }
}

/// Makes the response to an accepted handshake.
fn switching_protocols(key: &HeaderValue, result: &FunctionResult) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::try_from(derive_accept_key(key.as_bytes())) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    if let Some(protocol) = chosen_protocol(result) {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// Returns the sub-protocol that the function chose (rule 93).
fn chosen_protocol(result: &FunctionResult) -> Option<HeaderValue> {
    let Ok(reply) = result else { return None };
    let mut response = decode_websocket_reply(reply)?;
    response.headers_mut().remove(header::SEC_WEBSOCKET_PROTOCOL)
}
