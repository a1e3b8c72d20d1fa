//! Tests of the program over HTTP.

mod app;

use app::App;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

/// Returns bytes that are not text.
fn picture() -> Vec<u8> {
    (0..50_000_u32).map(|i| (i * 7) as u8).collect()
}

fn file(name: &'static str, content: impl Into<Vec<u8>>) -> Form {
    and_file(Form::new(), name, content)
}

fn and_file(form: Form, name: &'static str, content: impl Into<Vec<u8>>) -> Form {
    form.part("file", Part::bytes(content.into()).file_name(name))
}

#[tokio::test]
async fn uploads_lists_downloads_and_deletes_files() {
    let app = App::start("lifecycle").await;
    let uploaded = app.upload(|| and_file(file("cat.png", picture()), "größe.txt", "12 cm")).await;
    let listed = json!([{"name": "cat.png", "size": 50_000}, {"name": "größe.txt", "size": 5}]);
    assert_eq!((uploaded.status, uploaded.json()), (201, listed.clone()));
    assert_eq!(app.get("/files").await.json(), listed);
    assert_eq!(app.get("/files/").await.json(), listed);

    let downloaded = app.get("/files/cat.png").await;
    assert_eq!((downloaded.status, &downloaded.body), (200, &picture()));
    assert_eq!(downloaded.header("content-type"), "image/png");
    assert_eq!(downloaded.header("content-disposition"), "attachment; filename=\"cat.png\"");
    let downloaded = app.get("/files/gr%C3%B6%C3%9Fe.txt").await;
    assert_eq!(downloaded.body, b"12 cm");
    assert!(downloaded.header("content-disposition").ends_with("; filename*=UTF-8''gr%C3%B6%C3%9Fe.txt"));

    assert_eq!(app.delete("/files/cat.png").await.status, 204);
    assert_eq!(app.get("/files/cat.png").await.status, 404);
    assert_eq!(app.get("/files").await.json().as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn sends_ranges_of_a_file() {
    let app = App::start("ranges").await;
    assert_eq!(app.upload(|| file("cat.png", picture())).await.status, 201);

    for (range, content_range, expected) in [
        ("bytes=0-99", "bytes 0-99/50000", &picture()[..100]),
        ("bytes=20000-20999", "bytes 20000-20999/50000", &picture()[20_000..21_000]),
        ("bytes=-1", "bytes 49999-49999/50000", &picture()[49_999..]),
    ] {
        let part = app.range("/files/cat.png", range).await;
        assert_eq!((part.status, part.body.as_slice()), (206, expected), "{range}");
        assert_eq!(part.header("content-range"), content_range);
    }
    let beyond = app.range("/files/cat.png", "bytes=50000-").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */50000"));
}

#[tokio::test]
async fn reports_errors_as_json() {
    let app = App::start("wrong").await;
    assert_eq!(app.upload(|| file("here.txt", "first")).await.status, 201);

    for (response, status, error) in [
        (app.get("/nowhere").await, 404, "no such route"),
        (app.get("/files/none.txt").await, 404, "file none.txt not found"),
        (app.delete("/files/none.txt").await, 404, "file none.txt not found"),
        (app.get("/files/.hidden").await, 422, "invalid file name \".hidden\""),
        (app.get("/files/..%2F..%2Fsecret").await, 422, "invalid file name \"../../secret\""),
        (app.upload(|| file("../escaped", "x")).await, 422, "invalid file name \"../escaped\""),
        (app.upload(|| file("here.txt", "second")).await, 409, "file here.txt already exists"),
        (app.upload(|| Form::new().text("note", "no file")).await, 422, "the form contains no file"),
        (app.upload(|| file("large.bin", vec![0; app::LIMIT + 1])).await, 413, "the form is too large"),
        (app.post("/files", "multipart/form-data; boundary=B", "no form").await, 400, "cannot read the form"),
    ] {
        assert_eq!(response.status, status, "{error}");
        let body = response.json();
        assert!(body["error"].as_str().unwrap().starts_with(error), "{body}");
    }
    assert_eq!(app.get("/files").await.json(), json!([{"name": "here.txt", "size": 5}]));
    assert_eq!(app.get("/files/here.txt").await.body, b"first");
}

#[tokio::test]
async fn exits_at_a_signal() {
    let app = App::start("signal").await;
    assert_eq!(app.get("/files").await.json(), Value::Array(Vec::new()));
    let status = app.end().await;
    assert!(status.success(), "{status}");
}
