//! warp filters in their own ways: what the matrix does not ask, because only warp has it.

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
    ask::{Sent, ask, raw, takes_no_new_clients},
    host::{OnVercel, Server, fronts, on_lambda, on_lambda_alone},
    losses::seen,
    probe,
    raw_api::SOON,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use warp::{Buf, Filter, Rejection, Reply};

/// A small app whose rejections are all handled, so that it never fails.
fn handled() -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    let item = warp::path!("items" / u32).map(|number: u32| format!("item {number}"));
    item.recover(async |rejection: Rejection| {
        let status = if rejection.is_not_found() { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
        Ok::<_, Infallible>(warp::reply::with_status("nothing here", status))
    })
}

#[tokio::test]
async fn rejections_are_the_apps_or_warps() {
    let boxed = || warp::path!("items" / u32).map(|number: u32| format!("item {number}")).boxed();
    let server = Server::start(|lodger| lodger.run(handled())).await;
    let unhandled = Server::start(|lodger| lodger.run(boxed())).await;
    assert_eq!(ask(server.addr, &Sent::get("/items/7")).await.body(), "item 7");
    assert_eq!(ask(server.addr, &Sent::get("/items/x")).await.body(), "nothing here");
    assert_eq!(ask(unhandled.addr, &Sent::get("/items/x")).await.body(), "");

    let api = on_lambda(|lodger| lodger.run(handled())).await;
    let unhandled = on_lambda(|lodger| lodger.run(boxed())).await;
    for front in fronts() {
        assert_eq!(api.send(&front, &Sent::get("/items/7").request()).await.body(), "item 7");
        let answer = api.send(&front, &Sent::get("/items/x").request()).await;
        assert_eq!((answer.status(), &answer.body()[..]), (StatusCode::NOT_FOUND, &b"nothing here"[..]));
        let answer = unhandled.send(&front, &Sent::get("/items/x").request()).await;
        assert_eq!((answer.status(), answer.body().len()), (StatusCode::NOT_FOUND, 0));
    }
}

#[tokio::test]
async fn the_client_is_who_the_front_says() {
    let app = || warp::addr::remote().map(|client: Option<SocketAddr>| format!("{client:?}"));
    let api = on_lambda(|lodger| lodger.run(app())).await;
    for front in fronts() {
        let front = front.client([198, 51, 100, 4].into());
        let sent = Sent::get("//double").header("x-twice", "1").header("x-twice", "2").header("x-real-ip", "6.6.6.6");
        assert_eq!(api.send(&front, &sent.request()).await.body(), "Some(198.51.100.4:0)", "{front}");
    }
    let server = Server::start(|lodger| lodger.run(app())).await;
    let answer = ask(server.addr, &Sent::get("/")).await;
    assert!(answer.body().starts_with(b"Some(127.0.0.1:"), "{answer:?}");
}

#[tokio::test]
async fn what_lambda_tells_is_an_extension() {
    let app = warp::ext::get::<lambda::Context>().and(warp::ext::get::<PathPrefix>()).and(warp::path::full()).map(
        |context: lambda::Context, prefix: PathPrefix, path: warp::path::FullPath| {
            format!("{} {} {}", context.request_id().len(), prefix.as_str(), path.as_str())
        },
    );
    let api = on_lambda(|lodger| lodger.run(app)).await;
    let answer = api.send(&Front::rest_api(), &Sent::get("/x").request()).await;
    assert_eq!(answer.body(), "36 /prod /x");
}

