//! actix-web apps: as under their own server, and on Lambda behind every front, under either runtime.

use std::{net::SocketAddr, sync::mpsc};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Responder,
    body::MessageBody,
    dev::{Service as _, ServiceFactory, ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::{Compress, Logger, NormalizePath},
    web::{self, ReqData},
};
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::{TokioExecutor, TokioIo};
use lodger::{Error, Host, Lodger, PathPrefix, lambda};
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::{
    ask::{Sent, ask},
    losses::{got, got_behind, seen, seen_behind},
    probe_actix,
};
use serde_json::json;
use tokio::net::TcpListener;

/// Runs an app of actix's on a thread of its own, because its future stays on one.
fn spawn<F: Future<Output = Result<(), Error>>>(run: impl FnOnce() -> F + Send + 'static) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async { run().await })
    });
}

/// The probe under actix's own server.
fn actix_serve() -> SocketAddr {
    let (told, addr) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(probe_actix::app).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
            told.send(server.addrs()[0]).unwrap();
            server.run().await
        })
    });
    addr.recv().unwrap()
}

async fn lodger_serve() -> SocketAddr {
    let (told, addr) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap();
    spawn(move || {
        let listener = TcpListener::from_std(listener).unwrap();
        let lodger = Lodger::new().host(Host::Server).listener(listener);
        lodger.on_listening(move |addr| told.send(addr).unwrap()).run(probe_actix::app)
    });
    addr.recv().unwrap()
}

async fn on_lambda() -> RuntimeApi {
    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    spawn(move || Lodger::new().host(Host::Lambda).runtime_api(address).run(probe_actix::app));
    api
}

