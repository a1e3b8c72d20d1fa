//! Events that are not HTTP, and those of WebSocket APIs: what a route of the app gets, what becomes of its answer, and who
//! cannot get there.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

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
    ask::{Sent, ask},
    host::{Server, on_lambda},
    raw_api::SOON,
};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{client_async, tungstenite::Message};

/// A queue's messages: those that say so fail, and one that is poison fails them all.
async fn messages(Extension(_): Extension<SyntheticRequest>, Json(event): Json<Value>) -> Response {
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
        .route("/events", post(messages))
        .route("/events/{*rest}", any(async || "for events alone"))
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
async fn a_batch_is_answered_with_the_items_that_failed() {
    let api = on_lambda(|lodger| lodger.events_path("/events").run(app())).await;
    let answer = reply(api.invoke(sqs(&["fine", "fails", "fine", "fails"])).await.unwrap());
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "3"}]}));
    // And requests go on as they were.
    let response = api.send(&Front::rest_api(), &Sent::get("/x").request()).await;
    assert_eq!(&response.body()[..], b"GET /x");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_bad_status_fails_the_invocation() {
    let api = on_lambda(|lodger| lodger.events_path("/events").run(app())).await;
    let (error_type, message) = error(api.invoke(sqs(&["poison"])).await.unwrap());
    assert_eq!(error_type, "Function.ErrorStatus");
    assert!(message.contains("422 Unprocessable Entity: there is poison in it"), "{message}");

    // A route that is not there is no success either.
    let api = on_lambda(|lodger| lodger.events_path("/nowhere").run(Router::new())).await;
    let (_, message) = error(api.invoke(sqs(&[])).await.unwrap());
    assert!(message.contains("404 Not Found"), "{message}");

    // Nor is a redirect, which nobody follows.
    let moved = Router::new().fallback(async || axum::response::Redirect::permanent("/events/"));
    let api = on_lambda(|lodger| lodger.events_path("/events").run(moved)).await;
    let (_, message) = error(api.invoke(sqs(&[])).await.unwrap());
    assert!(message.contains("308 Permanent Redirect"), "{message}");

    // Nor is a panic.
    let panics = Router::new().fallback(async || -> String { panic!("asked to") });
    let api = on_lambda(|lodger| lodger.events_path("/events").run(panics)).await;
    let (_, message) = error(api.invoke(sqs(&[])).await.unwrap());
    assert!(message.contains("500 Internal Server Error"), "{message}");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn an_answer_that_is_too_large_fails_the_invocation_and_says_so() {
    let large = Router::new().fallback(async || vec![b'x'; 7 << 20]);
    let api = on_lambda(|lodger| lodger.events_path("/events").run(large)).await;
    let (_, message) = error(api.invoke(sqs(&[])).await.unwrap());
    assert!(message.contains("the limit is 6291556 bytes"), "{message}");
}

/// Ways to write the path of the route, of which none may lead there.
const DISGUISES: &[&str] = &[
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
async fn no_client_of_a_server_gets_to_a_route_for_events() {
    for base_path in [None, Some("/api")] {
        let server = Server::start(|lodger| {
            let lodger = lodger.events_path("/events");
            base_path.into_iter().fold(lodger, |lodger, base_path| lodger.base_path(base_path)).run(app())
        })
        .await;
        for target in DISGUISES {
            for before in [Some(""), base_path].into_iter().flatten() {
                let sent = Sent::get(format!("{before}{target}")).method("POST").body(sqs(&[]));
                let response = ask(server.addr, &sent).await;
                assert_eq!((response.status().as_u16(), response.body().len()), (404, 0), "{sent:?}");
            }
        }
        assert_eq!(&ask(server.addr, &Sent::get("/eventsx")).await.body()[..], b"GET /eventsx");
    }
}

#[tokio::test]
async fn no_client_of_a_front_gets_to_a_route_for_events() {
    let api = on_lambda(|lodger| lodger.events_path("/events").base_path("/api").run(app())).await;
    for front in Front::all() {
        for front in [front.clone(), front.stage("dev")] {
            for target in DISGUISES {
                for before in ["", "/api"] {
                    let sent = Sent::get(format!("{before}{target}")).method("POST").body(sqs(&[]));
                    let response = api.send(&front, &sent.request()).await;
                    assert_eq!(response.status(), 404, "{front}: {sent:?} {response:?}");
                }
            }
            let response = api.send(&front, &Sent::get("/eventsx").request()).await;
            assert_eq!(&response.body()[..], b"GET /eventsx", "{front}");
        }
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}

/// What a chat is told, in the order of the events.
type Log = Arc<Mutex<Vec<String>>>;

/// A chat that lets in who has a ticket, and answers some messages.
fn chat(log: Log) -> Router {
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
        log.lock().unwrap().push(format!("{route} {id} {}", String::from_utf8_lossy(&body)));
        match &*route {
            "$connect" if !query.contains(&("ticket".into(), "yes".into())) => (StatusCode::FORBIDDEN, String::new()),
            "fail" => (StatusCode::BAD_REQUEST, "no such thing".to_owned()),
            "say" => (StatusCode::OK, format!("you said {} bytes", body.len())),
            _ => (StatusCode::OK, String::new()),
        }
    };
    Router::new().route("/ws/{route}", post(route))
}

#[tokio::test]
async fn the_events_of_a_connection_come_to_the_routes_of_their_keys() {
    let log = Log::default();
    let api = on_lambda(|lodger| lodger.websocket_path("/ws").run(chat(Arc::clone(&log)))).await;
    let socket = WebSocketApi::new().connection_id("id-1");
    let handshake = |target: &str| socket.connect(&Sent::get(target).request());

    let refused = api.invoke(handshake("/?ticket=no")).await.unwrap();
    assert_eq!(socket.accepts(&refused).unwrap_err().status(), 403);
    let accepted = api.invoke(handshake("/?ticket=yes")).await.unwrap();
    assert!(socket.accepts(&accepted).is_ok(), "{accepted:?}");

    let said = reply(api.invoke(socket.message("say", "grüße")).await.unwrap());
    assert_eq!((&said["statusCode"], &said["body"]), (&json!(200), &json!("you said 7 bytes")));
    let said = reply(api.invoke(socket.message("say", vec![0, 0xff])).await.unwrap());
    assert_eq!(said["body"], "you said 2 bytes");
    let (error_type, message) = error(api.invoke(socket.message("fail", "x")).await.unwrap());
    assert_eq!(error_type, "Function.ErrorStatus");
    assert!(message.contains("400 Bad Request: no such thing"), "{message}");
    assert_eq!(reply(api.invoke(socket.disconnect()).await.unwrap())["statusCode"], 200);

    let told = log.lock().unwrap().clone();
    assert_eq!(
        told,
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
        let response = api.send(&front, &Sent::get("/ws/$connect?ticket=yes").method("POST").request()).await;
        assert_eq!(response.status(), 404, "{front}");
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_browsers_websocket_gets_to_the_app() {
    let log = Log::default();
    let api = Arc::new(on_lambda(|lodger| lodger.websocket_path("/ws").run(chat(Arc::clone(&log)))).await);
    let front = WebSocketApi::new();
    let server = lodger_gateway::Server::start_websocket("127.0.0.1:0", front, Arc::clone(&api)).await.unwrap();
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
    let is_over = || log.lock().unwrap().last().is_some_and(|last| last.starts_with("$disconnect"));
    let ends = async {
        while !is_over() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, ends).await.expect("the app hears of its end");
    let routes: Vec<String> =
        log.lock().unwrap().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(routes, ["$connect", "$connect", "say", "$disconnect"]);
}

/// Sends a request to an unmodified app behind a front on a port, below the stage of a REST API.
async fn through(front: &Front, api: &Arc<RuntimeApi>, sent: &Sent) -> (u16, Vec<u8>) {
    let stage = if front.name() == "rest-api" { "/prod" } else { "" };
    let sent = &Sent { target: format!("{stage}{}", sent.target), ..sent.clone() };
    let server = lodger_gateway::Server::start("127.0.0.1:0", front.clone(), Arc::clone(api)).await.unwrap();
    let server = server.allow_host("example.com");
    let addr: SocketAddr = server.address();
    let response = ask(addr, sent).await;
    (response.status().as_u16(), response.body().to_vec())
}

#[tokio::test]
async fn any_client_of_http_gets_to_the_app_behind_any_front() {
    let api = Arc::new(on_lambda(|lodger| lodger.events_path("/events").run(app())).await);
    for front in Front::all() {
        let got = through(&front, &api, &Sent::get("/a%20b?x=1&y=2").method("PATCH")).await;
        assert_eq!(got, (200, b"PATCH /a%20b?x=1&y=2".to_vec()), "{front}");
        assert_eq!(through(&front, &api, &Sent::get("/%65vents")).await, (404, vec![]), "{front}");
    }
}
