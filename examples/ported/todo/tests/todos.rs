//! Tests of the program over HTTP.

mod app;

use app::App;
use serde_json::{Value, json};

#[tokio::test]
async fn creates_reads_changes_and_deletes_todos() {
    let app = App::start().await;
    let plants = json!({"id": 1, "text": "water the plants", "done": false});

    let created = app.ask("POST", "/todos", json!({"text": " water the plants "})).await;
    assert_eq!((created.status, &created.body), (201, &plants));
    assert_eq!(created.location.as_deref(), Some("/todos/1"));
    assert_eq!(app.ask("GET", "/todos/1", Value::Null).await.body, plants);

    let changed = app.ask("PATCH", "/todos/1", json!({"done": true})).await;
    assert_eq!((changed.status, changed.body), (200, json!({"id": 1, "text": "water the plants", "done": true})));
    let changed = app.ask("PATCH", "/todos/1", json!({"text": "größere Töpfe"})).await;
    assert_eq!((changed.status, changed.body), (200, json!({"id": 1, "text": "größere Töpfe", "done": true})));

    let deleted = app.ask("DELETE", "/todos/1", Value::Null).await;
    assert_eq!((deleted.status, deleted.body), (204, Value::Null));
    assert_eq!(app.ask("GET", "/todos/1", Value::Null).await.status, 404);
}

#[tokio::test]
async fn lists_todos_by_state_and_in_pages() {
    let app = App::start().await;
    for text in ["one", "two", "three"] {
        assert_eq!(app.ask("POST", "/todos", json!({"text": text})).await.status, 201);
    }
    assert_eq!(app.ask("PATCH", "/todos/2", json!({"done": true})).await.status, 200);

    for (query, ids) in [
        ("", vec![1, 2, 3]),
        ("?done=true", vec![2]),
        ("?done=false", vec![1, 3]),
        ("?limit=2", vec![1, 2]),
        ("?limit=2&after=2", vec![3]),
        ("?done=%66alse&after=1", vec![3]),
    ] {
        let listed = app.ask("GET", &format!("/todos{query}"), Value::Null).await;
        let found: Vec<_> = listed.body.as_array().unwrap().iter().map(|todo| todo["id"].as_i64().unwrap()).collect();
        assert_eq!(found, ids, "{query}");
    }
}

#[tokio::test]
async fn reports_errors_as_json() {
    let app = App::start().await;
    for (method, path, body, status, error) in [
        ("GET", "/nowhere", Value::Null, 404, "no such route"),
        ("PUT", "/todos", json!({}), 405, "method not allowed"),
        ("GET", "/todos/7", Value::Null, 404, "todo 7 not found"),
        ("PATCH", "/todos/7", json!({"done": true}), 404, "todo 7 not found"),
        ("DELETE", "/todos/7", Value::Null, 404, "todo 7 not found"),
        ("GET", "/todos/seven", Value::Null, 400, "Cannot parse `seven`"),
        ("GET", "/todos?done=maybe", Value::Null, 400, "Failed to deserialize query string"),
        ("GET", "/todos?limit=0", Value::Null, 422, "the limit must be from 1 to 100"),
        ("POST", "/todos", json!({"text": " "}), 422, "the text is empty"),
        ("POST", "/todos", json!({"text": "a".repeat(201)}), 422, "the text is longer than 200 characters"),
        ("POST", "/todos", json!({"text": "a", "colour": "red"}), 422, "unknown field `colour`"),
        ("POST", "/todos", json!({"text": 7}), 422, "expected a string"),
        ("POST", "/todos", Value::Null, 415, "Content-Type: application/json"),
    ] {
        let response = app.ask(method, path, body).await;
        assert_eq!(response.status, status, "{method} {path}: {}", response.body);
        let message = response.body["error"].as_str().unwrap();
        assert!(message.contains(error), "{method} {path}: {message}");
    }
}

#[tokio::test]
async fn keeps_todos_after_a_signal() {
    let database = app::database("outlive");
    let app = App::start_with(&database).await;
    assert_eq!(app.ask("POST", "/todos", json!({"text": "stay"})).await.status, 201);
    let status = app.end().await;
    assert!(status.success(), "{status}");

    let app = App::start_with(&database).await;
    assert_eq!(app.ask("GET", "/todos/1", Value::Null).await.body["text"], "stay");
}
