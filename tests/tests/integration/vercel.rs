//! Every framework on Vercel: what an app sees, what its client gets and when, and what the platform is told.
#![cfg(unix)]

use std::{
    net::SocketAddr,
    pin::Pin,
    task::{self, Poll},
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, web};
use axum::{
    Extension, Router,
    body::Body,
    extract::{ConnectInfo, WebSocketUpgrade},
    routing::any,
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Response};
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use lodger::{AfterResponse, Body as LodgerBody, ClientAddr, Error, Lodger, PathPrefix, Request, vercel::Context};
use lodger_gateway::VercelMessage;
use lodger_tests::{
    ask::{Sent, ask},
    host::OnVercel,
    probe,
    raw_api::SOON,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{sleep, timeout},
};

/// What an app of whichever framework tells of a request.
fn told(uri: String, mut headers: Vec<(String, String)>, extensions: [Option<String>; 3]) -> String {
    headers.sort();
    let [client, context, prefix] = extensions;
    json!({"uri": uri, "headers": headers, "client": client, "context": context, "prefix": prefix}).to_string()
}

fn told_of(request: &http::request::Parts) -> String {
    let extensions = &request.extensions;
    told(
        request.uri.to_string(),
        probe::headers(&request.headers),
        [
            extensions.get::<ClientAddr>().map(|client| client.0.to_string()),
            extensions.get::<Context>().map(|context| format!("{context:?}")),
            extensions.get::<PathPrefix>().map(|prefix| prefix.as_str().to_owned()),
        ],
    )
}

/// The same app of every framework: it tells what it sees, echoes what comes while it comes, and panics.
fn router() -> Router {
    let tell = async |ConnectInfo(client): ConnectInfo<SocketAddr>, request: axum::extract::Request| {
        let (parts, _) = request.into_parts();
        assert_eq!(parts.extensions.get(), Some(&ClientAddr(client)));
        told_of(&parts)
    };
    let upgrade = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            while let Some(Ok(message)) = socket.recv().await {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        })
    };
    Router::new()
        .route(
            "/echo",
            any(async |request: axum::extract::Request| Body::from_stream(request.into_body().into_data_stream())),
        )
        .route("/panic", any(async || -> &'static str { panic!("asked to panic") }))
        .route("/ws", any(upgrade))
        .fallback(tell)
}

async fn service(request: Request) -> Result<Response<LodgerBody>, Error> {
    let (parts, body) = request.into_parts();
    Ok(Response::new(match parts.uri.path() {
        "/echo" => body,
        "/panic" => panic!("asked to panic"),
        _ => told_of(&parts).into(),
    }))
}

fn actix() -> App<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let tell = async |request: HttpRequest| {
        use actix_web::HttpMessage;
        let extensions = request.extensions();
        assert_eq!(extensions.get::<ClientAddr>().map(|client| client.0), request.peer_addr());
        told(
            request.uri().to_string(),
            request.headers().iter().map(|(name, value)| (name.to_string(), probe::latin1(value.as_bytes()))).collect(),
            [
                request.peer_addr().map(|client| client.to_string()),
                extensions.get::<Context>().map(|context| format!("{context:?}")),
                extensions.get::<PathPrefix>().map(|prefix| prefix.as_str().to_owned()),
            ],
        )
    };
    let upgrade = async |request: HttpRequest, stream: web::Payload| {
        let (response, mut session, mut messages) = actix_ws::handle(&request, stream)?;
        actix_web::rt::spawn(async move {
            while let Some(Ok(message)) = messages.next().await {
                if let actix_ws::Message::Text(text) = message {
                    session.text(text).await.unwrap();
                }
            }
        });
        Ok::<_, actix_web::Error>(response)
    };
    App::new()
        .route("/echo", web::to(async |body: web::Payload| HttpResponse::Ok().streaming(body)))
        .route("/panic", web::to(async || -> HttpResponse { panic!("asked to panic") }))
        .route("/ws", web::get().to(upgrade))
        .default_service(web::to(tell))
}

