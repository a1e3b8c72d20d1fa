//! Two ways to test an app: alone, and behind each front of AWS.

use bytes::Bytes;
use http::{Request, StatusCode};
use lodger::{Host, Lodger};
use lodger_gateway::{Front, RuntimeApi};
use serde_json::{Value, json};
use warp::test::request;

use super::book::{self, Book};

const FORM: &str = "multipart/form-data; boundary=B";

/// Returns a form with one picture.
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
async fn stores_an_entry_with_the_client_address() {
    let app = super::app(Book::default());
    let entry = json!({"name": "Ada", "words": "was here"});
    let client = "192.0.2.7:1".parse().unwrap();
    let response = request().method("POST").path("/entries").remote_addr(client).json(&entry).reply(&app).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let response = request().path("/entries").reply(&app).await;
    let entries: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(entries, json!([{"name": "Ada", "words": "was here", "from": "192.0.2.7"}]));
}

#[tokio::test]
async fn reports_errors_as_json() {
    let app = super::app(Book::default());
    let post = |path: &str| request().method("POST").path(path).header("content-type", "application/json");
    let no_picture = "--B\r\ncontent-disposition: form-data; name=\"t\"\r\n\r\nx\r\n--B--\r\n";
    let large = form(&vec![0; usize::try_from(book::MAX_FORM_BYTES).unwrap()]);
    for (request, status, message) in [
        (request().path("/nowhere"), 404, "no such route"),
        (request().method("PUT").path("/entries"), 405, "method not allowed"),
        (request().path("/pictures/7"), 404, "picture 7 not found"),
        (request().path("/pictures/0"), 404, "picture 0 not found"),
        (post("/entries").body("{"), 400, "deserialize"),
        (post("/entries").body(r#"{"name":"","words":"x"}"#), 422, "must not be empty"),
        (post("/entries"), 411, "content-length"),
        (post("/pictures").header("content-type", FORM).body(no_picture), 422, "no picture"),
        (post("/pictures").header("content-type", FORM).body(large), 413, "too large"),
    ] {
        let response = request.reply(&app).await;
        assert_eq!(response.status(), status, "{message}: {response:?}");
        assert!(error(response.body()).contains(message), "{message}: {response:?}");
    }
}

#[tokio::test]
async fn stores_entries_and_pictures_behind_every_front() {
    let api = RuntimeApi::start().await.unwrap();
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address());
    tokio::spawn(lodger.run(super::app(Book::default())));
    let picture: Vec<u8> = (0..100_000_u32).map(|i| i as u8).collect();
    for (count, front) in Front::all().into_iter().enumerate() {
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
        assert_eq!(feed.body().windows(12).filter(|bytes| bytes == b"event:entry\n").count(), count + 1, "{feed:?}");

        let stored = api.send(&front, &post("/pictures", FORM, form(&picture))).await;
        assert_eq!(stored.status(), StatusCode::CREATED, "{front}: {stored:?}");
        let path = format!("/{}", stored.headers()["location"].to_str().unwrap());
        let downloaded = api.send(&front, &get(&path)).await;
        assert!(downloaded.headers()["content-type"] == "image/png" && downloaded.body() == &picture, "{front}");
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}
