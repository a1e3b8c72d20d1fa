//! Tests of the whole function, through a Runtime API on this machine.

use bytes::Bytes;
use http::Request;
use lodger::{Host, Lodger, ResponseMode};
use lodger_gateway::{Front, RuntimeApi, WebSocketApi, events};
use serde_json::{Value, json};

use crate::{api, weather::Weather, with_events};

const NORTH: &str = r#"{"station":"north","celsius":4.5}"#;

/// Starts the function, with the response mode of the templates.
async fn start() -> RuntimeApi {
    let api = RuntimeApi::start().await.unwrap();
    let weather = Weather::default();
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).response_mode(ResponseMode::Stream);
    tokio::spawn(with_events(lodger, &weather).run(api::app(weather)));
    api
}

/// Sends a request behind a front. Returns the status and the body.
async fn send(api: &RuntimeApi, front: &Front, method: &str, path: &str, body: &str) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let response = api.send(front, &request.body(Bytes::from(body.to_owned())).unwrap()).await;
    (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
}

/// Invokes the function with an event. Returns the JSON of the result.
async fn invoke(api: &RuntimeApi, event: events::TestEvent) -> Value {
    serde_json::from_slice(&api.invoke(event).await.unwrap().unwrap()).unwrap()
}

#[tokio::test]
async fn one_function_serves_every_front_of_the_templates() {
    let api = start().await;
    // Only the Function URL and the REST API stream. The others buffer, in the same response mode.
    let fronts = [
        Front::http_api(),
        Front::function_url().streaming(),
        Front::rest_api().streaming(),
        Front::alb(),
        Front::alb_multi_value(),
    ];
    for front in &fronts {
        assert_eq!(send(&api, front, "POST", "/readings", NORTH).await, (201, "stored\n".to_owned()), "{front}");
        assert_eq!(send(&api, front, "GET", "/stations/north", "").await, (200, NORTH.to_owned()), "{front}");
        let events = "data: 1\n\ndata: 1\n\n".to_owned();
        assert_eq!(send(&api, front, "GET", "/live/2", "").await, (200, events), "{front}");
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
    assert_eq!(api.warnings(), []);
}

#[tokio::test]
async fn only_rejected_readings_return_to_the_queue() {
    let api = start().await;
    let event = events::sqs("readings", [NORTH, r#"{"station":"south","celsius":-300}"#, "no reading"]);
    let failed: Vec<Value> = (1..3).map(|at| json!({"itemIdentifier": event["Records"][at]["messageId"]})).collect();
    assert_eq!(invoke(&api, event).await, json!({"batchItemFailures": failed}));
    let report = json!({"stations": 1, "warmest": {"station": "north", "celsius": 4.5}});
    assert_eq!(invoke(&api, events::schedule("hourly")).await, report);
}

#[tokio::test]
async fn http_requests_do_not_reach_the_route_of_websocket_events() {
    let api = start().await;
    assert_eq!(send(&api, &Front::http_api(), "POST", "/ws/$default", "north").await.0, 404);
}

#[tokio::test]
async fn websocket_messages_name_a_station() {
    let (api, sockets) = (start().await, WebSocketApi::new());
    send(&api, &Front::http_api(), "POST", "/readings", NORTH).await;
    let handshake = Request::get("/").body(Bytes::new()).unwrap();
    assert!(sockets.accepts(&api.invoke(sockets.connect(&handshake)).await.unwrap()).is_ok());
    let reply = api.invoke(sockets.message("$default", "north")).await.unwrap().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&reply).unwrap()["body"], "4.5 °C");
}
