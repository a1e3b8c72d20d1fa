//! Tests of the whole function, through a Runtime API on this machine.

use std::sync::Arc;

use bytes::Bytes;
use lodger::{Host, Lodger};
use lodger_gateway::{Front, RuntimeApi, events};
use serde_json::{Value, json};

use crate::{api, shop::Shop, with_handlers};

/// Starts the function.
async fn start() -> RuntimeApi {
    let api = RuntimeApi::start().await.unwrap();
    let shop = Arc::new(Shop::default());
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address());
    tokio::spawn(with_handlers(lodger, &shop).run(api::router(shop)));
    api
}

/// Sends a request behind an HTTP API. Returns the JSON of the response.
async fn send(api: &RuntimeApi, request: http::request::Builder, body: &str) -> Value {
    let request = request.header("content-type", "application/json").body(Bytes::from(body.to_owned())).unwrap();
    let response = api.send(&Front::http_api(), &request).await;
    assert_eq!(response.status(), 200);
    serde_json::from_slice(response.body()).unwrap()
}

/// Invokes the function with an event. Returns the JSON of the result.
async fn invoke(api: &RuntimeApi, event: events::TestEvent) -> Value {
    serde_json::from_slice(&api.invoke(event).await.unwrap().unwrap()).unwrap()
}

#[tokio::test]
async fn requests_and_orders_change_the_same_stock() {
    let api = start().await;
    send(&api, http::Request::post("/stock/apple"), r#"{"count": 5}"#).await;
    let order = json!({"article": "apple", "count": 2}).to_string();
    assert_eq!(invoke(&api, events::sqs("orders", [order])).await, json!({"batchItemFailures": []}));
    assert_eq!(send(&api, http::Request::get("/stock"), "").await, json!({"apple": 3}));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn only_failed_orders_return_to_the_queue() {
    let api = start().await;
    send(&api, http::Request::post("/stock/apple"), r#"{"count": 5}"#).await;
    let order = |article: &str, count: u32| json!({"article": article, "count": count}).to_string();
    let event = events::sqs("orders", [order("apple", 1), order("apple", 9), order("pear", 1), "no order".to_owned()]);
    let failed: Vec<Value> = (1..4).map(|at| json!({"itemIdentifier": event["Records"][at]["messageId"]})).collect();
    assert_eq!(invoke(&api, event).await, json!({"batchItemFailures": failed}));
    assert_eq!(send(&api, http::Request::get("/stock"), "").await, json!({"apple": 4}));
}

#[tokio::test]
async fn the_schedule_reports_articles_that_are_out_of_stock() {
    let api = start().await;
    send(&api, http::Request::post("/stock/apple"), r#"{"count": 1}"#).await;
    send(&api, http::Request::post("/stock/pear"), r#"{"count": 0}"#).await;
    assert_eq!(invoke(&api, events::schedule("hourly")).await, json!({"outOfStock": ["pear"]}));
}
