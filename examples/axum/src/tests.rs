//! Two ways to test an app: the router alone, and the app behind each front of AWS.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request},
};
use bytes::Bytes;
use lodger::{Host, Lodger};
use lodger_gateway::{Front, RuntimeApi};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tower::ServiceExt;

async fn send(app: &Router, method: &str, path: &str, body: &str) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 0))))
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(response.headers().contains_key("x-request-id"));
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn creates_reads_and_deletes_notes() {
    let app = super::app();
    let milk = json!({"id": 1, "text": "milk", "from": "192.0.2.7"});
    assert_eq!(send(&app, "POST", "/notes", r#"{"text":"milk"}"#).await, (201, milk.clone()));
    assert_eq!(send(&app, "POST", "/notes", r#"{"text":"bread"}"#).await.0, 201);
    assert_eq!(send(&app, "GET", "/notes/1", "").await, (200, milk.clone()));
    assert_eq!(send(&app, "GET", "/notes?contains=mi%6ck", "").await, (200, json!([milk])));
    assert_eq!(send(&app, "DELETE", "/notes/1", "").await, (204, Value::Null));
    assert_eq!(send(&app, "GET", "/notes/1", "").await, (404, json!({"error": "note 1 not found"})));
}

#[tokio::test]
async fn reports_errors_as_json() {
    let app = super::app();
    assert_eq!(send(&app, "GET", "/nowhere", "").await, (404, json!({"error": "no such route"})));
    assert_eq!(
        send(&app, "POST", "/notes", r#"{"text":" "}"#).await,
        (422, json!({"error": "the text of the note is empty"}))
    );
    let (status, body) = send(&app, "POST", "/notes", "no json").await;
    assert_eq!(status, 400);
    assert!(body["error"].as_str().unwrap().contains("JSON"));
}

#[tokio::test]
async fn creates_notes_behind_every_front() {
    let api = RuntimeApi::start().await.unwrap();
    tokio::spawn(Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).run(super::app()));

    for (id, front) in (1..).zip(Front::all()) {
        let front = front.client([198, 51, 100, 4].into());
        let request = http::Request::post("/notes").header("content-type", "application/json");
        let request = request.body(Bytes::from(r#"{"text":"from afar"}"#)).unwrap();
        let response = api.send(&front, &request).await;
        assert_eq!(response.status(), 201, "{front}");
        // The paths of an API with a stage begin with the stage.
        let stage = if front.name() == "rest-api" { "/prod" } else { "" };
        assert_eq!(response.headers()["location"], format!("{stage}/notes/{id}"), "{front}");
        let note: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(note, json!({"id": id, "text": "from afar", "from": "198.51.100.4"}), "{front}");
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}