fn filter() -> impl warp::Filter<Extract = (impl warp::Reply,), Error = std::convert::Infallible> + Clone {
    use warp::Filter;
    let echo = warp::path!("echo").and(warp::body::stream()).map(|body| {
        fn bytes(mut part: impl warp::Buf) -> Bytes {
            let length = part.remaining();
            part.copy_to_bytes(length)
        }
        warp::reply::stream(futures_util::TryStreamExt::map_ok(body, bytes))
    });
    let panic = warp::path!("panic").map(|| -> &'static str { panic!("asked to panic") });
    let upgrade = warp::path!("ws").and(warp::ws()).map(|ws: warp::ws::Ws| {
        ws.on_upgrade(async |mut socket| {
            while let Some(Ok(message)) = socket.next().await {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        })
    });
    let tell = warp::path::full()
        .and(warp::query::raw().map(|query| format!("?{query}")).or(warp::any().map(String::new)).unify())
        .and(warp::header::headers_cloned())
        .and(warp::addr::remote())
        .and(warp::ext::optional())
        .and(warp::ext::optional())
        .and(warp::ext::optional())
        .map(
            |path: warp::path::FullPath,
             query: String,
             headers,
             remote: Option<SocketAddr>,
             client: Option<ClientAddr>,
             context: Option<Context>,
             prefix: Option<PathPrefix>| {
                // Nobody can tell it; the documentation says so.
                assert_eq!(remote, None);
                let told_of = [
                    client.map(|client| client.0.to_string()),
                    context.map(|context| format!("{context:?}")),
                    prefix.map(|prefix| prefix.as_str().to_owned()),
                ];
                told(format!("{}{query}", path.as_str()), probe::headers(&headers), told_of)
            },
        );
    echo.or(panic).or(upgrade).or(tell)
}

/// All of them, each set up by `set`.
fn all(set: fn(Lodger) -> Lodger) -> [(&'static str, OnVercel); 5] {
    [
        ("warp", OnVercel::start(move |lodger| set(lodger).run(filter()))),
        ("axum", OnVercel::start(move |lodger| set(lodger).run(router()))),
        ("tower", OnVercel::start(move |lodger| set(lodger).run(tower::service_fn(service)))),
        ("hyper", OnVercel::start(move |lodger| set(lodger).run(hyper::service::service_fn(service)))),
        ("actix-web", OnVercel::start(move |lodger| set(lodger).run(actix))),
    ]
}

fn as_it_is(lodger: Lodger) -> Lodger {
    lodger
}

/// How often each of these requests has been said to be at its end, once some time has passed.
async fn ends(on: &OnVercel, ids: &[u64]) -> Vec<usize> {
    for &id in ids {
        timeout(SOON, on.platform.wait_for_end(id)).await.unwrap_or_else(|_| {
            panic!("no end of {id}: {:?} {:?}", on.platform.messages(), on.platform.protocol_errors())
        });
    }
    sleep(Duration::from_millis(50)).await;
    let ended: Vec<u64> = on.platform.messages().iter().filter_map(end_of).collect();
    ids.iter().map(|id| ended.iter().filter(|ended| *ended == id).count()).collect()
}

async fn until(is: impl Fn() -> bool, what: &str) {
    let becomes = async {
        while !is() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, becomes).await.unwrap_or_else(|_| panic!("{what}: it never was"));
}

/// What the platform was told but for lines of the log: those of nobody's go to whichever of the process's hosts started last.
fn said(on: &OnVercel) -> Vec<VercelMessage> {
    let messages = on.platform.messages().into_iter();
    messages.filter(|message| !matches!(message, VercelMessage::Log { .. })).collect()
}

fn end_of(message: &VercelMessage) -> Option<u64> {
    match message {
        VercelMessage::End { request_id, .. } => Some(*request_id),
        _ => None,
    }
}

fn has_ended(on: &OnVercel, id: u64) -> bool {
    on.platform.messages().iter().filter_map(end_of).any(|ended| ended == id)
}

#[tokio::test]
async fn what_the_platform_puts_into_a_request_is_taken_out_and_told() {
    for (framework, mut on) in all(as_it_is) {
        let sent = Sent::get("//a%20b/../c?x=%20&y")
            .header("x-own", "1")
            .header("x-vercel-internal-other", "secret")
            .header("x-vercel-sc-host", "cache.example");
        on.platform = on.platform.client([198, 51, 100, 4].into());
        let (id, response) = on.send(&sent).await;
        let told: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(
            told,
            json!({
                "uri": "//a%20b/../c?x=%20&y",
                "headers": [
                    ["host", "example.com"],
                    ["x-forwarded-for", "198.51.100.4"],
                    ["x-forwarded-host", "example.com"],
                    ["x-forwarded-proto", "https"],
                    ["x-own", "1"],
                    ["x-real-ip", "198.51.100.4"],
                    ["x-vercel-forwarded-for", "198.51.100.4"],
                    ["x-vercel-id", "iad1::iad1::abcde-1700000000000-0123456789ab"],
                    ["x-vercel-oidc-token", "token"],
                    ["x-vercel-sc-host", "cache.example"],
                ],
                "client": "198.51.100.4:0",
                "context": format!(
                    "Context {{ invocation_id: \"invocation-{id}\", request_id: {id}, span_id: Some(\"53995c3f42cd8ad8\"), \
                     trace_id: Some(\"0123456789abcdef0123456789abcdef\") }}"
                ),
                "prefix": null,
            }),
            "{framework}"
        );
        assert_eq!(ends(&on, &[id]).await, [1], "{framework}");
        assert_eq!(on.platform.protocol_errors(), [""; 0], "{framework}");
    }
}

/// What the app tells of a request that has none of the platform's headers but these.
async fn told_with(addr: SocketAddr, headers: &[(&str, &[u8])]) -> Value {
    let sent = headers.iter().fold(Sent::get("/x"), |sent, (name, value)| sent.header(*name, *value));
    serde_json::from_slice(ask(addr, &sent).await.body()).unwrap()
}

#[tokio::test]
async fn headers_of_any_kind_are_read_as_they_may_be() {
    for (framework, on) in all(as_it_is) {
        let addr = on.platform.address().await.unwrap();
        let bare = told_with(addr, &[]).await;
        assert_eq!((&bare["client"], &bare["context"]), (&json!("0.0.0.0:0"), &Value::Null), "{framework}");

        let (invocation, number) = ("X-Vercel-Internal-Invocation-Id", "X-Vercel-Internal-Request-Id");
        for garbage in [&b"x"[..], b"", b"-1", b"99999999999999999999999", b"\xff\xfe"] {
            let told = told_with(addr, &[(invocation, b"a\"b\\"), (invocation, b"c"), (number, garbage)]).await;
            let context = told["context"].as_str().unwrap();
            assert!(context.contains(r#"invocation_id: "a\"b\\", request_id: 0"#), "{framework}: {context}");
            assert!(!told["headers"].to_string().contains("internal"), "{framework}: {told}");
        }
        // Nothing is said of requests that nobody has numbered.
        let of_garbage = VercelMessage::End { invocation_id: "a\"b\\".into(), request_id: 0 };
        until(|| said(&on).len() > 5, framework).await;
        sleep(Duration::from_millis(100)).await;
        let said = said(&on);
        assert_eq!(said[1..], vec![of_garbage; 5], "{framework}");

        let client = told_with(addr, &[("x-vercel-forwarded-for", b"nobody"), ("x-real-ip", b"1.2.3.4")]).await;
        assert_eq!(client["client"], "0.0.0.0:0", "{framework}");
        let client = told_with(addr, &[("x-forwarded-for", b"6.6.6.6"), ("x-real-ip", b"2001:db8::1")]).await;
        assert_eq!(client["client"], "[2001:db8::1]:0", "{framework}");

        let token = |told: &Value| {
            let headers = told["headers"].as_array().unwrap().iter();
            headers
                .filter(|header| header[0] == "x-vercel-oidc-token")
                .map(|header| header[1].clone())
                .collect::<Vec<_>>()
        };
        let internal = ("x-vercel-internal-oidc-token", &b"internal"[..]);
        assert_eq!(token(&told_with(addr, &[internal]).await), ["internal"], "{framework}");
        let public = told_with(addr, &[internal, ("x-vercel-oidc-token", b"public")]).await;
        assert_eq!(token(&public), ["public"], "{framework}");

        let hidden = told_with(
            addr,
            &[
                ("x-vercel-sc-no-header-leak", b"1"),
                ("x-vercel-sc-headers", b"{}"),
                ("x-vercel-sc-protocol", b"https"),
                ("x-vercel-sc-other", b"stays"),
            ],
        )
        .await["headers"]
            .to_string();
        assert!(!hidden.contains("x-vercel-sc-h") && !hidden.contains("x-vercel-sc-p"), "{framework}: {hidden}");
        assert!(!hidden.contains("no-header-leak") && hidden.contains("x-vercel-sc-other"), "{framework}: {hidden}");
    }
}

/// What the platform lets through: 32 KB of headers, and a path of 14 KB.
#[tokio::test]
async fn what_the_platform_lets_through_is_answered_and_has_its_end() {
    let target = format!("/{}", "p".repeat(14 << 10));
    let long = Sent::get(target).header("x-long", "v".repeat(30 << 10));
    let many = (0..400).fold(Sent::get("/"), |sent, at| sent.header(format!("x-{at:03}"), "v".repeat(60)));
    for (framework, on) in all(as_it_is) {
        for (what, sent) in [("long", &long), ("many", &many)] {
            // Actix takes 96, which nothing can change; its documentation here says so.
            if (framework, what) != ("actix-web", "many") {
                let (id, response) = on.send(sent).await;
                assert_eq!((response.status().as_u16(), ends(&on, &[id]).await), (200, vec![1]), "{framework}: {what}");
            }
        }
    }
}

#[tokio::test]
async fn the_platform_may_keep_a_connection_for_as_long_as_it_likes() {
    for (framework, on) in all(|lodger| lodger.header_timeout(Duration::from_millis(50))) {
        let addr = on.platform.address().await.unwrap();
        let mut socket = tokio::net::TcpStream::connect(addr).await.unwrap();
        // Half a head, then the other: time may stand still at any point.
        for part in ["", "GET / HTTP/1.1\r\nhost: h\r\n", "connection: close\r\n\r\n"] {
            sleep(Duration::from_millis(400)).await;
            socket.write_all(part.as_bytes()).await.unwrap();
        }
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{framework}: {answer:?}");
    }
}

#[tokio::test]
async fn a_prefix_is_taken_off_and_told() {
    for (framework, on) in all(|lodger| lodger.base_path("/api").events_path("/events")) {
        let (_, response) = on.send(&Sent::get("/api//x?y")).await;
        let told: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!((&told["uri"], &told["prefix"]), (&json!("//x?y"), &json!("/api")), "{framework}");
        // What the app does not see comes to its end as well.
        let (id, response) = on.send(&Sent::get("/api/%65vents")).await;
        assert_eq!((response.status().as_u16(), ends(&on, &[id]).await), (404, vec![1]), "{framework}");
    }
}

#[tokio::test]
async fn the_platform_asks_whether_it_answers_and_no_app_sees_it() {
    for (framework, on) in all(|lodger| lodger.base_path("/api")) {
        let addr = on.platform.address().await.unwrap();
        assert!(addr.ip().is_loopback());
        let (_, marked) = on.send(&Sent::get("/_vercel/ping")).await;
        for answer in [marked, ask(addr, &Sent::get("/_vercel/ping?x")).await] {
            assert_eq!((answer.status().as_u16(), &answer.body()[..]), (200, &b"OK"[..]), "{framework}");
        }
        sleep(Duration::from_millis(50)).await;
        let said = said(&on);
        assert!(matches!(said[..], [VercelMessage::ServerStarted { .. }]), "{framework}: {said:?}");
        assert_eq!(ask(addr, &Sent::get("/_vercel/pings")).await.status(), 200, "{framework}");
    }
}

#[tokio::test]
async fn bodies_stream_both_ways_and_the_end_comes_after_the_last_byte() {
    for (framework, on) in all(as_it_is) {
        let (sender, receiver) = tokio::sync::mpsc::channel::<&'static str>(1);
        let frames = futures_util::stream::unfold(receiver, async |mut receiver| {
            let word = receiver.recv().await?;
            Some((Ok::<_, std::io::Error>(Frame::data(Bytes::from(word))), receiver))
        });
        let mut request = http::Request::post("/echo").body(StreamBody::new(Box::pin(frames))).unwrap();
        request.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
        let id = on.platform.add_headers(request.headers_mut());
        // Some answer with their head only when there is something in the body.
        sender.send("one").await.unwrap();
        let mut answer = timeout(SOON, on.platform.send(request)).await.unwrap().unwrap().into_body();
        for word in ["one", "two", "three"] {
            let frame = timeout(SOON, answer.frame()).await.unwrap().unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), word, "{framework}");
            sleep(Duration::from_millis(50)).await;
            assert!(!has_ended(&on, id), "{framework}: before {word}");
            match word {
                "one" => sender.send("two").await.unwrap(),
                "two" => sender.send("three").await.unwrap(),
                _ => {}
            }
        }
        drop(sender);
        assert!(timeout(SOON, answer.frame()).await.unwrap().is_none(), "{framework}");
        assert_eq!(ends(&on, &[id]).await, [1], "{framework}");
    }
}

#[tokio::test]
async fn the_end_waits_for_a_client_that_is_slow_to_read() {
    // More than any buffer on the way holds.
    let on = OnVercel::start(|lodger| lodger.run(probe::app()));
    let mut request = http::Request::get(format!("/size/{}", 32 << 20)).body(Empty::<Bytes>::new()).unwrap();
    let id = on.platform.add_headers(request.headers_mut());
    let mut body = on.platform.send(request).await.unwrap().into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap().len();
    sleep(Duration::from_millis(200)).await;
    assert!(!has_ended(&on, id), "the bytes are still here");
    let rest = body.collect().await.unwrap().to_bytes().len();
    assert_eq!((first + rest, ends(&on, &[id]).await), (32 << 20, vec![1]));
}

#[tokio::test]
async fn a_panic_is_a_500_and_one_end_and_the_process_lives() {
    for (framework, on) in all(as_it_is) {
        let (id, response) = on.send(&Sent::get("/panic")).await;
        assert_eq!(
            (response.status().as_u16(), &response.body()[..]),
            (500, &b"internal server error"[..]),
            "{framework}"
        );
        let (next, response) = on.send(&Sent::get("/")).await;
        assert_eq!((response.status().as_u16(), ends(&on, &[id, next]).await), (200, vec![1, 1]), "{framework}");
    }
    // In the body there is no other answer left: it is cut off.
    let on = OnVercel::start(|lodger| lodger.run(probe::app()));
    let mut request = Sent::get("/panic/body").request().map(Full::new);
    let id = on.platform.add_headers(request.headers_mut());
    if let Ok(response) = on.platform.send(request).await {
        assert!(response.into_body().collect().await.is_err());
    }
    assert_eq!(ends(&on, &[id]).await, [1]);
}

/// A body that panics when it is dropped, and before that when it is read, if it is asked to.
struct Panics {
    when_read: bool,
    word: Option<&'static str>,
}

impl Panics {
    fn new(path: &str) -> Self {
        Self { when_read: path == "/read", word: Some("hello") }
    }

    fn read(&mut self) -> Option<Bytes> {
        assert!(!self.when_read, "asked to panic when it is read");
        self.word.take().map(Bytes::from)
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        panic!("asked to panic when it is dropped");
    }
}

impl hyper::body::Body for Panics {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(self.read().map(|word| Ok(Frame::data(word))))
    }
}

impl actix_web::body::MessageBody for Panics {
    type Error = Error;

    fn size(&self) -> actix_web::body::BodySize {
        actix_web::body::BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        Poll::Ready(self.read().map(Ok))
    }
}

#[tokio::test]
async fn whatever_a_body_does_the_process_lives_and_the_request_is_told_of() {
    let service = async |request: Request| Ok::<_, Error>(Response::new(Panics::new(request.uri().path())));
    let actix = || {
        App::new().default_service(web::to(async |request: HttpRequest| {
            HttpResponse::Ok().message_body(Panics::new(request.path())).unwrap()
        }))
    };
    for (framework, on) in [
        ("hyper", OnVercel::start(move |lodger| lodger.run(hyper::service::service_fn(service)))),
        ("actix-web", OnVercel::start(move |lodger| lodger.run(actix))),
    ] {
        for (target, expected) in [
            ("/read", &["asked to panic when it is dropped", "asked to panic when it is read"][..]),
            ("/dropped", &["asked to panic when it is dropped"]),
        ] {
            let mut request = Sent::get(target).request().map(Full::new);
            let id = on.platform.add_headers(request.headers_mut());
            let body = match on.platform.send(request).await {
                Ok(response) => response.into_body().collect().await.ok(),
                Err(_) => None,
            };
            // One that is whole by then stays so.
            let whole = (target == "/dropped").then(|| Bytes::from("hello"));
            assert_eq!(body.map(http_body_util::Collected::to_bytes), whole, "{framework}");
            assert_eq!(ends(&on, &[id]).await, [1], "{framework}");
            let panics = || {
                let lines = on.platform.messages().into_iter().filter_map(|message| match message {
                    VercelMessage::Log { request_id, message, .. } if request_id == id => Some(message),
                    _ => None,
                });
                let panics = lines.filter_map(|line| {
                    Some(line.split_once("the app panicked in the body of its response: ")?.1.to_owned())
                });
                panics.collect::<Vec<_>>()
            };
            until(|| panics().len() >= expected.len(), framework).await;
            let mut panics = panics();
            panics.sort();
            assert_eq!(panics, expected, "{framework}");
        }
    }
}

/// An error that no handler has made a response of, whose response takes its time.
#[derive(Debug)]
struct Forbidden;

impl std::fmt::Display for Forbidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("forbidden")
    }
}