fn requests() -> Vec<Sent> {
    let respond = |status: u16, headers: serde_json::Value, body: &str| {
        let wanted = json!({"status": status, "headers": headers, "body": body}).to_string();
        Sent::get("/respond").method("POST").header("content-type", "application/json").body(wanted)
    };
    vec![
        Sent::get("/"),
        Sent::get("//a%20b/%CE%BB;p=1/c=d:e@f!$&'()*+,/../%2e/?a=1&a=2&b=&q=a+b%20c%2Bd&bad=%zz&pipe=|"),
        Sent::get("/m").method("QUERY").body("body").header("content-type", "text/plain"),
        Sent::get("/h").header("X-A", "1").header("x-a", "2, 3").header("cookie", "a=1; b=2").header("x-utf8", "São"),
        Sent::get("/b").method("POST").body([0, 1, 0xfe, 0xff]),
        Sent::get("/b").method("POST").header("content-type", "application/json").body(r#"{"a":"é\n"}"#),
        respond(201, json!([["x-a", "1"], ["x-a", "2"], ["set-cookie", "a=1"], ["set-cookie", "b=2"]]), "text"),
        respond(200, json!([["content-type", "image/png"], ["content-encoding", "gzip"]]), "\u{89}PNG\u{0}"),
        respond(404, json!([["content-type", "text/plain"], ["x-odd", "\u{c3}\u{a9}"]]), ""),
        respond(204, json!([["etag", "\"1\""]]), ""),
        Sent::get("/spawned"),
    ]
}

#[tokio::test]
async fn lodgers_is_as_actixs_own_server() {
    let (actix, lodger) = (actix_serve(), lodger_serve().await);
    for sent in requests() {
        let (own, ours) = (ask(actix, &sent).await, ask(lodger, &sent).await);
        assert_eq!((own.status(), seen(&own)), (ours.status(), seen(&ours)), "{sent:?}");
        if seen(&own).is_none() {
            assert_eq!(got(&own, false), got(&ours, false), "{sent:?}");
        }
    }
}

#[tokio::test]
async fn lambda_is_as_a_server_but_for_what_a_front_loses() {
    let actix = actix_serve();
    let api = on_lambda().await;
    for sent in requests() {
        let on_server = ask(actix, &sent).await;
        for front in Front::all() {
            let on_lambda = api.send(&front, &sent.request()).await;
            let what = format!("{front}\n{sent:?}\n{on_lambda:?}");
            match seen(&on_server) {
                Some(expected) => assert_eq!(seen(&on_lambda), seen_behind(&front, expected, &sent), "{what}"),
                None => assert_eq!(got(&on_lambda, false), got_behind(&front, got(&on_server, false), false), "{what}"),
            }
        }
    }
    // A panic is a 500, and the app goes on; a stream arrives as a whole.
    let response = api.send(&Front::function_url(), &Sent::get("/panic").request()).await;
    assert_eq!(response.status(), 500);
    let response = api.send(&Front::function_url(), &Sent::get("/slow/10").request()).await;
    assert_eq!(&response.body()[..], b"begun ended");
    assert_eq!((api.complaints(), api.connections()), (vec![], 1));
}

/// What a handler knows besides the request.
async fn told(
    request: HttpRequest,
    context: Option<ReqData<lambda::Context>>,
    prefix: Option<ReqData<PathPrefix>>,
    system: web::Data<bool>,
) -> impl Responder {
    let connection = request.connection_info().clone();
    // A system of actix's is there where the user has one.
    let has_system = actix_web::rt::System::try_current().is_some();
    assert_eq!(has_system, **system);
    HttpResponse::Ok().body(format!(
        "{} {} {} {:?} {} {}",
        connection.scheme(),
        connection.host(),
        connection.realip_remote_addr().unwrap_or("nobody"),
        prefix.map(|prefix| prefix.as_str().to_owned()),
        context.is_some(),
        request.uri(),
    ))
}

fn with_middleware(
    has_system: bool,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(web::Data::new(has_system))
        .wrap(NormalizePath::trim())
        .wrap(Compress::default())
        .wrap(Logger::default())
        .wrap_fn(|request, service| {
            let answer = service.call(request);
            async move {
                let mut answer = answer.await?;
                answer.headers_mut().insert(HeaderName::from_static("x-middleware"), HeaderValue::from_static("here"));
                Ok(answer)
            }
        })
        .service(web::scope("/scope").route("/told", web::get().to(told)))
}

async fn is_told(api: &RuntimeApi) {
    let front = Front::rest_api().client([198, 51, 100, 4].into());
    let sent = Sent::get("/scope/told/?x=%20").header("x-forwarded-proto", "https");
    let response = api.send(&front, &sent.request()).await;
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    assert_eq!(body, "https example.com 198.51.100.4 Some(\"/prod\") true /scope/told?x=%20");
    assert_eq!(response.headers()["x-middleware"], "here");
    let compressed = api.send(&front, &Sent::get("/scope/told").header("accept-encoding", "gzip").request()).await;
    assert_eq!(
        (&compressed.headers()["content-encoding"], &compressed.body()[..2]),
        (&"gzip".parse().unwrap(), &b"\x1f\x8b"[..])
    );
    // Heads are used again: nothing of one request is seen by the next.
    let bare = api.send(&Front::alb(), &Sent::get("/scope/told").request()).await;
    let body = String::from_utf8(bare.body().to_vec()).unwrap();
    assert_eq!(body, "https example.com 127.0.0.1 None true /scope/told");
}

#[tokio::test]
async fn a_handler_finds_what_it_finds_on_a_server() {
    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    spawn(move || Lodger::new().host(Host::Lambda).runtime_api(address).run(|| with_middleware(false)));
    is_told(&api).await;

    // And under actix's runtime, with its system.
    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    std::thread::spawn(move || {
        let run = Lodger::new().host(Host::Lambda).runtime_api(address).run(|| with_middleware(true));
        actix_web::rt::System::new().block_on(run)
    });
    is_told(&api).await;
}

#[tokio::test]
async fn no_client_gets_to_a_route_for_events() {
    let (told, addr) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap();
    spawn(move || {
        let listener = TcpListener::from_std(listener).unwrap();
        let lodger = Lodger::new().host(Host::Server).listener(listener).base_path("/api").events_path("/events");
        lodger.on_listening(move |addr| told.send(addr).unwrap()).run(probe_actix::app)
    });
    let addr = addr.recv().unwrap();
    for target in ["/events", "/api/events", "/api//%65vents/x", "/EVENTS"] {
        let response = ask(addr, &Sent::get(target).method("POST")).await;
        assert_eq!((response.status().as_u16(), response.body().len()), (404, 0), "{target}");
    }
    let seen = seen(&ask(addr, &Sent::get("/api/x?y=%20")).await).unwrap();
    assert_eq!(seen["uri"], "/x?y=%20");
}

#[tokio::test]
async fn an_app_that_cannot_be_built_is_reported() {
    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    spawn(move || {
        let app =
            || App::new().data_factory(async || Err::<(), _>("no database")).default_service(web::to(HttpResponse::Ok));
        Lodger::new().host(Host::Lambda).runtime_api(address).run(app)
    });
    let reported = api.init_error().await;
    assert!(String::from_utf8_lossy(&reported.body).contains("the app cannot be built"), "{reported:?}");
}

#[tokio::test]
async fn a_shutdown_ends_a_server_once_what_is_in_flight_is_done() {
    let (told, addr) = mpsc::channel();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let (over, is_over) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap();
    spawn(async move || {
        let listener = TcpListener::from_std(listener).unwrap();
        let lodger = Lodger::new().host(Host::Server).listener(listener).shutdown(async { drop(ended.await) });
        let result = lodger.on_listening(move |addr| told.send(addr).unwrap()).run(probe_actix::app).await;
        over.send(result.is_ok()).unwrap();
        result
    });
    let addr = addr.recv().unwrap();
    let slow = tokio::spawn(async move { lodger_tests::ask::raw(addr, &Sent::get("/slow/300").bytes()).await });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    end.send(()).unwrap();
    let answer = String::from_utf8(slow.await.unwrap()).unwrap();
    assert!(answer.contains("begun") && answer.contains("ended"), "{answer}");
    assert!(is_over.recv_timeout(std::time::Duration::from_secs(5)).unwrap());
}

/// What other crates of actix's bring: files from a folder, and WebSockets.
fn with_others() -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let echo = async |request: HttpRequest, stream: web::Payload| {
        let (response, mut session, mut messages) = actix_ws::handle(&request, stream)?;
        actix_web::rt::spawn(async move {
            while let Some(Ok(message)) = messages.next().await {
                if let actix_ws::Message::Text(text) = message {
                    session.text(format!("you said {text}")).await.unwrap();
                }
            }
        });
        Ok::<_, actix_web::Error>(response)
    };
    App::new()
        .route("/ws", web::get().to(echo))
        .service(actix_files::Files::new("/src", concat!(env!("CARGO_MANIFEST_DIR"), "/src")))
}

