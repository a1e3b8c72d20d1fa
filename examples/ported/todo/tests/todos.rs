//! The API as its clients see it: the program runs, and is asked over HTTP.

mod app;

use app::App;
use serde_json::{Value, json};

#[tokio::test]
async fn todos_are_written_read_changed_and_deleted() {
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
async fn they_are_listed_by_what_is_done_and_in_pages() {
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
async fn what_is_wrong_is_said_in_json() {
    let app = App::start().await;
    for (method, path, body, status, error) in [
        ("GET", "/nowhere", Value::Null, 404, "there is nothing here"),
        ("PUT", "/todos", json!({}), 405, "this cannot be done here"),
        ("GET", "/todos/7", Value::Null, 404, "there is no todo 7"),
        ("PATCH", "/todos/7", json!({"done": true}), 404, "there is no todo 7"),
        ("DELETE", "/todos/7", Value::Null, 404, "there is no todo 7"),
        ("GET", "/todos/seven", Value::Null, 400, "Cannot parse `seven`"),
        ("GET", "/todos?done=maybe", Value::Null, 400, "Failed to deserialize query string"),
        ("GET", "/todos?limit=0", Value::Null, 422, "the limit is from 1 to 100"),
        ("POST", "/todos", json!({"text": " "}), 422, "a todo needs a text"),
        ("POST", "/todos", json!({"text": "a".repeat(201)}), 422, "the text is longer than 200 characters"),
        ("POST", "/todos", json!({"text": "a", "colour": "red"}), 422, "unknown field `colour`"),
        ("POST", "/todos", json!({"text": 7}), 422, "expected a string"),
        ("POST", "/todos", Value::Null, 415, "Content-Type: application/json"),
    ] {
        let answer = app.ask(method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        let told = answer.body["error"].as_str().unwrap();
        assert!(told.contains(error), "{method} {path}: {told}");
    }
}

#[tokio::test]
async fn they_outlive_the_program_that_a_signal_ends() {
    let database = app::database("outlive");
    let app = App::start_with(&database).await;
    assert_eq!(app.ask("POST", "/todos", json!({"text": "stay"})).await.status, 201);
    let status = app.end().await;
    assert!(status.success(), "{status}");

    let app = App::start_with(&database).await;
    assert_eq!(app.ask("GET", "/todos/1", Value::Null).await.body["text"], "stay");
}
