//! Each framework with its own app, its own server, and its own ways.

use std::{net::SocketAddr, sync::mpsc};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use lodger::{ClientAddr, Error, Lodger};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{host::on_its_own_thread, probe};

/// A framework, as the matrix of tests asks each.
pub trait Framework {
    /// Starts the app under the framework's own server.
    fn own_server() -> SocketAddr;

    /// Runs the app under Lodger.
    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>>;

    /// The statuses of its own for what cannot be read as its types: [`UNTYPED`], one by one. `None`: it has no types.
    const OF_UNTYPED: Option<[u16; UNTYPED.len()]>;

    /// Whether there is anybody between the server and the app: to tell it what to do work after the response by, and for a span around
    /// each request.
    const IS_GUARDED_ON_A_SERVER: bool = true;

    /// Whether the response to a HEAD without a body has `content-length: 0`, on any host.
    const TELLS_LENGTH_OF_NOTHING: bool = false;

    /// What its app cannot see of what it was sent, on any host.
    fn is_blind_to(_seen: &mut Value) {}

    /// Likewise on Lambda.
    fn is_blind_on_lambda_to(_seen: &mut Value) {}

    /// Likewise on Vercel.
    fn is_blind_on_vercel_to(_seen: &mut Value) {}
}

/// Requests for types that they are not of: method, target, type of the body, body.
pub const UNTYPED: [(&str, &str, &str, &str); 8] = [
    ("GET", "/typed/path/many", "", ""),
    ("GET", "/typed/query", "", ""),
    ("GET", "/typed/query?number=many", "", ""),
    ("POST", "/typed/json", "", r#"{"number":1}"#),
    ("POST", "/typed/json", "text/plain", r#"{"number":1}"#),
    ("POST", "/typed/json", "application/json", "{"),
    ("POST", "/typed/json", "application/json", r#"{"number":"many"}"#),
    ("GET", "/typed/json", "", ""),
];

/// Tells where a server listens that `start` starts on a thread of its own.
fn started<F: Future<Output = ()>>(start: impl FnOnce(mpsc::Sender<SocketAddr>) -> F + Send + 'static) -> SocketAddr {
    let (told, addr) = mpsc::channel();
    on_its_own_thread(move || start(told));
    addr.recv().unwrap()
}

async fn listener(told: mpsc::Sender<SocketAddr>) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    told.send(listener.local_addr().unwrap()).unwrap();
    listener
}

/// axum.
pub struct Axum;

impl Framework for Axum {
    const OF_UNTYPED: Option<[u16; UNTYPED.len()]> = Some([400, 400, 400, 415, 415, 400, 422, 405]);
    const TELLS_LENGTH_OF_NOTHING: bool = true;

    fn own_server() -> SocketAddr {
        started(async |told| {
            let app = probe::axum::app().into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener(told).await, app).await.unwrap();
        })
    }

    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
        lodger.run(probe::axum::app())
    }
}

/// axum 0.7.
pub struct Axum07;

impl Framework for Axum07 {
    const OF_UNTYPED: Option<[u16; UNTYPED.len()]> = Axum::OF_UNTYPED;
    const TELLS_LENGTH_OF_NOTHING: bool = true;

    fn own_server() -> SocketAddr {
        started(async |told| {
            let app = probe::axum_07::app().into_make_service_with_connect_info::<SocketAddr>();
            axum_07::serve(listener(told).await, app).await.unwrap();
        })
    }

    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
        lodger.run(probe::axum_07::app())
    }
}

/// actix-web.
pub struct ActixWeb;

impl Framework for ActixWeb {
    const OF_UNTYPED: Option<[u16; UNTYPED.len()]> = Some([404, 400, 400, 400, 400, 400, 400, 200]);
    const TELLS_LENGTH_OF_NOTHING: bool = true;

    fn own_server() -> SocketAddr {
        let (told, addr) = mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = actix_web::HttpServer::new(probe::actix_web::app).workers(1).disable_signals();
                let server = server.bind("127.0.0.1:0").unwrap();
                told.send(server.addrs()[0]).unwrap();
                server.run().await
            })
        });
        addr.recv().unwrap()
    }

    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
        lodger.run(probe::actix_web::app)
    }
}

/// warp.
pub struct Warp;

impl Framework for Warp {
    const OF_UNTYPED: Option<[u16; UNTYPED.len()]> = Some([404, 400, 400, 200, 415, 400, 400, 405]);
    const IS_GUARDED_ON_A_SERVER: bool = false;

    fn own_server() -> SocketAddr {
        started(async |told| warp::serve(probe::warp::app()).incoming(listener(told).await).run().await)
    }

    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
        lodger.run(probe::warp::app())
    }

    fn is_blind_to(seen: &mut Value) {
        // There is no filter for it.
        seen["version"] = Value::Null;
    }

    fn is_blind_on_vercel_to(seen: &mut Value) {
        seen["client"] = Value::Null;
    }

    fn is_blind_on_lambda_to(seen: &mut Value) {
        let headers: Vec<(String, String)> = serde_json::from_value(seen["headers"].take()).unwrap();
        let joined = crate::losses::merge_headers(headers, |_| crate::losses::RepeatedHeaders::Joined(", "));
        seen["headers"] = serde_json::json!(joined);
    }
}

/// Serves connections by what hyper has, as the guides of hyper and tower do.
async fn by_hyper<S, B>(listener: TcpListener, service: impl Fn(SocketAddr) -> S)
where
    S: hyper::service::Service<
            http::Request<hyper::body::Incoming>,
            Response = http::Response<B>,
            Error: Into<lodger::adapter::BoxError>,
            Future: Send,
        > + Send
        + 'static,
    B: http_body::Body<Data: Send, Error: Into<lodger::adapter::BoxError>> + Send + 'static,
{
    loop {
        let (socket, client) = listener.accept().await.unwrap();
        let service = service(client);
        tokio::spawn(async move {
            let _ =
                Builder::new(TokioExecutor::new()).serve_connection_with_upgrades(TokioIo::new(socket), service).await;
        });
    }
}

/// tower.
pub struct Tower;

impl Framework for Tower {
    const OF_UNTYPED: Option<[u16; UNTYPED.len()]> = None;

    fn own_server() -> SocketAddr {
        started(async |told| {
            by_hyper(listener(told).await, |client| {
                hyper::service::service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
                    request.extensions_mut().insert(ClientAddr(client));
                    tower::ServiceExt::oneshot(probe::tower::app(), request)
                })
            })
            .await
        })
    }

    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
        lodger.run(probe::tower::app())
    }
}

/// hyper.
pub struct Hyper;

impl Framework for Hyper {
    const OF_UNTYPED: Option<[u16; UNTYPED.len()]> = None;

    fn own_server() -> SocketAddr {
        started(async |told| {
            by_hyper(listener(told).await, |client| {
                hyper::service::service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
                    request.extensions_mut().insert(ClientAddr(client));
                    probe::hyper::app(request)
                })
            })
            .await
        })
    }

    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
        lodger.run(hyper::service::service_fn(probe::hyper::app::<lodger::Body>))
    }
}