async fn serve_others() -> SocketAddr {
    let (told, addr) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap();
    spawn(move || {
        let listener = TcpListener::from_std(listener).unwrap();
        let lodger = Lodger::new().host(Host::Server).listener(listener);
        lodger.on_listening(move |addr| told.send(addr).unwrap()).run(with_others)
    });
    addr.recv().unwrap()
}

#[tokio::test]
async fn files_are_served_on_each_host() {
    let addr = serve_others().await;
    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    spawn(move || Lodger::new().host(Host::Lambda).runtime_api(address).run(with_others));
    let file = include_bytes!("../src/probe_actix.rs");
    let sent = Sent::get("/src/probe_actix.rs");
    let local = raw_body(addr, &sent).await;
    assert!(local == file, "{} bytes", local.len());
    for front in Front::all() {
        let response = api.send(&front, &sent.request()).await;
        assert!(response.body()[..] == file[..], "{front}: {} bytes", response.body().len());
        assert!(response.headers().contains_key("etag"), "{front}");
        let part = api.send(&front, &Sent::get("/src/probe_actix.rs").header("range", "bytes=4-9").request()).await;
        assert_eq!((part.status().as_u16(), &part.body()[..]), (206, &file[4..10]), "{front}");
        let missing = api.send(&front, &Sent::get("/src/%2e%2e/Cargo.toml").request()).await;
        assert!(missing.status().is_client_error(), "{front}: {missing:?}");
    }
}

