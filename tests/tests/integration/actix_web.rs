//! actix-web apps on a server and on Lambda, in the runtime of tokio and in a system of actix.

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
use lodger::{Error, Lodger, PathPrefix, lambda};
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::{
    client::{ClientRequest, send, send_bytes, wait_until_refused},
    losses::recorded_request,
    probe,
    test_host::{TestHost, fronts, in_actix_system},
};
use serde_json::json;

/// Responds with the client, the prefix and the URI of the request, and whether there is a Lambda context.
async fn connection_info(
    request: HttpRequest,
    context: Option<ReqData<lambda::Context>>,
    prefix: Option<ReqData<PathPrefix>>,
    system: web::Data<bool>,
) -> impl Responder {
    let connection = request.connection_info().clone();
    let has_system = actix_web::rt::System::try_current().is_some();
    assert_eq!(has_system, **system);
    HttpResponse::Ok().body(format!(
        "{} {} {} {:?} {} {}",
        connection.scheme(),
        connection.host(),
        connection.realip_remote_addr().unwrap_or("unknown"),
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
            let response = service.call(request);
            async move {
                let mut response = response.await?;
                response
                    .headers_mut()
                    .insert(HeaderName::from_static("x-middleware"), HeaderValue::from_static("here"));
                Ok(response)
            }
        })
        .service(web::scope("/scope").route("/connection", web::get().to(connection_info)))
}

async fn assert_connection_info(api: &RuntimeApi) {
    let front = Front::rest_api().client([198, 51, 100, 4].into()).binary_media_types(["*/*"]);
    let sent = ClientRequest::get("/scope/connection/?x=%20").header("x-forwarded-proto", "https");
    let response = api.send(&front, &sent.request()).await;
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    assert_eq!(body, "https example.com 198.51.100.4 Some(\"/prod\") true /scope/connection?x=%20");
    assert_eq!(response.headers()["x-middleware"], "here");
    let compressed =
        api.send(&front, &ClientRequest::get("/scope/connection").header("accept-encoding", "gzip").request()).await;
    assert_eq!(
        (&compressed.headers()["content-encoding"], &compressed.body()[..2]),
        (&"gzip".parse().unwrap(), &b"\x1f\x8b"[..])
    );
    // actix reuses the heads of requests: the prefix of the previous request is gone.
    let bare = api.send(&Front::alb(), &ClientRequest::get("/scope/connection").request()).await;
    let body = String::from_utf8(bare.body().to_vec()).unwrap();
    assert_eq!(body, "https example.com 127.0.0.1 None true /scope/connection");
}

#[tokio::test]
async fn gives_handlers_the_connection_info_of_the_front() {
    let api = TestHost::lambda().on_own_thread().start(|lodger| lodger.run(|| with_middleware(false))).await;
    assert_connection_info(&api).await;

    let host = TestHost::lambda().with_shutdown().on_own_thread();
    let api = host.start(|lodger| in_actix_system(|| lodger.run(|| with_middleware(true)))).await;
    assert_connection_info(&api).await;
}

#[tokio::test]
async fn hides_the_events_path_from_clients() {
    let server = TestHost::server()
        .on_own_thread()
        .start(|lodger| lodger.base_path("/api").events_path("/events").run(probe::actix_web::app))
        .await;
    let addr = server.addr();
    for target in ["/events", "/api/events", "/api//%65vents/x", "/EVENTS"] {
        let response = send(addr, &ClientRequest::get(target).method("POST")).await;
        assert_eq!((response.status().as_u16(), response.body().len()), (404, 0), "{target}");
    }
    let seen = recorded_request(&send(addr, &ClientRequest::get("/api/x?y=%20")).await).unwrap();
    assert_eq!(seen["uri"], "/x?y=%20");
}

/// An app that cannot be built.
fn without_database(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
    lodger.run(|| {
        App::new().data_factory(async || Err::<(), _>("no database")).default_service(web::to(HttpResponse::Ok))
    })
}

#[tokio::test]
async fn reports_an_app_that_cannot_be_built() {
    let api = TestHost::lambda().on_own_thread().start(without_database).await;
    let reported = api.init_error().await;
    assert!(String::from_utf8_lossy(&reported.body).contains("cannot build the app"), "{reported:?}");
}

#[tokio::test]
async fn finishes_a_request_in_flight_at_shutdown() {
    let mut server = TestHost::server().on_own_thread().start(|lodger| lodger.run(probe::actix_web::app)).await;
    let addr = server.addr();
    let slow =
        tokio::spawn(
            async move { send_bytes(addr, &ClientRequest::get("/held/in-flight-at-actix-web").bytes()).await },
        );
    probe::is_held("in-flight-at-actix-web").await;
    server.begin_shutdown();
    wait_until_refused(addr).await;
    probe::let_go("in-flight-at-actix-web");
    let response = String::from_utf8(slow.await.unwrap()).unwrap();
    assert!(response.contains("begun") && response.contains("ended"), "{response}");
    server.result().await.unwrap();
}

