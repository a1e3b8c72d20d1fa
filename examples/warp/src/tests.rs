//! Two ways to test an app: by itself, and as it answers behind a front of AWS.

use bytes::Bytes;
use http::{Request, StatusCode};
use lodger::{Host, Lodger};
use lodger_gateway::{Front, RuntimeApi};
use serde_json::{Value, json};
use warp::test::request;

use super::book::{self, Book};

const FORM: &str = "multipart/form-data; boundary=B";

/// A form with one picture of `content`.
fn form(content: &[u8]) -> Vec<u8> {
    let head =
        "--B\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a.png\"\r\ncontent-type: image/png\r\n\r\n";
    [head.as_bytes(), content, b"\r\n--B--\r\n"].concat()
}

fn error(body: &Bytes) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_book_keeps_who_was_here() {
    let app = super::app(Book::default());
    let signature = json!({"name": "Ada", "words": "was here"});
    let client = "192.0.2.7:1".parse().unwrap();
    let response = request().method("POST").path("/entries").remote_addr(client).json(&signature).reply(&app).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let response = request().path("/entries").reply(&app).await;
    let entries: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(entries, json!([{"name": "Ada", "words": "was here", "from": "192.0.2.7"}]));
}

#[tokio::test]
async fn what_is_wrong_is_said_in_json() {
    let app = super::app(Book::default());
    let post = |path: &str| request().method("POST").path(path).header("content-type", "application/json");
    let no_picture = "--B\r\ncontent-disposition: form-data; name=\"t\"\r\n\r\nx\r\n--B--\r\n";
    let large = form(&vec![0; usize::try_from(book::LARGEST).unwrap()]);
    for (request, status, said) in [
        (request().path("/nowhere"), 404, "there is nothing here"),
        (request().method("PUT").path("/entries"), 405, "no such method"),
        (request().path("/pictures/7"), 404, "there is no picture 7"),
        (request().path("/pictures/0"), 404, "there is no picture 0"),
        (post("/entries").body("{"), 400, "deserialize"),
        (post("/entries").body(r#"{"name":"","words":"x"}"#), 422, "an entry has"),
        (post("/entries"), 411, "content-length"),
        (post("/pictures").header("content-type", FORM).body(no_picture), 422, "no picture"),
        (post("/pictures").header("content-type", FORM).body(large), 413, "too large"),
    ] {
        let response = request.reply(&app).await;
        assert_eq!(response.status(), status, "{said}: {response:?}");
        assert!(error(response.body()).contains(said), "{said}: {response:?}");
    }
}

#[tokio::test]
async fn it_is_a_function_behind_any_front() {
    let api = RuntimeApi::start().await.unwrap();
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address());
    tokio::spawn(lodger.run(super::app(Book::default())));
    let picture: Vec<u8> = (0..100_000_u32).map(|i| i as u8).collect();
    for (signed, front) in Front::all().into_iter().enumerate() {
        let front = front.client([198, 51, 100, 4].into()).binary_media_types(["image/png", "multipart/form-data"]);
        let post = |path: &str, content_type: &str, body: Vec<u8>| {
            Request::post(path).header("content-type", content_type).body(Bytes::from(body)).unwrap()
        };
        let get = |path: &str| Request::get(path).header("accept", "image/png").body(Bytes::new()).unwrap();

        let sent = post("/entries", "application/json", br#"{"name":"Ada","words":"was here"}"#.to_vec());
        let entry: Value = serde_json::from_slice(api.send(&front, &sent).await.body()).unwrap();
        assert_eq!(entry["from"], "198.51.100.4", "{front}");
        let feed = api.send(&front, &get("/entries/feed")).await;
        assert_eq!(feed.headers()["content-type"], "text/event-stream", "{front}");
        assert_eq!(feed.body().windows(12).filter(|bytes| bytes == b"event:entry\n").count(), signed + 1, "{feed:?}");

        let taken = api.send(&front, &post("/pictures", FORM, form(&picture))).await;
        assert_eq!(taken.status(), StatusCode::CREATED, "{front}: {taken:?}");
        let path = format!("/{}", taken.headers()["location"].to_str().unwrap());
        let hung = api.send(&front, &get(&path)).await;
        assert!(hung.headers()["content-type"] == "image/png" && hung.body() == &picture, "{front}");
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}