/// A body, of whatever length.
async fn raw_body(addr: SocketAddr, sent: &Sent) -> Vec<u8> {
    let answer = lodger_tests::ask::raw(addr, &sent.bytes()).await;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    answer[end + 4..].to_vec()
}

#[tokio::test]
async fn websockets_are_spoken_on_a_server() {
    let addr = serve_others().await;
    let socket = tokio::net::TcpStream::connect(addr).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("ws://example.com/ws", socket).await.unwrap();
    socket.send(tokio_tungstenite::tungstenite::Message::text("hello")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap(), "you said hello");
}

#[tokio::test]
async fn http_2_cleartext_is_spoken_where_the_feature_is_on() {
    let addr = lodger_serve().await;
    let socket = TokioIo::new(tokio::net::TcpStream::connect(addr).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.unwrap();
    tokio::spawn(connection);
    let request =
        http::Request::get(format!("http://{addr}/h2?x")).body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    let seen: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&seen["version"], &seen["client"]), (&json!("HTTP/2.0"), &json!("127.0.0.1")));
}

#[tokio::test]
async fn a_server_that_ends_takes_no_new_clients() {
    let (told, addr) = mpsc::channel();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap();
    spawn(async move || {
        let listener = TcpListener::from_std(listener).unwrap();
        // However long: actix adds it to the time that it is.
        let lodger = Lodger::new().host(Host::Server).listener(listener).header_timeout(std::time::Duration::MAX);
        let lodger = lodger.shutdown(async { drop(ended.await) });
        lodger.on_listening(move |addr| told.send(addr).unwrap()).run(probe_actix::app).await
    });
    let addr = addr.recv().unwrap();
    let slow = tokio::spawn(async move { lodger_tests::ask::raw(addr, &Sent::get("/slow/800").bytes()).await });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    end.send(()).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
    assert!(String::from_utf8(slow.await.unwrap()).unwrap().contains("ended"));
}

#[tokio::test]
async fn nobody_is_told_of_a_server_that_cannot_start() {
    let (told, addr) = mpsc::channel();
    let (over, is_over) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap();
    spawn(async move || {
        let listener = TcpListener::from_std(listener).unwrap();
        let app =
            || App::new().data_factory(async || Err::<(), _>("no database")).default_service(web::to(HttpResponse::Ok));
        let lodger = Lodger::new().host(Host::Server).listener(listener);
        let result = lodger.on_listening(move |addr| told.send(addr).unwrap()).run(app).await;
        over.send(format!("{:?}", result.as_ref().unwrap_err())).unwrap();
        result
    });
    let error = is_over.recv_timeout(std::time::Duration::from_secs(5)).unwrap();
    assert!(error.starts_with("the app cannot be built"), "{error}");
    assert!(addr.recv().is_err());
}

#[tokio::test]
async fn a_base_path_leaves_the_host_of_http_2() {
    let (told, addr) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap();
    spawn(move || {
        let listener = TcpListener::from_std(listener).unwrap();
        let lodger = Lodger::new().host(Host::Server).listener(listener).base_path("/api");
        let app = || App::new().default_service(web::to(async |request: HttpRequest| request.full_url().to_string()));
        lodger.on_listening(move |addr| told.send(addr).unwrap()).run(app)
    });
    let addr = addr.recv().unwrap();
    let socket = TokioIo::new(tokio::net::TcpStream::connect(addr).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("http://shop.example:8080/api//x?y");
    let request = request.body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    assert_eq!(body, "http://shop.example:8080//x?y");
}