/// Routes with actix-ws and actix-files: WebSockets, and files from a folder.
fn other_crates(config: &mut web::ServiceConfig) {
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

fn with_other_crates(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
    lodger.run(|| App::new().configure(other_crates))
}

#[tokio::test]
async fn serves_files_on_every_host() {
    let server = TestHost::server().on_own_thread().start(with_other_crates).await;
    let addr = server.addr();
    let api = TestHost::lambda().on_own_thread().start(with_other_crates).await;
    let file = include_bytes!("../../src/probe/actix_web.rs");
    let sent = ClientRequest::get("/src/probe/actix_web.rs");
    let local = raw_body(addr, &sent).await;
    assert!(local == file, "{} bytes", local.len());
    for front in fronts() {
        let response = api.send(&front, &sent.request()).await;
        assert!(response.body()[..] == file[..], "{front}: {} bytes", response.body().len());
        assert!(response.headers().contains_key("etag"), "{front}");
        let part = api
            .send(&front, &ClientRequest::get("/src/probe/actix_web.rs").header("range", "bytes=4-9").request())
            .await;
        assert_eq!((part.status().as_u16(), &part.body()[..]), (206, &file[4..10]), "{front}");
        let missing = api.send(&front, &ClientRequest::get("/src/%2e%2e/Cargo.toml").request()).await;
        assert!(missing.status().is_client_error(), "{front}: {missing:?}");
    }
}

/// Sends a request. Returns the body of the response.
async fn raw_body(addr: SocketAddr, sent: &ClientRequest) -> Vec<u8> {
    let response = send_bytes(addr, &sent.bytes()).await;
    let end = response.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    response[end + 4..].to_vec()
}

#[tokio::test]
async fn upgrades_to_a_websocket_on_a_server() {
    let server = TestHost::server().on_own_thread().start(with_other_crates).await;
    let addr = server.addr();
    let socket = tokio::net::TcpStream::connect(addr).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("ws://example.com/ws", socket).await.unwrap();
    socket.send(tokio_tungstenite::tungstenite::Message::text("hello")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap(), "you said hello");
}

#[tokio::test]
async fn accepts_http_2_cleartext() {
    let server = TestHost::server().on_own_thread().start(|lodger| lodger.run(probe::actix_web::app)).await;
    let addr = server.addr();
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
async fn refuses_connections_at_shutdown() {
    // With the longest timeout: actix adds it to the current time.
    let mut server = TestHost::server()
        .on_own_thread()
        .start(|lodger| lodger.header_timeout(Duration::MAX).run(probe::actix_web::app))
        .await;
    let addr = server.addr();
    let slow = tokio::spawn(async move { send_bytes(addr, &ClientRequest::get("/held/at-the-end").bytes()).await });
    probe::is_held("at-the-end").await;
    server.begin_shutdown();
    wait_until_refused(addr).await;
    probe::let_go("at-the-end");
    assert!(String::from_utf8(slow.await.unwrap()).unwrap().contains("ended"));
    server.result().await.unwrap();
}

#[tokio::test]
async fn does_not_listen_if_the_app_cannot_be_built() {
    let mut server = TestHost::server().on_own_thread().start(without_database).await;
    let error = server.result().await.unwrap_err();
    assert!(error.is_build() && format!("{error:?}").starts_with("cannot build the app"), "{error:?}");
    assert!(server.try_addr().is_none());
}

#[tokio::test]
async fn keeps_the_host_of_http_2_behind_a_base_path() {
    let server = TestHost::server()
        .on_own_thread()
        .start(|lodger| {
            let url = async |request: HttpRequest| request.full_url().to_string();
            lodger.base_path("/api").run(move || App::new().default_service(web::to(url)))
        })
        .await;
    let addr = server.addr();
    let socket = TokioIo::new(tokio::net::TcpStream::connect(addr).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("http://shop.example:8080/api//x?y");
    let request = request.body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    assert_eq!(body, "http://shop.example:8080//x?y");
}

/// Counts the visits of a session. The form has the name of the user.
async fn visit(session: actix_session::Session, form: Option<web::Form<HashMap<String, String>>>) -> impl Responder {
    let visits = session.get::<u32>("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
    let name = form.as_ref().and_then(|form| form.get("name")).map_or("an unknown user", String::as_str);
    format!("visit {visits} of {name}")
}

#[tokio::test]
async fn keeps_sessions_and_forms_behind_every_front() {
    let app = |lodger: Lodger| {
        lodger.run(|| {
            let store = actix_session::storage::CookieSessionStore::default();
            let key = actix_web::cookie::Key::from(&[7; 64]);
            App::new().wrap(actix_session::SessionMiddleware::new(store, key)).route("/visit", web::post().to(visit))
        })
    };
    let api = TestHost::lambda().on_own_thread().start(app).await;
    let form = ClientRequest::get("/visit").method("POST").header("content-type", "application/x-www-form-urlencoded");
    let form = form.body("name=J%C3%BCrgen+%26+co");
    for front in fronts() {
        let first = api.send(&front, &form.request()).await;
        assert_eq!(first.body(), "visit 1 of Jürgen & co", "{front}");
        let cookie = first.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let second = api.send(&front, &form.clone().header("cookie", cookie).request()).await;
        assert_eq!(second.body(), "visit 2 of Jürgen & co", "{front}");
    }
}
