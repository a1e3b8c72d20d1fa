//! The frameworks of the matrix of tests: the app and the server of each, and its differences from the others.

use std::{net::SocketAddr, sync::mpsc};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use lodger::{ClientAddr, Error, Lodger};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{probe, test_host::run_on_own_thread};

/// A framework that the matrix tests.
pub trait Framework {
    /// Starts the app on the framework's own server. Returns its address.
    fn own_server() -> SocketAddr;

    /// Runs the app with Lodger.
    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>>;

    /// The status for each request of [`INVALID_INPUTS`]. `None` if the framework has no typed extractors.
    const INVALID_INPUT_STATUSES: Option<[u16; INVALID_INPUTS.len()]>;

    /// Whether Lodger calls the app on a server, so that requests have a span and `AfterResponse`.
    const HAS_REQUEST_SPAN_ON_SERVER: bool = true;

    /// Whether the response to HEAD has `content-length: 0` if there is no body, on every host.
    const SENDS_EMPTY_LENGTH: bool = false;

    /// Removes from `seen` the parts of a request that an app of the framework cannot see, on every host.
    fn remove_unseen(_seen: &mut Value) {}

    /// Removes the parts that it cannot see on Lambda.
    fn remove_unseen_on_lambda(_seen: &mut Value) {}

    /// Removes the parts that it cannot see on Vercel.
    fn remove_unseen_on_vercel(_seen: &mut Value) {}
}

/// Requests that do not match the types of their routes: method, target, content type, body.
pub const INVALID_INPUTS: [(&str, &str, &str, &str); 8] = [
    ("GET", "/typed/path/many", "", ""),
    ("GET", "/typed/query", "", ""),
    ("GET", "/typed/query?number=many", "", ""),
    ("POST", "/typed/json", "", r#"{"number":1}"#),
    ("POST", "/typed/json", "text/plain", r#"{"number":1}"#),
    ("POST", "/typed/json", "application/json", "{"),
    ("POST", "/typed/json", "application/json", r#"{"number":"many"}"#),
    ("GET", "/typed/json", "", ""),
];

/// Starts a server on a thread of its own. Returns the address that `start` sends.
fn spawn_server<F: Future<Output = ()>>(
    start: impl FnOnce(mpsc::Sender<SocketAddr>) -> F + Send + 'static,
) -> SocketAddr {
    let (sender, addr) = mpsc::channel();
    run_on_own_thread(move || start(sender));
    addr.recv().unwrap()
}

/// Listens on a free port, and sends its address.
async fn listen(sender: mpsc::Sender<SocketAddr>) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    sender.send(listener.local_addr().unwrap()).unwrap();
    listener
}

/// axum.
pub struct Axum;

impl Framework for Axum {
    const INVALID_INPUT_STATUSES: Option<[u16; INVALID_INPUTS.len()]> = Some([400, 400, 400, 415, 415, 400, 422, 405]);
    const SENDS_EMPTY_LENGTH: bool = true;

    fn own_server() -> SocketAddr {
        spawn_server(async |sender| {
            let app = probe::axum::app().into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listen(sender).await, app).await.unwrap();
        })
    }

    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
        lodger.run(probe::axum::app())
    }
}

/// axum 0.7.
pub struct Axum07;

impl Framework for Axum07 {
    const INVALID_INPUT_STATUSES: Option<[u16; INVALID_INPUTS.len()]> = Axum::INVALID_INPUT_STATUSES;
    const SENDS_EMPTY_LENGTH: bool = true;

    fn own_server() -> SocketAddr {
        spawn_server(async |sender| {
            let app = probe::axum_07::app().into_make_service_with_connect_info::<SocketAddr>();
            axum_07::serve(listen(sender).await, app).await.unwrap();
        })
    }

    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
        lodger.run(probe::axum_07::app())
    }
}

/// actix-web.
pub struct ActixWeb;

impl Framework for ActixWeb {
    const INVALID_INPUT_STATUSES: Option<[u16; INVALID_INPUTS.len()]> = Some([404, 400, 400, 400, 400, 400, 400, 200]);
    const SENDS_EMPTY_LENGTH: bool = true;

    fn own_server() -> SocketAddr {
        let (sender, addr) = mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = actix_web::HttpServer::new(probe::actix_web::app).workers(1).disable_signals();
                let server = server.bind("127.0.0.1:0").unwrap();
                sender.send(server.addrs()[0]).unwrap();
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
    const INVALID_INPUT_STATUSES: Option<[u16; INVALID_INPUTS.len()]> = Some([404, 400, 400, 200, 415, 400, 400, 405]);
    const HAS_REQUEST_SPAN_ON_SERVER: bool = false;

    fn own_server() -> SocketAddr {
        spawn_server(async |sender| warp::serve(probe::warp::app()).incoming(listen(sender).await).run().await)
    }

    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
        lodger.run(probe::warp::app())
    }

    fn remove_unseen(seen: &mut Value) {
        // warp has no filter for the version.
        seen["version"] = Value::Null;
    }

    fn remove_unseen_on_vercel(seen: &mut Value) {
        seen["client"] = Value::Null;
    }

    fn remove_unseen_on_lambda(seen: &mut Value) {
        let headers: Vec<(String, String)> = serde_json::from_value(seen["headers"].take()).unwrap();
        let joined = crate::losses::merge_headers(headers, |_| crate::losses::RepeatedHeaders::Joined(", "));
        seen["headers"] = serde_json::json!(joined);
    }
}

/// Serves connections with hyper-util, like the guides of hyper and tower.
async fn serve_with_hyper<S, B>(listener: TcpListener, service: impl Fn(SocketAddr) -> S)
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
    const INVALID_INPUT_STATUSES: Option<[u16; INVALID_INPUTS.len()]> = None;

    fn own_server() -> SocketAddr {
        spawn_server(async |sender| {
            serve_with_hyper(listen(sender).await, |client| {
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
    const INVALID_INPUT_STATUSES: Option<[u16; INVALID_INPUTS.len()]> = None;

    fn own_server() -> SocketAddr {
        spawn_server(async |sender| {
            serve_with_hyper(listen(sender).await, |client| {
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
