//! Events that are not HTTP, and those of WebSocket APIs: what a route of the app gets, what becomes of its answer, and who
//! cannot get there.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{Path, Query, Request},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{any, post},
};
use futures_util::{SinkExt, StreamExt};
use lodger::lambda::{RequestContext, SyntheticRequest};
use lodger_gateway::{Front, FunctionResult, RuntimeApi, WebSocketApi};
use lodger_tests::{
    client::{ClientRequest, send},
    event_log::EventLog,
    test_host::TestHost,
    wait::wait_until,
};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{client_async, tungstenite::Message};

/// Handles the messages of a queue: a message `fails` fails, and a message `poison` fails the batch.
async fn handle_messages(Extension(_): Extension<SyntheticRequest>, Json(event): Json<Value>) -> Response {
    let records = event["Records"].as_array().unwrap();
    if records.iter().any(|record| record["body"] == "poison") {
        return (StatusCode::UNPROCESSABLE_ENTITY, "there is poison in it").into_response();
    }
    let failed = records.iter().filter(|record| record["body"] == "fails");
    let failed = failed.map(|record| json!({"itemIdentifier": record["messageId"]})).collect::<Vec<_>>();
    Json(json!({"batchItemFailures": failed})).into_response()
}

fn app() -> Router {
    Router::new()
        .route("/events", post(handle_messages))
        .route("/events/{*rest}", any(async || "only for events"))
        .fallback(async |request: Request| format!("{} {}", request.method(), request.uri()))
}

fn sqs(bodies: &[&str]) -> String {
    let records = bodies.iter().enumerate();
    let records =
        records.map(|(id, body)| json!({"messageId": id.to_string(), "body": body, "eventSource": "aws:sqs"}));
    json!({"Records": records.collect::<Vec<_>>()}).to_string()
}

fn reply(outcome: FunctionResult) -> Value {
    let Ok(reply) = outcome else { panic!("{outcome:?}") };
    serde_json::from_slice(&reply).unwrap()
}

