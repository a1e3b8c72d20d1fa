//! The port of all fronts and of the inspector.

use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};

use http::{Request, Response, StatusCode};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use lodger_gateway::Hosts;
use tokio::net::TcpListener;

use super::host;
use crate::{
    inspector::Inspector,
    platform::{BoxBody, Kind, Platform, WEBSOCKET_API, full, text},
    terminal::Terminal,
};

/// The label of the inspector.
const INSPECTOR: &str = "inspect";

/// The port: requests go to a front or to the inspector, by their host.
#[derive(Debug)]
pub struct Port {
    platform: Arc<Platform>,
    inspector: Inspector,
    hosts: Hosts,
}

/// Accepts connections without an end.
pub async fn serve(listener: TcpListener, port: Arc<Port>) {
    loop {
        let Ok((socket, client)) = listener.accept().await else {
            // Most likely too many open files, until some are closed.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let _ = socket.set_nodelay(true);
        let port = Arc::clone(&port);
        let service = service_fn(move |request| {
            let port = Arc::clone(&port);
            async move { Ok::<_, Infallible>(port.respond(client.ip(), request).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service).with_upgrades());
    }
}

impl Port {
    pub fn new(platform: Arc<Platform>, hosts: Hosts) -> Self {
        Self { inspector: Inspector::new(Arc::clone(&platform)), platform, hosts }
    }

    /// Writes the addresses of the fronts and of the inspector.
    pub fn print_addresses(&self, terminal: &Terminal) {
        let (port, fronts) = (self.platform.address.port(), &self.platform.fronts);
        terminal.status("Serving", format!("http://localhost:{port} ({})", fronts.default_name()));
        terminal.status("Fronts", format!("http://NAME.localhost:{port} for {}", fronts.names().join(", ")));
        terminal.status("WebSockets", format!("ws://{WEBSOCKET_API}.localhost:{port}"));
        terminal.status("Inspector", self.platform.url(INSPECTOR));
    }

    async fn respond(&self, client: IpAddr, request: Request<Incoming>) -> Response<BoxBody> {
        if let Err(error) = self.hosts.check(&request) {
            return text(StatusCode::FORBIDDEN, error);
        }
        let label = host::label(&request);
        if label.as_deref() == Some(INSPECTOR) {
            return self.inspector.respond(client, request).await;
        }
        let Platform { fronts, websocket, .. } = &*self.platform;
        if label.as_deref() == Some(WEBSOCKET_API) || label.is_none() && websocket.manages(request.uri().path()) {
            let platform = Arc::clone(&self.platform);
            return finish(async move { platform.websocket.respond(client, request).await.map(full) }).await;
        }
        let name = label.as_deref().unwrap_or(fronts.default_name());
        let Some(kind) = fronts.get(name) else {
            let names = fronts.names().join(", ");
            let error =
                format!("cannot find the front {name:?}: expected one of {names}, {WEBSOCKET_API}, {INSPECTOR}\n");
            return text(StatusCode::NOT_FOUND, error);
        };
        if let Kind::Local(_) = kind {
            // A server notices that its client has left.
            return self.platform.send_streaming(client, name, kind, request).await;
        }
        let (platform, name) = (Arc::clone(&self.platform), name.to_owned());
        finish(async move { platform.send_streaming(client, &name, kind, request).await }).await
    }
}

/// Runs an exchange to its end, even if the client leaves: as on AWS, the function finishes its invocation.
async fn finish(exchange: impl Future<Output = Response<BoxBody>> + Send + 'static) -> Response<BoxBody> {
    let response = tokio::spawn(exchange).await;
    response.unwrap_or_else(|error| text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")))
}
