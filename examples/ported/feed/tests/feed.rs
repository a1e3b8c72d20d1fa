//! Tests of the program over HTTP.

mod app;

use app::App;
use serde_json::json;

#[tokio::test]
async fn streams_a_posted_message() {
    let app = App::start().await;
    let posted = app.post("/messages", &json!({"text": " hello\nthere "})).await;
    assert_eq!((posted.status, posted.json()), (201, json!({"id": 1, "from": "127.0.0.1", "text": "hello\nthere"})));

    let feed = app.get("/feed?count=1", &[]).await;
    assert_eq!((feed.status, feed.content_type.as_str()), (200, "text/event-stream"));
    assert_eq!(feed.body, "data:{\"id\":1,\"from\":\"127.0.0.1\",\"text\":\"hello\\nthere\"}\nid:1\n\n");
}

#[tokio::test]
async fn resumes_after_the_last_event_id() {
    let app = App::start().await;
    for text in ["one", "two", "three", "four"] {
        assert_eq!(app.post("/messages", &json!({"text": text})).await.status, 201);
    }
    for (last, count, expected) in [
        (None, 3, vec![1, 2, 3]),
        (Some("0"), 1, vec![1]),
        (Some("2"), 2, vec![3, 4]),
        (Some("3"), 1, vec![4]),
        (Some("3"), 0, vec![]),
        // The id is from another run of the program.
        (Some("7"), 4, vec![1, 2, 3, 4]),
    ] {
        let headers: Vec<_> = last.map(|last| ("last-event-id", last)).into_iter().collect();
        let feed = app.get(&format!("/feed?count={count}"), &headers).await;
        let ids: Vec<u64> = feed.body.lines().filter_map(|line| line.strip_prefix("id:")?.parse().ok()).collect();
        assert_eq!((feed.status, ids), (200, expected), "{last:?}, {count}");
    }
}

#[tokio::test]
async fn open_stream_receives_each_message_when_it_is_posted() {
    let app = App::start().await;
    assert_eq!(app.post("/messages", &json!({"text": "before"})).await.status, 201);
    let mut feed = app.follow("/feed").await;
    assert!(app::event(&mut feed).await.contains("\"before\""));
    for text in ["one", "two"] {
        assert_eq!(app.post("/messages", &json!({"text": text})).await.status, 201);
        let event = app::event(&mut feed).await;
        assert!(event.contains(&format!("\"{text}\"")), "{event}");
    }
}

#[tokio::test]
async fn reports_errors_as_json() {
    let app = App::start().await;
    for (response, status, error) in [
        (app.get("/nowhere", &[]).await, 404, "no such route"),
        (app.get("/messages", &[]).await, 405, "method not allowed"),
        (app.post("/feed", &json!({})).await, 405, "method not allowed"),
        (app.get("/feed?count=many", &[]).await, 400, "Invalid query string"),
        (app.get("/feed?count=1", &[("last-event-id", "x")]).await, 400, "Invalid request header \"last-event-id\""),
        (app.post("/messages", &json!({"text": " "})).await, 422, "the text is empty"),
        (app.post("/messages", &json!({"text": "a".repeat(501)})).await, 422, "the text is longer than 500 characters"),
        (app.post_text("/messages", "hello").await, 415, "The request's content-type is not supported"),
        (app.post("/messages", &json!({"words": "a"})).await, 400, "cannot read the message: unknown field `words`"),
        (app.post("/messages", &json!({"text": "a".repeat(20_000)})).await, 413, "The request payload is too large"),
    ] {
        let body = response.json();
        assert_eq!(response.status, status, "{body}");
        assert!(body["error"].as_str().unwrap().starts_with(error), "{body}");
    }
}
