//! The local server: what it serves, whom it tells about, how it ends.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, WebSocketUpgrade},
    routing::{any, get},
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream};
use http::Response;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use lodger::{ClientAddr, Error, Host, Lodger, PathPrefix};
use lodger_tests::{
    ask::{Sent, ask, raw, takes_no_new_clients},
    host::Server,
    log::Log,
    probe::{self, span},
    raw_api::SOON,
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
    time::{sleep, timeout},
};

use crate::clock;

/// Longer than anything is waited for here.
const LONG_GRACE: Duration = Duration::from_secs(3600);

async fn text(addr: SocketAddr, target: &'static str) -> String {
    String::from_utf8(ask(addr, &Sent::get(target)).await.into_body().to_vec()).unwrap()
}

#[tokio::test]
async fn handlers_find_the_client() {
    let app = Router::new().route(
        "/",
        get(async |ConnectInfo(addr): ConnectInfo<SocketAddr>, request: Request| {
            assert_eq!(request.extensions().get(), Some(&ClientAddr(addr)));
            addr.to_string()
        }),
    );
    let server = Server::start(|lodger| lodger.run(app)).await;
    let mut socket = TcpStream::connect(server.addr).await.unwrap();
    let own = socket.local_addr().unwrap().to_string();
    socket.write_all(&Sent::get("/").bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with(&own), "{answer}");
}

#[tokio::test]
async fn both_versions_of_http_are_served_on_one_port() {
    let server = Server::start(|lodger| lodger.run(probe::app())).await;
    assert_eq!(ask(server.addr, &Sent::get("/reply/text")).await.status(), 200);

    let socket = TcpStream::connect(server.addr).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get(format!("http://{}/x?y", server.addr)).body(Empty::<Bytes>::new()).unwrap();
    let body = client.send_request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    let seen: Value = serde_json::from_slice(&body).unwrap();
    // As every other request: a path and a query, and the host in its header.
    assert_eq!((&seen["version"], &seen["uri"]), (&"HTTP/2.0".into(), &"/x?y".into()));
    assert_eq!(seen["headers"], serde_json::json!([["host", server.addr.to_string()]]));
}

#[tokio::test]
async fn web_sockets_work() {
    let app = Router::new().route(
        "/",
        any(async |upgrade: WebSocketUpgrade| {
            upgrade.on_upgrade(async |mut socket| {
                while let Some(Ok(message)) = socket.recv().await {
                    if socket.send(message).await.is_err() {
                        return;
                    }
                }
            })
        }),
    );
    let server = Server::start(|lodger| lodger.run(app)).await;
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{}/", server.addr)).await.unwrap();
    socket.send("hello".into()).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap(), "hello");
}