impl actix_web::ResponseError for Forbidden {
    fn error_response(&self) -> HttpResponse {
        let slow = futures_util::stream::once(async {
            probe::hold("forbidden".to_owned()).await;
            Ok::<_, actix_web::Error>(Bytes::from_static(b"forbidden"))
        });
        HttpResponse::Forbidden().streaming(Box::pin(slow))
    }
}

#[tokio::test]
async fn what_a_middleware_of_actix_refuses_has_its_end_when_that_has_been_sent() {
    use actix_web::{body::BoxBody, dev, middleware};
    let refuse = async |_: dev::ServiceRequest, _: middleware::Next<BoxBody>| {
        Err::<dev::ServiceResponse<BoxBody>, _>(Forbidden.into())
    };
    let app = move || App::new().wrap(middleware::from_fn(refuse)).default_service(web::to(HttpResponse::Ok));
    let on = OnVercel::start(move |lodger| lodger.run(app));
    let mut request = Sent::get("/").request().map(Full::new);
    let id = on.platform.add_headers(request.headers_mut());
    let response = on.platform.send(request).await.unwrap();
    assert_eq!(response.status(), 403);
    probe::is_held("forbidden").await;
    assert!(!has_ended(&on, id));
    probe::let_go("forbidden");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "forbidden");
    assert_eq!(ends(&on, &[id]).await, [1]);
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_request() {
    let ticking = || {
        // Actix notices that nobody listens when it next has something to say.
        App::new().default_service(web::to(async || {
            let ticks = futures_util::stream::unfold((), async |()| {
                sleep(Duration::from_millis(50)).await;
                Some((Ok::<_, actix_web::Error>(Bytes::from_static(b"tick")), ()))
            });
            HttpResponse::Ok().streaming(Box::pin(ticks))
        }))
    };
    for (framework, on) in [
        ("axum", OnVercel::start(|lodger| lodger.run(probe::app()))),
        ("actix-web", OnVercel::start(move |lodger| lodger.run(ticking))),
    ] {
        let mut request = Sent::get("/slow/60000").request().map(Full::new);
        let id = on.platform.add_headers(request.headers_mut());
        let mut body = on.platform.send(request).await.unwrap().into_body();
        body.frame().await.unwrap().unwrap();
        assert!(!has_ended(&on, id), "{framework}");
        drop(body);
        assert_eq!(ends(&on, &[id]).await, [1], "{framework}");
    }
}