fn error(outcome: FunctionResult) -> (String, String) {
    let Err(error) = outcome else { panic!("{outcome:?}") };
    let body: Value = serde_json::from_slice(&error.body).unwrap();
    (error.error_type, body["errorMessage"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn responds_to_a_batch_with_the_failed_items() {
    let api = TestHost::lambda().start(|lodger| lodger.events_path("/events").run(app())).await;
    let reply = reply(api.invoke(sqs(&["fine", "fails", "fine", "fails"])).await.unwrap());
    assert_eq!(reply, json!({"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "3"}]}));
    let response = api.send(&Front::rest_api(), &ClientRequest::get("/x").request()).await;
    assert_eq!(&response.body()[..], b"GET /x");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn fails_an_invocation_whose_status_is_not_2xx() {
    let api = TestHost::lambda().start(|lodger| lodger.events_path("/events").run(app())).await;
    let (error_type, message) = error(api.invoke(sqs(&["poison"])).await.unwrap());
    assert_eq!(error_type, "Function.ErrorStatus");
    assert!(message.contains("422 Unprocessable Entity: there is poison in it"), "{message}");

    // No route.
    let api = TestHost::lambda().start(|lodger| lodger.events_path("/nowhere").run(Router::new())).await;
    let (_, message) = error(api.invoke(sqs(&[])).await.unwrap());
    assert!(message.contains("404 Not Found"), "{message}");

    // A redirect, which Lodger does not follow.
    let moved = Router::new().fallback(async || axum::response::Redirect::permanent("/events/"));
    let api = TestHost::lambda().start(|lodger| lodger.events_path("/events").run(moved)).await;
    let (_, message) = error(api.invoke(sqs(&[])).await.unwrap());
    assert!(message.contains("308 Permanent Redirect"), "{message}");

    // A panic.
    let panics = Router::new().fallback(async || -> String { panic!("asked to") });
    let api = TestHost::lambda().start(|lodger| lodger.events_path("/events").run(panics)).await;
    let (_, message) = error(api.invoke(sqs(&[])).await.unwrap());
    assert!(message.contains("500 Internal Server Error"), "{message}");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn fails_an_invocation_whose_response_is_too_large() {
    let large = Router::new().fallback(async || vec![b'x'; 7 << 20]);
    let api = TestHost::lambda().start(|lodger| lodger.events_path("/events").run(large)).await;
    let (_, message) = error(api.invoke(sqs(&[])).await.unwrap());
    assert!(message.contains("the limit is 6291556 bytes"), "{message}");
}

/// Paths that a router or a proxy might take for the events path.
const EQUIVALENT_PATHS: &[&str] = &[
    "/events",
    "/events/",
    "/events/x",
    "/events?x=/",
    "//events",
    "/.//events",
    "/EVENTS",
    "/Events/x",
    "/%65vents",
    "/%2565vents",
    "/%2fevents",
    "/x/../events",
    "/x/%2e%2e/events",
    "/events;v=1",
    "/%5Cevents",
    "/;x%5Cy/events",
];

#[tokio::test]
async fn hides_the_events_path_on_a_server() {
    for base_path in [None, Some("/api")] {
        let server = TestHost::server()
            .start(|lodger| {
                let lodger = lodger.events_path("/events");
                base_path.into_iter().fold(lodger, |lodger, base_path| lodger.base_path(base_path)).run(app())
            })
            .await;
        for target in EQUIVALENT_PATHS {
            for before in [Some(""), base_path].into_iter().flatten() {
                let sent = ClientRequest::get(format!("{before}{target}")).method("POST").body(sqs(&[]));
                let response = send(server.addr(), &sent).await;
                assert_eq!((response.status().as_u16(), response.body().len()), (404, 0), "{sent:?}");
            }
        }
        assert_eq!(&send(server.addr(), &ClientRequest::get("/eventsx")).await.body()[..], b"GET /eventsx");
    }
}

#[tokio::test]
async fn hides_the_events_path_behind_every_front() {
    let api = TestHost::lambda().start(|lodger| lodger.events_path("/events").base_path("/api").run(app())).await;
    for front in Front::all() {
        for front in [front.clone(), front.stage("dev")] {
            for target in EQUIVALENT_PATHS {
                for before in ["", "/api"] {
                    let sent = ClientRequest::get(format!("{before}{target}")).method("POST").body(sqs(&[]));
                    let response = api.send(&front, &sent.request()).await;
                    assert_eq!(response.status(), 404, "{front}: {sent:?} {response:?}");
                }
            }
            let response = api.send(&front, &ClientRequest::get("/eventsx").request()).await;
            assert_eq!(&response.body()[..], b"GET /eventsx", "{front}");
        }
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}

/// A chat that accepts clients with a ticket, and responds to some messages. It logs the route, the connection and the body.
fn chat(log: EventLog) -> Router {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Connection {
        connection_id: String,
    }
    let route = async move |Path(route): Path<String>,
                            Query(query): Query<Vec<(String, String)>>,
                            Extension(context): Extension<RequestContext>,
                            Extension(_): Extension<SyntheticRequest>,
                            body: Bytes| {
        let id = context.parse::<Connection>().unwrap().connection_id;
        log.push(format!("{route} {id} {}", String::from_utf8_lossy(&body)));
        match &*route {
            "$connect" if !query.contains(&("ticket".into(), "yes".into())) => (StatusCode::FORBIDDEN, String::new()),
            "fail" => (StatusCode::BAD_REQUEST, "no such action".to_owned()),
            "say" => (StatusCode::OK, format!("you said {} bytes", body.len())),
            _ => (StatusCode::OK, String::new()),
        }
    };
    Router::new().route("/ws/{route}", post(route))
}

#[tokio::test]
async fn sends_websocket_events_to_the_route_of_their_key() {
    let log = EventLog::default();
    let api = TestHost::lambda().start(|lodger| lodger.websocket_path("/ws").run(chat(log.clone()))).await;
    let socket = WebSocketApi::new().connection_id("id-1");
    let handshake = |target: &str| socket.connect(&ClientRequest::get(target).request());

    let refused = api.invoke(handshake("/?ticket=no")).await.unwrap();
    assert_eq!(socket.accepts(&refused).unwrap_err().status(), 403);
    let accepted = api.invoke(handshake("/?ticket=yes")).await.unwrap();
    assert!(socket.accepts(&accepted).is_ok(), "{accepted:?}");

    let sent = reply(api.invoke(socket.message("say", "grüße")).await.unwrap());
    assert_eq!((&sent["statusCode"], &sent["body"]), (&json!(200), &json!("you said 7 bytes")));
    let sent = reply(api.invoke(socket.message("say", vec![0, 0xff])).await.unwrap());
    assert_eq!(sent["body"], "you said 2 bytes");
    let (error_type, message) = error(api.invoke(socket.message("fail", "x")).await.unwrap());
    assert_eq!(error_type, "Function.ErrorStatus");
    assert!(message.contains("400 Bad Request: no such action"), "{message}");
    assert_eq!(reply(api.invoke(socket.disconnect()).await.unwrap())["statusCode"], 200);

    assert_eq!(
        log.events(),
        [
            "$connect id-1 ",
            "$connect id-1 ",
            "say id-1 grüße",
            "say id-1 \0\u{fffd}",
            "fail id-1 x",
            "$disconnect id-1 ",
        ]
    );
    for front in Front::all() {
        let response = api.send(&front, &ClientRequest::get("/ws/$connect?ticket=yes").method("POST").request()).await;
        assert_eq!(response.status(), 404, "{front}");
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn connects_a_websocket_client_to_the_app() {
    let log = EventLog::default();
    let api = Arc::new(TestHost::lambda().start(|lodger| lodger.websocket_path("/ws").run(chat(log.clone()))).await);
    let front = WebSocketApi::new();
    let server =
        lodger_gateway::Server::start_websocket("127.0.0.1:0", front, Arc::clone(&api.platform)).await.unwrap();
    let server = server.allow_host("example.com");

    let connect = async |ticket: &str| {
        let socket = TcpStream::connect(server.address()).await.unwrap();
        client_async(format!("ws://example.com/?ticket={ticket}"), socket).await
    };
    assert!(connect("no").await.unwrap_err().to_string().contains("403"));
    let (mut socket, _) = connect("yes").await.unwrap();
    socket.send(Message::text(r#"{"action":"say","text":"hello"}"#)).await.unwrap();
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}
    let routes = || log.events().iter().map(|event| event.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>();
    wait_until("the app handles the disconnect", || routes().last().is_some_and(|last| last == "$disconnect")).await;
    assert_eq!(routes(), ["$connect", "$connect", "say", "$disconnect"]);
}

/// Sends a request to a server for `front`, below the stage of a REST API.
async fn send_through(front: &Front, api: &Arc<RuntimeApi>, sent: &ClientRequest) -> (u16, Vec<u8>) {
    let stage = if front.name() == "rest-api" { "/prod" } else { "" };
    let sent = &ClientRequest { target: format!("{stage}{}", sent.target), ..sent.clone() };
    let server = lodger_gateway::Server::start("127.0.0.1:0", front.clone(), Arc::clone(api)).await.unwrap();
    let server = server.allow_host("example.com");
    let addr: SocketAddr = server.address();
    let response = send(addr, sent).await;
    (response.status().as_u16(), response.body().to_vec())
}

#[tokio::test]
async fn serves_an_app_behind_every_front_on_a_port() {
    let api = TestHost::lambda().start(|lodger| lodger.events_path("/events").run(app())).await;
    for front in Front::all() {
        let response = send_through(&front, &api.platform, &ClientRequest::get("/a%20b?x=1&y=2").method("PATCH")).await;
        assert_eq!(response, (200, b"PATCH /a%20b?x=1&y=2".to_vec()), "{front}");
        assert_eq!(
            send_through(&front, &api.platform, &ClientRequest::get("/%65vents")).await,
            (404, vec![]),
            "{front}"
        );
    }
}