#[tokio::test]
async fn streams_pass_in_both_directions_as_they_come() {
    // Echoes each frame before the next one is sent.
    let app = Router::new()
        .route("/", any(async |request: Request| Body::from_stream(request.into_body().into_data_stream())));
    let server = Server::start(|lodger| lodger.run(app)).await;
    let socket = TcpStream::connect(server.addr).await.unwrap();
    let (mut client, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    let (sender, receiver) = mpsc::channel::<&'static str>(1);
    let frames = futures_util::stream::unfold(receiver, async |mut receiver| {
        let word = receiver.recv().await?;
        Some((Ok::<_, std::io::Error>(Frame::data(Bytes::from(word))), receiver))
    });
    let request = http::Request::post("/").header("host", "h").body(StreamBody::new(Box::pin(frames))).unwrap();
    let mut answer = timeout(SOON, client.send_request(request)).await.unwrap().unwrap().into_body();
    for word in ["one", "two", "three"] {
        sender.send(word).await.unwrap();
        let frame = timeout(SOON, answer.frame()).await.unwrap().unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), word);
    }
    drop(sender);
    assert!(timeout(SOON, answer.frame()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_base_path_is_taken_off_and_told() {
    let app = Router::new().fallback(async |request: Request| {
        let prefix = request.extensions().get::<PathPrefix>().map(|prefix| prefix.as_str().to_owned());
        format!("{} {prefix:?}", request.uri())
    });
    let server = Server::start(|lodger| lodger.base_path("api/").run(app)).await;
    assert_eq!(text(server.addr, "/api/x%2Fy?q").await, r#"/x%2Fy?q Some("/api")"#);
    assert_eq!(text(server.addr, "/api").await, r#"/ Some("/api")"#);
    assert_eq!(text(server.addr, "/apix").await, "/apix None");
}

#[tokio::test]
async fn a_silent_client_is_given_up_from_accept_on() {
    let server = Server::start(|lodger| lodger.header_timeout(Duration::from_millis(300)).run(probe::app())).await;
    for begin in [&b""[..], b"G", b"GET / HTTP/1.1\r\nhost: h\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let started = Instant::now();
        timeout(SOON, raw(server.addr, begin)).await.expect("given up");
        assert!(started.elapsed() >= Duration::from_millis(290), "{:?}", started.elapsed());
    }
    // Once it has sent a request it may take its time, before the next one too.
    let stopped = clock::Stopped::stop();
    let mut socket = TcpStream::connect(server.addr).await.unwrap();
    let mut until_it_has_sent = Some(stopped);
    for _ in 0..2 {
        socket.write_all(b"HEAD /status/200 HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
        let mut answer = [0; 4096];
        let length = socket.read(&mut answer).await.unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 200 OK"));
        drop(until_it_has_sent.take());
        sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn what_is_in_flight_is_finished_before_run_returns() {
    let (begun, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let app = Router::new().route("/slow", {
        let (begun, gate) = (Arc::clone(&begun), Arc::clone(&gate));
        get(async move || {
            begun.notify_one();
            gate.notified().await;
            "finished"
        })
    });
    let server = Server::start(|lodger| lodger.grace(LONG_GRACE).run(app)).await;
    let addr = server.addr;
    let idle = TcpStream::connect(addr).await.unwrap();
    let asked = tokio::spawn(async move { text(addr, "/slow").await });
    begun.notified().await;
    let running = server.begin_end();
    takes_no_new_clients(addr).await;
    assert!(!running.is_finished(), "it does not wait for what is in flight");
    gate.notify_one();
    assert!(timeout(SOON, running).await.unwrap().unwrap().is_ok());
    assert_eq!(asked.await.unwrap(), "finished");
    drop(idle);
}

#[tokio::test]
async fn who_only_holds_a_connection_does_not_hold_the_end() {
    let server = Server::start(|lodger| lodger.grace(LONG_GRACE).run(probe::app())).await;
    let mut half = TcpStream::connect(server.addr).await.unwrap();
    half.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    let mut late = TcpStream::connect(server.addr).await.unwrap();
    // Connections are accepted in their order.
    text(server.addr, "/reply/empty").await;
    // For how long it waits for a request does not matter here.
    let stopped = clock::Stopped::stop();
    let running = server.begin_end();
    // A request that was on its way is answered all the same.
    late.write_all(&Sent::get("/reply/empty").bytes()).await.unwrap();
    let mut answer = String::new();
    late.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer:?}");
    drop(stopped);
    timeout(SOON, running).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn what_is_not_finished_within_the_grace_is_cut_off() {
    struct Dropped(Arc<AtomicUsize>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let begun = Arc::new(Notify::new());
    let app = Router::new().route("/never", {
        let (dropped, begun) = (Arc::clone(&dropped), Arc::clone(&begun));
        get(async move || {
            let _guard = Dropped(dropped);
            begun.notify_one();
            std::future::pending::<()>().await;
        })
    });
    let server = Server::start(|lodger| lodger.grace(Duration::from_millis(200)).run(app)).await;
    let addr = server.addr;
    let asked = tokio::spawn(async move { raw(addr, &Sent::get("/never").bytes()).await });
    begun.notified().await;
    let started = Instant::now();
    timeout(SOON, server.begin_end()).await.unwrap().unwrap().unwrap();
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert!(timeout(SOON, asked).await.unwrap().unwrap().is_empty());
    assert_eq!(dropped.load(SeqCst), 1);
}

#[tokio::test]
async fn an_address_in_use_is_said_to_be() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = taken.local_addr().unwrap();
    let error = Lodger::new().host(Host::Server).addr(addr).run(probe::app()).await.unwrap_err();
    let said = format!("{error:?}");
    assert!(said.starts_with(&format!("cannot listen on {addr}: address already in use")), "{said}");
    assert!(said.contains("in use"), "{said}");
}

#[tokio::test]
async fn it_listens_where_it_is_told_to() {
    // Not every machine has IPv6.
    let listener = match TcpListener::bind("[::1]:0").await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind("127.0.0.1:0").await.unwrap(),
    };
    let addr = listener.local_addr().unwrap();
    let lodger = Lodger::new().host(Host::Server).listener(listener);
    tokio::spawn(lodger.run(probe::app()));
    assert_eq!(ask(addr, &Sent::get("/reply/empty")).await.status(), 200);
}

#[tokio::test]
async fn a_failure_to_build_the_app_is_what_run_returns() {
    let failing = async || Err::<Router, _>(std::io::Error::other("no database"));
    let error = Lodger::new().host(Host::Server).run_with(failing).await.unwrap_err();
    assert_eq!(format!("{error:?}"), "cannot build the app: no database");
}

#[test]
fn it_serves_on_either_kind_of_runtime() {
    let current = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    current.block_on(async {
        let server = Server::start(|lodger| lodger.run(probe::app())).await;
        assert_eq!(ask(server.addr, &Sent::get("/reply/empty")).await.status(), 200);
    });
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    threads.block_on(async {
        let app = Router::new().route(
            "/",
            get(async || {
                let spawned = tokio::spawn(async { "spawned" }).await.unwrap();
                format!("{spawned} {}", tokio::task::block_in_place(|| "in place"))
            }),
        );
        let server = Server::start(|lodger| lodger.run(app)).await;
        assert_eq!(text(server.addr, "/").await, "spawned in place");
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_run_on_all_threads() {
    let app = Router::new().route(
        "/",
        get(async || {
            static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);
            UNDER_WAY.fetch_add(1, SeqCst);
            // Blocks its thread until the other one does as well.
            tokio::task::block_in_place(|| {
                let begun = Instant::now();
                while UNDER_WAY.load(SeqCst) < 2 {
                    assert!(begun.elapsed() < SOON, "the other one is kept waiting");
                    std::thread::yield_now();
                }
            });
            "met"
        }),
    );
    let server = Server::start(|lodger| lodger.run(app)).await;
    // From threads of their own, because those of the runtime are busy meanwhile.
    let ask_one = || {
        use std::io::{Read, Write};
        let mut socket = std::net::TcpStream::connect(server.addr).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        socket.write_all(&Sent::get("/").bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    };
    let answers =
        std::thread::scope(|scope| [scope.spawn(ask_one), scope.spawn(ask_one)].map(|one| one.join().unwrap()));
    assert!(answers.iter().all(|answer| answer.ends_with("met")));
}

#[tokio::test]
async fn services_of_tower_and_hyper_are_apps() {
    let tower = tower::service_fn(async |request: lodger::Request| {
        Ok::<_, std::io::Error>(Response::new(format!("tower {}", request.uri())))
    });
    let server = Server::start(|lodger| lodger.run(tower)).await;
    assert_eq!(text(server.addr, "/x").await, "tower /x");

    let hyper = hyper::service::service_fn(async |request: lodger::Request| {
        let body = request.into_body().collect().await?.to_bytes();
        Ok::<_, lodger::Error>(Response::new(http_body_util::Full::new(body)))
    });
    let server = Server::start(|lodger| lodger.run(hyper)).await;
    let answer = ask(server.addr, &Sent::get("/").method("POST").body(b"hyper")).await;
    assert_eq!(&answer.body()[..], b"hyper");
}

#[tokio::test]
async fn an_error_of_a_service_is_a_response() {
    let failing = tower::service_fn(async |_: lodger::Request| {
        Err::<Response<String>, _>(std::io::Error::other("a secret of the database"))
    });
    let server = Server::start(|lodger| lodger.run(failing)).await;
    let answer = ask(server.addr, &Sent::get("/")).await;
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (500, &b"internal server error"[..]));
}

#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    // Panics if it is called without having been asked, as tower's own middleware does.
    let service = tower::ServiceBuilder::new()
        .concurrency_limit(1)
        .service_fn(async |_: lodger::Request| Ok::<_, std::io::Error>(Response::new("ready".to_owned())));
    let server = Server::start(|lodger| lodger.run(service)).await;
    for _ in 0..3 {
        assert_eq!(text(server.addr, "/").await, "ready");
    }
}

#[tokio::test]
async fn a_layer_that_comes_before_routing_runs() {
    async fn rewrite(mut request: Request) -> Request {
        *request.uri_mut() = "/new".parse().unwrap();
        request
    }
    let router = Router::new().route("/new", get(async || "rewritten"));
    let app = lodger::axum::service(tower::Layer::layer(&axum::middleware::map_request(rewrite), router));
    let server = Server::start(|lodger| lodger.run(app)).await;
    assert_eq!(text(server.addr, "/old").await, "rewritten");
}

#[tokio::test]
async fn a_panic_is_that_of_one_connection_as_under_axums_own_server() {
    let server = Server::start(|lodger| lodger.run(probe::app())).await;
    assert!(raw(server.addr, &Sent::get("/panic").bytes()).await.is_empty());
    assert_eq!(ask(server.addr, &Sent::get("/reply/empty")).await.status(), 200);
}

/// Tells, when it is dropped, in whose span that is.
struct Dropped(Log);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.say(span::current().to_string());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_dropped_when_the_client_leaves_is_in_the_span_of_its_request() {
    span::subscribe();
    let (log, begun) = (Log::default(), Log::default());
    let (of_handler, of_body) = ((log.clone(), begun.clone()), (log.clone(), begun.clone()));
    let handler = async move || {
        let (log, begun) = of_handler.clone();
        let _dropped = Dropped(log);
        begun.say(span::current().to_string());
        std::future::pending::<()>().await;
    };
    let body = async move || {
        let (log, begun) = of_body.clone();
        let dropped = Dropped(log);
        begun.say(span::current().to_string());
        Body::from_stream(stream::pending::<Result<Bytes, Error>>().inspect(move |_| {
            let _held = &dropped;
        }))
    };
    let app = Router::new().route("/handler", get(handler)).route("/body", get(body));
    let server = Server::start(|lodger| lodger.run(app)).await;
    for (index, target) in ["/handler", "/body"].into_iter().enumerate() {
        let mut socket = TcpStream::connect(server.addr).await.unwrap();
        socket.write_all(&Sent::get(target).bytes()).await.unwrap();
        let begins = async {
            while begun.said().len() <= index {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(SOON, begins).await.unwrap();
        let of_request = begun.said().swap_remove(index);
        assert!(of_request.contains("request_id"), "{of_request}");
        drop(socket);
        timeout(SOON, log.says(&of_request)).await.unwrap_or_else(|_| panic!("{target}: {:?}", log.said()));
    }
}