#[tokio::test]
async fn a_request_streams_in_on_a_server() {
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
    let server = Server::start(|lodger| lodger.run(app())).await;
    let mut socket = TcpStream::connect(server.addr).await.unwrap();
    socket.write_all(b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\n").await.unwrap();
    for (number, part) in ["abc", "de"].into_iter().enumerate() {
        let read = async {
            while READ.load(SeqCst) < number {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(SOON, read).await.expect("it waits for the rest");
        socket.write_all(part.as_bytes()).await.unwrap();
    }
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("[3, 2]"), "{answer}");

    let api = on_lambda(|lodger| lodger.run(app())).await;
    let answer = api.send(&Front::alb(), &Sent::get("/").method("POST").body("abcde").request()).await;
    assert_eq!(answer.body(), "[5]");
}

#[tokio::test]
async fn websockets_are_spoken_on_a_server() {
    let echo = warp::path("ws").and(warp::ws()).map(|ws: warp::ws::Ws| {
        ws.on_upgrade(async |mut socket| {
            while let Some(Ok(message)) = socket.next().await {
                if let Ok(text) = message.to_str() {
                    socket.send(warp::ws::Message::text(format!("you said {text}"))).await.unwrap();
                }
            }
        })
    });
    let server = Server::start(|lodger| lodger.run(echo)).await;
    let socket = TcpStream::connect(server.addr).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("ws://example.com/ws", socket).await.unwrap();
    socket.send(tokio_tungstenite::tungstenite::Message::text("hello")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap(), "you said hello");
}

#[tokio::test]
async fn a_base_path_comes_off_and_no_client_gets_to_a_route_for_events() {
    let app = || {
        let item = warp::path!("items" / u32).and(warp::post()).map(|number: u32| format!("item {number}"));
        let tail = warp::path::tail().map(|tail: warp::path::Tail| format!("the rest is {:?}", tail.as_str()));
        let full = warp::path!("full").and(warp::path::full());
        item.or(full.map(|path: warp::path::FullPath| path.as_str().to_owned())).unify().or(tail).unify()
    };
    let server = Server::start(|lodger| lodger.base_path("/my/app").events_path("/events").run(app())).await;
    for (target, answer) in [
        ("/my/app/items/7", "item 7"),
        ("/items/7", "item 7"),
        ("/my/app", "the rest is \"\""),
        ("/my/app/", "the rest is \"\""),
        ("/my/app/my/app/x?y", "the rest is \"my/app/x\""),
        ("/my/app//x", "the rest is \"/x\""),
        ("/my/apple", "the rest is \"my/apple\""),
        ("/my", "the rest is \"my\""),
        // The one thing that shows; the documentation says so.
        ("/my/app/full", "/my/app/full"),
    ] {
        assert_eq!(ask(server.addr, &Sent::get(target).method("POST")).await.body(), answer, "{target}");
    }
    for target in ["/events", "/my/app/events", "/my/app//%65vents/x", "/EVENTS"] {
        let answer = ask(server.addr, &Sent::get(target).method("POST")).await;
        assert_eq!((answer.status().as_u16(), answer.body().len()), (404, 0), "{target}");
    }
    // What the app rejects is its own to say.
    let wrong_method = ask(server.addr, &Sent::get("/my/app/items/7").method("PUT")).await;
    assert_eq!(wrong_method.body(), "the rest is \"items/7\"");
    let strict = warp::path!("items" / u32).and(warp::post()).map(|number: u32| format!("item {number}"));
    let server = Server::start(|lodger| lodger.base_path("/api").run(strict)).await;
    assert_eq!(ask(server.addr, &Sent::get("/api/items/7")).await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_shutdown_ends_a_server_once_what_is_in_flight_is_done() {
    let server = Server::start(|lodger| lodger.run(probe::warp::app())).await;
    let addr = server.addr;
    // A connection that waits for its next request is not in flight.
    let mut idle = TcpStream::connect(addr).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    idle.readable().await.unwrap();
    let slow = tokio::spawn(async move { raw(addr, &Sent::get("/held/in-flight-at-warp").bytes()).await });
    probe::is_held("in-flight-at-warp").await;
    let over = server.begin_end();
    takes_no_new_clients(addr).await;
    assert!(!over.is_finished(), "it does not wait for what is in flight");
    probe::let_go("in-flight-at-warp");
    assert!(String::from_utf8(slow.await.unwrap()).unwrap().contains("ended"));
    tokio::time::timeout(SOON, over).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn the_grace_is_all_that_it_waits() {
    let server = Server::start(|lodger| lodger.grace(Duration::from_millis(200)).run(probe::warp::app())).await;
    let addr = server.addr;
    tokio::spawn(async move { raw(addr, &Sent::get("/held/for-ever").bytes()).await });
    probe::is_held("for-ever").await;
    tokio::time::timeout(SOON, server.begin_end()).await.unwrap().unwrap().unwrap();
}

/// What is in the extensions of a request, as both adapters that have a place of their own for them are told.
async fn all_is_told(api: &lodger_gateway::RuntimeApi) {
    let front = Front::function_url().client([198, 51, 100, 4].into());
    let http = api.send(&front, &Sent::get("/all").request()).await;
    assert_eq!(http.body(), "client 198.51.100.4:0, context true, request context true, event true, from event false");
    let outcome = api.invoke(Bytes::from_static(br#"{"Records":[]}"#)).await.unwrap();
    let Ok(reply) = outcome else { panic!("{outcome:?}") };
    assert_eq!(reply, r#""client 0.0.0.0:0, context true, request context false, event true, from event true""#);
}

fn all(
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
async fn all_that_lambda_tells_is_told() {
    use actix_web::web::{self, ReqData};
    use warp::ext::optional;
    let filter = optional().and(optional()).and(optional()).and(optional()).and(optional()).map(all);
    all_is_told(&on_lambda(|lodger| lodger.events_path("/events").run(filter)).await).await;

    type One<T> = Option<ReqData<T>>;
    let handler = async |client: One<ClientAddr>,
                         context: One<lambda::Context>,
                         request_context: One<lambda::RequestContext>,
                         event: One<lambda::Event>,
                         from_event: One<lambda::SyntheticRequest>| {
        all(
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
    all_is_told(&*on_lambda_alone(run).await).await;
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
    let server = Server::start(|lodger| lodger.run(extensions())).await;
    let response = ask(server.addr, &Sent::get("/")).await;
    assert_eq!(response.body(), "127.0.0.1 None false [false, false, false, false, false]");

    let api = on_lambda(|lodger| lodger.events_path("/events").run(extensions())).await;
    let front = Front::rest_api().client([198, 51, 100, 4].into());
    let response = api.send(&front, &Sent::get("/").request()).await;
    assert_eq!(response.body(), "198.51.100.4 Some(\"/prod\") true [true, true, true, false, false]");
    let outcome = api.invoke(Bytes::from_static(br#"{"Records":[]}"#)).await.unwrap();
    let Ok(reply) = outcome else { panic!("{outcome:?}") };
    assert_eq!(reply, r#""0.0.0.0 None true [true, false, true, true, false]""#);

    let vercel = OnVercel::start(|lodger| lodger.run(extensions()));
    let (_, response) = vercel.send(&Sent::get("/")).await;
    assert_eq!(response.body(), "127.0.0.1 None true [false, false, false, false, true]");
}

#[tokio::test]
async fn a_body_is_not_read_before_it_is_wanted() {
    let endless = || warp::reply::stream(futures_util::stream::pending::<Result<Bytes, Infallible>>());
    let api = on_lambda(|lodger| lodger.run(warp::any().map(endless))).await;
    let (front, sent) = (Front::alb(), Sent::get("/").method("HEAD").request());
    let answer = api.send(&front, &sent);
    let answer = tokio::time::timeout(SOON, answer).await.expect("the body is read");
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_is_behind_the_base_path_is_not_tried_again_with_it() {
    let app = warp::path!("api" / "x").map(|| "there");
    let server = Server::start(|lodger| lodger.base_path("/api").run(app)).await;
    assert_eq!(ask(server.addr, &Sent::get("/api/x")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(ask(server.addr, &Sent::get("/api/api/x")).await.body(), "there");
}

#[tokio::test]
async fn a_warp_service_is_a_tower_service() {
    let app = warp::service(probe::warp::app());
    let api = on_lambda(|lodger| lodger.run(app)).await;
    let sent = Sent::get("/x").header("x-a", "1").header("x-a", "2");
    let answer = seen(&api.send(&Front::rest_api(), &sent.request()).await).unwrap();
    let is_x_a = |header: &&serde_json::Value| header[0] == "x-a";
    assert_eq!(answer["headers"].as_array().unwrap().iter().filter(is_x_a).count(), 2);
    assert_eq!(answer["client"], serde_json::Value::Null);
}
