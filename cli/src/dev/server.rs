//! The port of all fronts.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use lodger_gateway::Hosts;
use tokio::net::TcpListener;

use super::{
    body::{BoxBody, text},
    exchange::exchange,
    front::{Fronts, Kind, SERVER, VERCEL},
    host,
    proxy::proxy,
    version::Version,
    versions::Versions,
};
use crate::{
    function::LocalServer,
    history::{History, NewRecord, Record},
    inspector::{self, Comparisons},
    project::Project,
    terminal::Terminal,
};

/// API Gateway's limit for a request body, which is the largest of all fronts.
const MAX_BODY: usize = 10 << 20;

/// The label of the inspector.
const INSPECTOR: &str = "inspect";

/// Everything that a request needs.
#[derive(Debug)]
pub struct Dev {
    pub fronts: Fronts,
    pub hosts: Hosts,
    pub address: SocketAddr,
    pub history: Arc<History>,
    pub versions: Arc<Versions>,
    pub comparisons: Comparisons,
    /// The name and the version of the package.
    pub package: (String, String),
}

impl Dev {
    pub fn new(
        fronts: Fronts,
        hosts: Hosts,
        address: SocketAddr,
        history: Arc<History>,
        versions: Arc<Versions>,
        project: Option<&Project>,
    ) -> Self {
        let package = project.map_or_else(
            || ("function".to_owned(), String::new()),
            |project| (project.name.clone(), project.version.clone()),
        );
        Self { fronts, hosts, address, history, versions, comparisons: Comparisons::default(), package }
    }

    /// The URL of a front.
    pub fn url(&self, label: &str) -> String {
        format!("http://{label}.localhost:{}", self.address.port())
    }

    /// Writes the addresses of the fronts and of the inspector.
    pub fn print_addresses(&self, terminal: &Terminal) {
        let port = self.address.port();
        terminal.status("Serving", format!("http://localhost:{port} ({})", self.fronts.default_name()));
        terminal.status("Fronts", format!("http://NAME.localhost:{port} for {}", self.fronts.names().join(", ")));
        terminal.status("Inspector", self.url(INSPECTOR));
    }
}

/// Accepts connections without an end.
pub async fn serve(listener: TcpListener, dev: Arc<Dev>) {
    loop {
        let Ok((socket, client)) = listener.accept().await else {
            // Most likely too many open files, until some are closed.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let _ = socket.set_nodelay(true);
        let dev = Arc::clone(&dev);
        let service = service_fn(move |request| {
            let dev = Arc::clone(&dev);
            async move { Ok::<_, Infallible>(respond(&dev, client.ip(), request).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service).with_upgrades());
    }
}

async fn respond(dev: &Arc<Dev>, client: IpAddr, request: Request<Incoming>) -> Response<BoxBody> {
    if let Err(error) = dev.hosts.check(&request) {
        return text(StatusCode::FORBIDDEN, error);
    }
    let label = host::label(&request);
    if label.as_deref() == Some(INSPECTOR) {
        return inspector::respond(dev, client, request).await;
    }
    let name = label.as_deref().unwrap_or(dev.fronts.default_name());
    match dev.fronts.get(name) {
        Some(kind) => serve_front(dev, client, name, kind, request).await,
        None => {
            let names = dev.fronts.names().join(", ");
            text(
                StatusCode::NOT_FOUND,
                format!("cannot find the front {name:?}: expected one of {names}, {INSPECTOR}\n"),
            )
        }
    }
}

async fn serve_front(
    dev: &Arc<Dev>,
    client: IpAddr,
    name: &str,
    kind: Kind,
    request: Request<Incoming>,
) -> Response<BoxBody> {
    let Some(version) = dev.versions.current().await else {
        let output = dev.versions.build_state().borrow().output.clone();
        return text(StatusCode::BAD_GATEWAY, format!("the function has no version that runs:\n\n{output}"));
    };
    match kind {
        Kind::Lambda(_) => {
            let (parts, body) = request.into_parts();
            let body = match Limited::new(body, MAX_BODY).collect().await {
                Ok(body) => body.to_bytes(),
                Err(_) => return text(StatusCode::PAYLOAD_TOO_LARGE, "the body of the request is larger than 10 MB\n"),
            };
            let request = Request::from_parts(parts, body);
            let record = dev.history.begin(NewRecord::http(name, version.name(), &request, version.number));
            send(&version, client, kind, request, record).await
        }
        Kind::Vercel | Kind::Server => {
            let record = dev.history.begin(new_record(name, &version, &request));
            proxy(process(&version, &kind).await, request, record).await
        }
    }
}

/// Sends a whole request through a front.
pub async fn send(
    version: &Version,
    client: IpAddr,
    kind: Kind,
    request: Request<Bytes>,
    record: Arc<Record>,
) -> Response<BoxBody> {
    match kind {
        Kind::Lambda(front) => exchange(&front, client, request, &version.pool, record).await,
        Kind::Vercel | Kind::Server => proxy(process(version, &kind).await, request.map(Full::new), record).await,
    }
}

/// The process of a front that is no front of Lambda.
async fn process(version: &Version, kind: &Kind) -> io::Result<Arc<LocalServer>> {
    match kind {
        #[cfg(unix)]
        Kind::Vercel => version.vercel().await,
        _ => version.server().await,
    }
}

/// The record of a request whose body arrives later.
fn new_record(name: &str, version: &Version, request: &Request<Incoming>) -> NewRecord {
    debug_assert!(name == SERVER || name == VERCEL);
    let mut head = Request::new(Bytes::new());
    (*head.method_mut(), *head.uri_mut()) = (request.method().clone(), request.uri().clone());
    *head.headers_mut() = request.headers().clone();
    NewRecord::http(name, version.name(), &head, version.number)
}
