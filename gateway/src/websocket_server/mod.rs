//! A WebSocket API on a port.

mod connections;
mod management;
mod session;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

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
    connections::{Connections, OpenConnection},
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
        let endpoint = Arc::new(Endpoint {
            addr: listener.local_addr()?,
            connections: Arc::new(Connections::new(websocket, api)),
            alive: watch::Sender::new(()),
        });
        Self::with_handler(listener, move |client, request| {
            let endpoint = Arc::clone(&endpoint);
            async move { endpoint.respond(client, request).await.map(Full::new) }
        })
    }
}

/// The handler of requests. Its drop, which is the drop of the server, ends all connections.
struct Endpoint {
    addr: SocketAddr,
    connections: Arc<Connections>,
    alive: watch::Sender<()>,
}

impl Endpoint {
    async fn respond(self: Arc<Self>, client: IpAddr, request: Request<Incoming>) -> Response<Bytes> {
        let stage = &self.connections.websocket.front.settings.stage;
        if let Some(id) = management::connection_id(request.uri().path(), stage) {
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
        let result = match self.connections.api.invoke(connection.connect(&handshake)).await {
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
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        connection.front.settings.custom_domain = Some(host.map_or_else(|| self.addr.to_string(), str::to_owned));
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