#[tokio::test]
async fn an_upgrade_has_its_end_when_it_begins() {
    for (framework, on) in all(as_it_is) {
        if !["axum", "actix-web"].contains(&framework) {
            continue;
        }
        let socket = tokio::net::TcpStream::connect(on.platform.address().await.unwrap()).await.unwrap();
        let mut request = http::Request::get("ws://example.com/ws");
        let id = on.platform.add_headers(request.headers_mut().unwrap());
        for (name, value) in [
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            request = request.header(name, value);
        }
        let (mut socket, _) = tokio_tungstenite::client_async(request.body(()).unwrap(), socket).await.unwrap();
        assert_eq!(ends(&on, &[id]).await, [1], "{framework}");
        for word in ["hello", "again"] {
            socket.send(word.into()).await.unwrap();
            let answer = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
            assert_eq!(answer.into_text().unwrap(), word, "{framework}");
        }
        drop(socket);
        assert_eq!(ends(&on, &[id]).await, [1], "{framework}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_each_have_one_end() {
    for (framework, on) in all(as_it_is) {
        let asked = (0..200).map(|number| {
            let on = &on;
            async move {
                let body = format!("body {number}");
                let (id, response) = on.send(&Sent::get("/echo").method("POST").body(body.clone())).await;
                assert_eq!(response.body(), body.as_bytes());
                id
            }
        });
        let ids = timeout(SOON * 4, futures_util::future::join_all(asked)).await.unwrap();
        assert_eq!(ends(&on, &ids).await, vec![1; 200], "{framework}");
        assert_eq!(on.platform.protocol_errors(), [""; 0], "{framework}");
    }
}

/// The bytes of a request as the platform marks it, on a connection that stays.
fn marked(on: &OnVercel, line: &str) -> (u64, Vec<u8>) {
    let mut headers = http::HeaderMap::new();
    let id = on.platform.add_headers(&mut headers);
    let mut bytes = format!("{line} HTTP/1.1\r\n").into_bytes();
    for (name, value) in &headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    (id, bytes)
}

fn probes(set: fn(Lodger) -> Lodger) -> [(&'static str, OnVercel); 3] {
    [
        ("axum", OnVercel::start(move |lodger| set(lodger).run(probe::app()))),
        ("actix-web", OnVercel::start(move |lodger| set(lodger).run(probe::actix_web::app))),
        ("warp", OnVercel::start(move |lodger| set(lodger).run(probe::warp::app()))),
    ]
}

#[tokio::test]
async fn requests_that_come_at_once_on_one_connection_each_have_one_end() {
    for (framework, on) in probes(as_it_is) {
        let mut socket = tokio::net::TcpStream::connect(on.platform.address().await.unwrap()).await.unwrap();
        // More than any buffer on the way holds, and what is answered behind it.
        let large = format!("GET /size/{}", 32 << 20);
        let lines = [&*large, "HEAD /size/100000", "GET /status/204", "GET /status/304", "GET /slow/100", "GET /panic"];
        let (ids, bytes): (Vec<_>, Vec<_>) = lines.iter().map(|line| marked(&on, line)).unzip();
        socket.write_all(&bytes.concat()).await.unwrap();
        sleep(Duration::from_millis(200)).await;
        assert!(!ids.iter().any(|id| has_ended(&on, *id)), "{framework}: the bytes are still here");
        let (mut reader, _kept) = socket.into_split();
        tokio::spawn(async move { tokio::io::copy(&mut reader, &mut tokio::io::sink()).await });
        assert_eq!(ends(&on, &ids).await, vec![1; lines.len()], "{framework}");
    }
}

#[tokio::test]
async fn streams_of_http_2_each_have_one_end_however_they_end() {
    for (framework, mut on) in probes(|lodger| lodger.grace(Duration::from_millis(300))) {
        let addr = on.platform.address().await.unwrap();
        let socket = TokioIo::new(tokio::net::TcpStream::connect(addr).await.unwrap());
        let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.unwrap();
        tokio::spawn(connection);
        let send = |target: &str| {
            let mut request = http::Request::get(format!("http://{addr}{target}")).body(Empty::<Bytes>::new()).unwrap();
            let (id, mut sender) = (on.platform.add_headers(request.headers_mut()), sender.clone());
            (id, async move {
                sender.ready().await.unwrap();
                sender.send_request(request).await
            })
        };
        let (mut ids, answers): (Vec<_>, Vec<_>) = (0..300).map(|_| send("/slow/10")).unzip();
        for answer in futures_util::future::join_all(answers).await {
            assert_eq!(answer.unwrap().into_body().collect().await.unwrap().to_bytes(), "begun ended", "{framework}");
        }
        // Given up in the body.
        let (id, answer) = send("/slow/500");
        drop(answer.await.unwrap());
        ids.push(id);
        assert_eq!(ends(&on, &ids).await, vec![1; ids.len()], "{framework}");
        // And cut off.
        let (id, answer) = send("/slow/60000");
        let body = answer.await.unwrap().into_body();
        on.begin_end();
        assert_eq!(ends(&on, &[id]).await, [1], "{framework}");
        assert!(body.collect().await.is_err(), "{framework}");
        assert!(on.result().is_ok(), "{framework}");
        assert_eq!(on.platform.protocol_errors(), [""; 0], "{framework}");
    }
}

#[tokio::test]
async fn what_is_in_flight_is_answered_before_run_returns_and_all_is_told() {
    for (framework, mut on) in [
        ("axum", OnVercel::start(|lodger| lodger.run(probe::app()))),
        ("actix-web", OnVercel::start(|lodger| lodger.run(probe::actix_web::app))),
    ] {
        let name = format!("in-flight-in-{framework}");
        let mut request = Sent::get(format!("/held/{name}")).request().map(Full::new);
        let id = on.platform.add_headers(request.headers_mut());
        let mut body = on.platform.send(request).await.unwrap().into_body();
        body.frame().await.unwrap().unwrap();
        on.begin_end();
        let rest = tokio::spawn(body.collect());
        let ended = tokio::task::spawn_blocking(move || (on.result(), on));
        sleep(Duration::from_millis(300)).await;
        assert!(!ended.is_finished(), "{framework}");
        probe::let_go(&name);
        let (ended, on) = ended.await.unwrap();
        assert!(ended.is_ok(), "{framework}: {ended:?}");
        assert_eq!(rest.await.unwrap().unwrap().to_bytes(), "ended", "{framework}");
        assert_eq!(ends(&on, &[id]).await, [1], "{framework}");
    }
}

#[tokio::test]
async fn what_is_cut_off_has_its_end_too() {
    for (framework, mut on) in probes(|lodger| lodger.grace(Duration::from_millis(100))) {
        let mut request = Sent::get("/slow/60000").request().map(Full::new);
        let id = on.platform.add_headers(request.headers_mut());
        let body = on.platform.send(request).await.unwrap().into_body();
        on.begin_end();
        assert!(on.result().is_ok(), "{framework}");
        let told = timeout(SOON, on.platform.wait_for_end(id)).await;
        assert!(told.is_ok(), "{framework}: nobody can tell of it any more");
        assert!(body.collect().await.is_err(), "{framework}");
    }
}

#[tokio::test]
async fn an_app_that_cannot_be_built_is_reported_and_nothing_else() {
    let without_database =
        || App::new().data_factory(async || Err::<(), _>("no database")).default_service(web::to(HttpResponse::Ok));
    let failing = async || Err::<Router, _>(std::io::Error::other("no database"));
    let panicking = async || -> Result<Router, Error> { panic!("no database") };
    for (on, why) in [
        (OnVercel::start(move |lodger| lodger.run_with(failing)), "cannot build the app: no database"),
        (OnVercel::start(move |lodger| lodger.run_with(panicking)), "the app panicked while it was built: no database"),
        (OnVercel::start(move |lodger| lodger.run(without_database)), "cannot build the app"),
    ] {
        let (exit_code, message) = timeout(SOON, on.platform.unrecoverable_error()).await.unwrap();
        assert!(exit_code == 1 && message.starts_with(why), "{exit_code}: {message}");
        assert!(format!("{:?}", on.result().unwrap_err()).starts_with(why));
        assert_eq!(said(&on).len(), 1);
    }
}

#[tokio::test]
async fn a_platform_that_is_not_there_is_an_error_of_run() {
    for (lodger, why) in [
        (
            Lodger::new().vercel_ipc_path("/nowhere/ipc.sock"),
            "cannot connect to Vercel on the socket \"/nowhere/ipc.sock\"",
        ),
        (Lodger::new(), "cannot connect to Vercel: VERCEL_IPC_PATH is not set"),
    ] {
        let error = lodger.host(lodger::Host::Vercel).run(router()).await.unwrap_err();
        assert!(format!("{error:?}").starts_with(why), "{error:?}");
    }
}

#[tokio::test]
async fn a_platform_that_goes_ends_the_process_once_all_is_answered() {
    let on = OnVercel::start(|lodger| lodger.run(probe::app()));
    let addr = on.platform.address().await.unwrap();
    let mut request = Sent::get("/held/when-the-platform-goes").request().map(Full::new);
    on.platform.add_headers(request.headers_mut());
    let slow = on.platform.send(request).await.unwrap().into_body();
    on.platform.close_socket();
    // It can be seen only when there is something to say.
    let marked =
        Sent::get("/").header("x-vercel-internal-invocation-id", "a").header("x-vercel-internal-request-id", "7");
    assert_eq!(ask(addr, &marked).await.status(), 200);
    // Longer than it waits for what has been cut off.
    sleep(Duration::from_millis(400)).await;
    probe::let_go("when-the-platform-goes");
    assert!(String::from_utf8_lossy(&slow.collect().await.unwrap().to_bytes()).ends_with("ended"));
    let error = tokio::task::spawn_blocking(move || on.result()).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "lost the connection to Vercel");
}

#[tokio::test]
async fn what_goes_wrong_after_the_response_is_told_with_its_request() {
    async fn fails() {
        tokio::task::yield_now().await;
        panic!("asked to panic before the freeze")
    }
    let handler = async |Extension(after): Extension<AfterResponse>| {
        let again = after.clone();
        after.run(async move {
            again.run(async { panic!("asked to panic in the work of work") });
            tokio::task::yield_now().await;
            panic!("asked to panic after the response")
        });
    };
    let app = Router::new().fallback(handler);
    let on = OnVercel::start(|lodger| lodger.before_freeze(fails).run(app));
    let (id, _) = on.send(&Sent::get("/")).await;
    on.platform.wait_for_end(id).await;
    let lines = on.platform.messages().into_iter().filter_map(|message| match message {
        VercelMessage::Log { request_id, message, .. } => Some((request_id, message)),
        _ => None,
    });
    let mut lines: Vec<_> = lines.filter(|(_, line)| line.contains("asked to panic")).collect();
    assert!(lines.iter().all(|(of, _)| *of == id), "{lines:?}");
    let (_, last) = lines.pop().unwrap();
    assert_eq!(last, "a `before_freeze` hook panicked: asked to panic before the freeze");
    lines.sort();
    let panicked = "the work after the response panicked: asked to panic";
    for ((_, line), of) in lines.iter().zip(["after the response", "in the work of work"]) {
        assert!(line.ends_with(&format!("{panicked} {of}")), "{line:?}");
    }
    assert_eq!(lines.len(), 2);
}
