//! actix-web apps: as under their own server, and on Lambda behind every front, under either runtime.

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, Responder,
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
    ask::{Sent, ask, takes_no_new_clients},
    host::{Served, fronts, on_lambda_alone},
    losses::seen,
    probe,
};
use serde_json::json;

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
    let front = Front::rest_api().client([198, 51, 100, 4].into()).binary_media_types(["*/*"]);
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
    let api = on_lambda_alone(|lodger| lodger.run(|| with_middleware(false))).await;
    is_told(&api).await;

    // And under actix's runtime, with its system.
    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    std::thread::spawn(move || {
        let run = Lodger::new().host(Host::Lambda).lambda_runtime_api(address).run(|| with_middleware(true));
        actix_web::rt::System::new().block_on(run)
    });
    is_told(&api).await;
}

#[tokio::test]
async fn no_client_gets_to_a_route_for_events() {
    let served = Served::start(|lodger| lodger.base_path("/api").events_path("/events").run(probe::actix_web::app));
    let addr = served.addr();
    for target in ["/events", "/api/events", "/api//%65vents/x", "/EVENTS"] {
        let response = ask(addr, &Sent::get(target).method("POST")).await;
        assert_eq!((response.status().as_u16(), response.body().len()), (404, 0), "{target}");
    }
    let seen = seen(&ask(addr, &Sent::get("/api/x?y=%20")).await).unwrap();
    assert_eq!(seen["uri"], "/x?y=%20");
}

/// An app that cannot be built.
fn without_database(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
    lodger.run(|| {
        App::new().data_factory(async || Err::<(), _>("no database")).default_service(web::to(HttpResponse::Ok))
    })
}

#[tokio::test]
async fn an_app_that_cannot_be_built_is_reported() {
    let api = on_lambda_alone(without_database).await;
    let reported = api.init_error().await;
    assert!(String::from_utf8_lossy(&reported.body).contains("cannot build the app"), "{reported:?}");
}

#[tokio::test]
async fn a_shutdown_ends_a_server_once_what_is_in_flight_is_done() {
    let mut served = Served::start(|lodger| lodger.run(probe::actix_web::app));
    let addr = served.addr();
    let slow =
        tokio::spawn(
            async move { lodger_tests::ask::raw(addr, &Sent::get("/held/in-flight-at-actix-web").bytes()).await },
        );
    probe::is_held("in-flight-at-actix-web").await;
    served.begin_end();
    tokio::time::sleep(Duration::from_millis(100)).await;
    probe::let_go("in-flight-at-actix-web");
    let answer = String::from_utf8(slow.await.unwrap()).unwrap();
    assert!(answer.contains("begun") && answer.contains("ended"), "{answer}");
    assert!(served.result().is_ok());
}

/// What other crates of actix's bring: files from a folder, and WebSockets.
fn others(config: &mut web::ServiceConfig) {
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
    config
        .route("/ws", web::get().to(echo))
        .service(actix_files::Files::new("/src", concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
}

fn with_others(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
    lodger.run(|| App::new().configure(others))
}

#[tokio::test]
async fn files_are_served_on_each_host() {
    let served = Served::start(with_others);
    let addr = served.addr();
    let api = on_lambda_alone(with_others).await;
    let file = include_bytes!("../../src/probe/actix_web.rs");
    let sent = Sent::get("/src/probe/actix_web.rs");
    let local = raw_body(addr, &sent).await;
    assert!(local == file, "{} bytes", local.len());
    for front in fronts() {
        let response = api.send(&front, &sent.request()).await;
        assert!(response.body()[..] == file[..], "{front}: {} bytes", response.body().len());
        assert!(response.headers().contains_key("etag"), "{front}");
        let part = api.send(&front, &Sent::get("/src/probe/actix_web.rs").header("range", "bytes=4-9").request()).await;
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
    let served = Served::start(with_others);
    let addr = served.addr();
    let socket = tokio::net::TcpStream::connect(addr).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("ws://example.com/ws", socket).await.unwrap();
    socket.send(tokio_tungstenite::tungstenite::Message::text("hello")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap(), "you said hello");
}

#[tokio::test]
async fn http_2_cleartext_is_spoken_where_the_feature_is_on() {
    let served = Served::start(|lodger| lodger.run(probe::actix_web::app));
    let addr = served.addr();
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
    // However long the time-out: actix adds it to the time that it is.
    let mut served = Served::start(|lodger| lodger.header_timeout(Duration::MAX).run(probe::actix_web::app));
    let addr = served.addr();
    let slow = tokio::spawn(async move { lodger_tests::ask::raw(addr, &Sent::get("/held/at-the-end").bytes()).await });
    probe::is_held("at-the-end").await;
    served.begin_end();
    takes_no_new_clients(addr).await;
    probe::let_go("at-the-end");
    assert!(String::from_utf8(slow.await.unwrap()).unwrap().contains("ended"));
    assert!(served.result().is_ok());
}

#[tokio::test]
async fn nobody_is_told_of_a_server_that_cannot_start() {
    let served = Served::start(without_database);
    let error = served.result().unwrap_err();
    assert!(error.is_build() && format!("{error:?}").starts_with("cannot build the app"), "{error:?}");
    assert!(served.told().is_none());
}

#[tokio::test]
async fn a_base_path_leaves_the_host_of_http_2() {
    let served = Served::start(|lodger| {
        let url = async |request: HttpRequest| request.full_url().to_string();
        lodger.base_path("/api").run(move || App::new().default_service(web::to(url)))
    });
    let addr = served.addr();
    let socket = TokioIo::new(tokio::net::TcpStream::connect(addr).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("http://shop.example:8080/api//x?y");
    let request = request.body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    assert_eq!(body, "http://shop.example:8080//x?y");
}

/// Counts the visits of a session, and greets by a form.
async fn visit(session: actix_session::Session, form: Option<web::Form<HashMap<String, String>>>) -> impl Responder {
    let visits = session.get::<u32>("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
    let name = form.as_ref().and_then(|form| form.get("name")).map_or("nobody", String::as_str);
    format!("visit {visits} of {name}")
}

#[tokio::test]
async fn sessions_and_forms_go_through_each_front() {
    let app = |lodger: Lodger| {
        lodger.run(|| {
            let store = actix_session::storage::CookieSessionStore::default();
            let key = actix_web::cookie::Key::from(&[7; 64]);
            App::new().wrap(actix_session::SessionMiddleware::new(store, key)).route("/visit", web::post().to(visit))
        })
    };
    let api = on_lambda_alone(app).await;
    let form = Sent::get("/visit").method("POST").header("content-type", "application/x-www-form-urlencoded");
    let form = form.body("name=J%C3%BCrgen+%26+co");
    for front in fronts() {
        let first = api.send(&front, &form.request()).await;
        assert_eq!(first.body(), "visit 1 of Jürgen & co", "{front}");
        let cookie = first.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let second = api.send(&front, &form.clone().header("cookie", cookie).request()).await;
        assert_eq!(second.body(), "visit 2 of Jürgen & co", "{front}");
    }
}
