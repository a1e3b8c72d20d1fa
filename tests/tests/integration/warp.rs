//! The parts of warp that `matrix.rs` does not test.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{SinkExt, Stream, StreamExt};
use http::StatusCode;
use lodger::{ClientAddr, PathPrefix, lambda};
use lodger_gateway::Front;
use lodger_tests::{
    client::{ClientRequest, send, send_bytes, wait_until_refused},
    losses::recorded_request,
    probe,
    test_host::{TestHost, fronts},
    wait::{SOON, wait_until},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use warp::{Buf, Filter, Rejection, Reply};

/// A filter that handles all of its rejections.
fn handled() -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    let item = warp::path!("items" / u32).map(|number: u32| format!("item {number}"));
    item.recover(async |rejection: Rejection| {
        let status = if rejection.is_not_found() { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
        Ok::<_, Infallible>(warp::reply::with_status("no such item", status))
    })
}

#[tokio::test]
async fn responds_to_rejections_with_the_app_or_with_warp() {
    let boxed = || warp::path!("items" / u32).map(|number: u32| format!("item {number}")).boxed();
    let server = TestHost::server().start(|lodger| lodger.run(handled())).await;
    let unhandled = TestHost::server().start(|lodger| lodger.run(boxed())).await;
    assert_eq!(send(server.addr(), &ClientRequest::get("/items/7")).await.body(), "item 7");
    assert_eq!(send(server.addr(), &ClientRequest::get("/items/x")).await.body(), "no such item");
    assert_eq!(send(unhandled.addr(), &ClientRequest::get("/items/x")).await.body(), "");

    let api = TestHost::lambda().start(|lodger| lodger.run(handled())).await;
    let unhandled = TestHost::lambda().start(|lodger| lodger.run(boxed())).await;
    for front in fronts() {
        assert_eq!(api.send(&front, &ClientRequest::get("/items/7").request()).await.body(), "item 7");
        let response = api.send(&front, &ClientRequest::get("/items/x").request()).await;
        assert_eq!((response.status(), &response.body()[..]), (StatusCode::NOT_FOUND, &b"no such item"[..]));
        let response = unhandled.send(&front, &ClientRequest::get("/items/x").request()).await;
        assert_eq!((response.status(), response.body().len()), (StatusCode::NOT_FOUND, 0));
    }
}

#[tokio::test]
async fn gives_filters_the_client_of_the_front() {
    let app = || warp::addr::remote().map(|client: Option<SocketAddr>| format!("{client:?}"));
    let api = TestHost::lambda().start(|lodger| lodger.run(app())).await;
    for front in fronts() {
        let front = front.client([198, 51, 100, 4].into());
        let sent =
            ClientRequest::get("//double").header("x-twice", "1").header("x-twice", "2").header("x-real-ip", "6.6.6.6");
        assert_eq!(api.send(&front, &sent.request()).await.body(), "Some(198.51.100.4:0)", "{front}");
    }
    let server = TestHost::server().start(|lodger| lodger.run(app())).await;
    let response = send(server.addr(), &ClientRequest::get("/")).await;
    assert!(response.body().starts_with(b"Some(127.0.0.1:"), "{response:?}");
}

#[tokio::test]
async fn gives_filters_the_extensions_of_lambda() {
    let app = warp::ext::get::<lambda::Context>().and(warp::ext::get::<PathPrefix>()).and(warp::path::full()).map(
        |context: lambda::Context, prefix: PathPrefix, path: warp::path::FullPath| {
            format!("{} {} {}", context.request_id().len(), prefix.as_str(), path.as_str())
        },
    );
    let api = TestHost::lambda().start(|lodger| lodger.run(app)).await;
    let response = api.send(&Front::rest_api(), &ClientRequest::get("/x").request()).await;
    assert_eq!(response.body(), "36 /prod /x");
}

#[tokio::test]
async fn streams_a_request_body_on_a_server() {
    static READ: AtomicUsize = AtomicUsize::new(0);
    async fn count(body: impl Stream<Item = Result<impl Buf, warp::Error>>) -> Result<String, Rejection> {
        let mut lengths = vec![];
        let mut body = std::pin::pin!(body);
        while let Some(part) = body.next().await {
            lengths.push(part.map_err(|_| warp::reject())?.remaining());
            READ.fetch_add(1, SeqCst);
        }
        Ok(format!("{lengths:?}"))
    }
    let app = || warp::body::stream().and_then(count);
    let server = TestHost::server().start(|lodger| lodger.run(app())).await;
    let mut socket = TcpStream::connect(server.addr()).await.unwrap();
    socket.write_all(b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\n").await.unwrap();
    for (number, part) in ["abc", "de"].into_iter().enumerate() {
        wait_until("the app has read the previous part", || READ.load(SeqCst) == number).await;
        socket.write_all(part.as_bytes()).await.unwrap();
    }
    let mut response = String::new();
    socket.read_to_string(&mut response).await.unwrap();
    assert!(response.ends_with("[3, 2]"), "{response}");

    let api = TestHost::lambda().start(|lodger| lodger.run(app())).await;
    let response = api.send(&Front::alb(), &ClientRequest::get("/").method("POST").body("abcde").request()).await;
    assert_eq!(response.body(), "[5]");
}

#[tokio::test]
async fn upgrades_to_a_websocket_on_a_server() {
    let echo = warp::path("ws").and(warp::ws()).map(|ws: warp::ws::Ws| {
        ws.on_upgrade(async |mut socket| {
            while let Some(Ok(message)) = socket.next().await {
                if let Ok(text) = message.to_str() {
                    socket.send(warp::ws::Message::text(format!("you said {text}"))).await.unwrap();
                }
            }
        })
    });
    let server = TestHost::server().start(|lodger| lodger.run(echo)).await;
    let socket = TcpStream::connect(server.addr()).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("ws://example.com/ws", socket).await.unwrap();
    socket.send(tokio_tungstenite::tungstenite::Message::text("hello")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap(), "you said hello");
}

#[tokio::test]
async fn removes_the_base_path_and_hides_the_events_path() {
    let app = || {
        let item = warp::path!("items" / u32).and(warp::post()).map(|number: u32| format!("item {number}"));
        let tail = warp::path::tail().map(|tail: warp::path::Tail| format!("the rest is {:?}", tail.as_str()));
        let full = warp::path!("full").and(warp::path::full());
        item.or(full.map(|path: warp::path::FullPath| path.as_str().to_owned())).unify().or(tail).unify()
    };
    let server = TestHost::server().start(|lodger| lodger.base_path("/my/app").events_path("/events").run(app())).await;
    for (target, expected) in [
        ("/my/app/items/7", "item 7"),
        ("/items/7", "item 7"),
        ("/my/app", "the rest is \"\""),
        ("/my/app/", "the rest is \"\""),
        ("/my/app/my/app/x?y", "the rest is \"my/app/x\""),
        ("/my/app//x", "the rest is \"/x\""),
        ("/my/apple", "the rest is \"my/apple\""),
        ("/my", "the rest is \"my\""),
        // The full path keeps the base path, as documented.
        ("/my/app/full", "/my/app/full"),
    ] {
        assert_eq!(send(server.addr(), &ClientRequest::get(target).method("POST")).await.body(), expected, "{target}");
    }
    for target in ["/events", "/my/app/events", "/my/app//%65vents/x", "/EVENTS"] {
        let response = send(server.addr(), &ClientRequest::get(target).method("POST")).await;
        assert_eq!((response.status().as_u16(), response.body().len()), (404, 0), "{target}");
    }
    // The app responds to its own rejections.
    let wrong_method = send(server.addr(), &ClientRequest::get("/my/app/items/7").method("PUT")).await;
    assert_eq!(wrong_method.body(), "the rest is \"items/7\"");
    let strict = warp::path!("items" / u32).and(warp::post()).map(|number: u32| format!("item {number}"));
    let server = TestHost::server().start(|lodger| lodger.base_path("/api").run(strict)).await;
    assert_eq!(send(server.addr(), &ClientRequest::get("/api/items/7")).await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn finishes_a_request_in_flight_at_shutdown() {
    let mut server = TestHost::server().start(|lodger| lodger.run(probe::warp::app())).await;
    let addr = server.addr();
    // The idle connection has no request in flight, and does not delay the shutdown.
    let mut idle = TcpStream::connect(addr).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    idle.readable().await.unwrap();
    let slow =
        tokio::spawn(async move { send_bytes(addr, &ClientRequest::get("/held/in-flight-at-warp").bytes()).await });
    probe::is_held("in-flight-at-warp").await;
    server.begin_shutdown();
    wait_until_refused(addr).await;
    assert!(server.is_running(), "it does not wait for the request in flight");
    probe::let_go("in-flight-at-warp");
    assert!(String::from_utf8(slow.await.unwrap()).unwrap().contains("ended"));
    server.result().await.unwrap();
}

#[tokio::test]
async fn cancels_a_request_in_flight_after_the_grace_period() {
    let mut server =
        TestHost::server().start(|lodger| lodger.grace(Duration::from_millis(200)).run(probe::warp::app())).await;
    let addr = server.addr();
    tokio::spawn(async move { send_bytes(addr, &ClientRequest::get("/held/for-ever").bytes()).await });
    probe::is_held("for-ever").await;
    server.begin_shutdown();
    server.result().await.unwrap();
}

/// Checks the extensions of requests from [`describe_extensions`].
async fn assert_extensions(api: &lodger_gateway::RuntimeApi) {
    let front = Front::function_url().client([198, 51, 100, 4].into());
    let http = api.send(&front, &ClientRequest::get("/").request()).await;
    assert_eq!(http.body(), "client 198.51.100.4:0, context true, request context true, event true, from event false");
    let outcome = api.invoke(Bytes::from_static(br#"{"Records":[]}"#)).await.unwrap();
    let Ok(reply) = outcome else { panic!("{outcome:?}") };
    assert_eq!(reply, r#""client 0.0.0.0:0, context true, request context false, event true, from event true""#);
}

fn describe_extensions(
    client: Option<ClientAddr>,
    context: Option<lambda::Context>,
    request_context: Option<lambda::RequestContext>,
    event: Option<lambda::Event>,
    from_event: Option<lambda::SyntheticRequest>,
) -> String {
    format!(
        "client {}, context {}, request context {}, event {}, from event {}",
        client.unwrap().0,
        context.is_some(),
        request_context.is_some(),
        event.is_some(),
        from_event.is_some()
    )
}

#[tokio::test]
async fn gives_warp_and_actix_apps_every_extension_of_lambda() {
    use actix_web::web::{self, ReqData};
    use warp::ext::optional;
    let filter = optional().and(optional()).and(optional()).and(optional()).and(optional()).map(describe_extensions);
    let lambda = TestHost::lambda().start(|lodger| lodger.events_path("/events").run(filter)).await;
    assert_extensions(&lambda).await;

    type One<T> = Option<ReqData<T>>;
    let handler = async |client: One<ClientAddr>,
                         context: One<lambda::Context>,
                         request_context: One<lambda::RequestContext>,
                         event: One<lambda::Event>,
                         from_event: One<lambda::SyntheticRequest>| {
        describe_extensions(
            client.map(ReqData::into_inner),
            context.map(ReqData::into_inner),
            request_context.map(ReqData::into_inner),
            event.map(ReqData::into_inner),
            from_event.map(ReqData::into_inner),
        )
    };
    let run = move |lodger: lodger::Lodger| {
        lodger.events_path("/events").run(move || actix_web::App::new().default_service(web::to(handler)))
    };
    let lambda = TestHost::lambda().on_own_thread().start(run).await;
    assert_extensions(&lambda).await;
}

fn is_some<T>(extension: Option<T>) -> bool {
    extension.is_some()
}

/// The extensions that the filters of `lodger::warp` extract.
fn extensions() -> impl Filter<Extract = (String,), Error = Infallible> + Copy {
    use lodger::warp::{
        after_response, client_addr, event, lambda_context, path_prefix, request_context, synthetic_request,
        vercel_context,
    };
    let facts =
        lambda_context().and(request_context()).and(event()).and(synthetic_request()).and(vercel_context()).map(
            |context, request_context, event, from_event, vercel| {
                [is_some(context), is_some(request_context), is_some(event), is_some(from_event), is_some(vercel)]
            },
        );
    client_addr().and(path_prefix()).and(after_response()).and(facts).map(
        |client: Option<ClientAddr>,
         prefix: Option<PathPrefix>,
         after: Option<lodger::AfterResponse>,
         facts: [bool; 5]| {
            let prefix = prefix.as_ref().map(PathPrefix::as_str);
            format!("{} {prefix:?} {} {facts:?}", client.unwrap().0.ip(), after.is_some())
        },
    )
}

#[tokio::test]
async fn extracts_extensions_on_every_host() {
    let server = TestHost::server().start(|lodger| lodger.run(extensions())).await;
    let response = send(server.addr(), &ClientRequest::get("/")).await;
    assert_eq!(response.body(), "127.0.0.1 None false [false, false, false, false, false]");

    let api = TestHost::lambda().start(|lodger| lodger.events_path("/events").run(extensions())).await;
    let front = Front::rest_api().client([198, 51, 100, 4].into());
    let response = api.send(&front, &ClientRequest::get("/").request()).await;
    assert_eq!(response.body(), "198.51.100.4 Some(\"/prod\") true [true, true, true, false, false]");
    let outcome = api.invoke(Bytes::from_static(br#"{"Records":[]}"#)).await.unwrap();
    let Ok(reply) = outcome else { panic!("{outcome:?}") };
    assert_eq!(reply, r#""0.0.0.0 None true [true, false, true, true, false]""#);

    let vercel = TestHost::vercel().on_own_thread().start(|lodger| lodger.run(extensions())).await;
    let (_, response) = vercel.fetch(&ClientRequest::get("/")).await;
    assert_eq!(response.body(), "127.0.0.1 None true [false, false, false, false, true]");
}

#[tokio::test]
async fn does_not_read_the_body_of_a_head_response() {
    let endless = || warp::reply::stream(futures_util::stream::pending::<Result<Bytes, Infallible>>());
    let api = TestHost::lambda().start(|lodger| lodger.run(warp::any().map(endless))).await;
    let (front, request) = (Front::alb(), ClientRequest::get("/").method("HEAD").request());
    let response = api.send(&front, &request);
    let response = timeout(SOON, response).await.expect("the body is read");
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn does_not_match_a_route_by_the_base_path() {
    let app = warp::path!("api" / "x").map(|| "there");
    let server = TestHost::server().start(|lodger| lodger.base_path("/api").run(app)).await;
    assert_eq!(send(server.addr(), &ClientRequest::get("/api/x")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(send(server.addr(), &ClientRequest::get("/api/api/x")).await.body(), "there");
}

#[tokio::test]
async fn runs_a_warp_service_as_a_tower_service() {
    let app = warp::service(probe::warp::app());
    let api = TestHost::lambda().start(|lodger| lodger.run(app)).await;
    let sent = ClientRequest::get("/x").header("x-a", "1").header("x-a", "2");
    let seen = recorded_request(&api.send(&Front::rest_api(), &sent.request()).await).unwrap();
    let is_x_a = |header: &&serde_json::Value| header[0] == "x-a";
    assert_eq!(seen["headers"].as_array().unwrap().iter().filter(is_x_a).count(), 2);
    assert_eq!(seen["client"], serde_json::Value::Null);
}
