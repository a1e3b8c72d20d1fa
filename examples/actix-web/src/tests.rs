//! Two ways to test an app: alone, and behind each front of AWS.

use actix_web::{
    http::StatusCode,
    rt,
    test::{TestRequest, call_service, init_service, read_body},
    web,
};
use bytes::Bytes;
use lodger::{Host, Lodger};
use lodger_gateway::{Front, RuntimeApi};
use serde_json::{Value, json};

use super::store::FileStore;

const FORM: &str = "multipart/form-data; boundary=B";

/// Returns a form with one file.
fn form(name: &str, content: &[u8]) -> Vec<u8> {
    let head = format!(
        "--B\r\ncontent-disposition: form-data; name=\"f\"; filename=\"{name}\"\r\ncontent-type: image/png\r\n\r\n"
    );
    [head.as_bytes(), content, b"\r\n--B--\r\n"].concat()
}

#[actix_web::test]
async fn reads_back_an_uploaded_file() {
    let app = init_service(super::app(web::Data::new(FileStore::default()))).await;
    let content: Vec<u8> = (0..100_000_u32).map(|i| i as u8).collect();
    let request = TestRequest::post().uri("/files").insert_header(("content-type", FORM));
    let response = call_service(&app, request.set_payload(form("a.png", &content)).to_request()).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers().get("cache-control").unwrap(), "no-store");

    let response = call_service(&app, TestRequest::get().uri("/files/1").to_request()).await;
    assert_eq!(response.headers().get("content-type").unwrap(), "image/png");
    assert_eq!(read_body(response).await, content);
    let response = call_service(&app, TestRequest::get().uri("/files").to_request()).await;
    let listed: Value = serde_json::from_slice(&read_body(response).await).unwrap();
    assert_eq!(listed, json!([{"id": 1, "name": "a.png", "size": 100_000}]));
}

#[actix_web::test]
async fn reports_errors_as_json() {
    let app = init_service(super::app(web::Data::new(FileStore::default()))).await;
    let no_file = "--B\r\ncontent-disposition: form-data; name=\"t\"\r\n\r\nx\r\n--B--\r\n";
    let large = form("large", &vec![0; super::store::MAX_FILE_BYTES + 1]);
    for (request, status, error) in [
        (TestRequest::get().uri("/nowhere"), 404, "no such route"),
        (TestRequest::get().uri("/files/7"), 404, "file 7 not found"),
        (TestRequest::post().uri("/files").insert_header(("content-type", FORM)).set_payload(no_file), 422, "no file"),
        (
            TestRequest::post().uri("/files").insert_header(("content-type", FORM)).set_payload(large),
            413,
            "large is larger",
        ),
        (TestRequest::post().uri("/files").set_payload("x"), 400, "cannot read the form"),
    ] {
        let response = call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), status, "{error}");
        let body: Value = serde_json::from_slice(&read_body(response).await).unwrap();
        assert!(body["error"].as_str().unwrap().contains(error), "{body}");
    }
}

#[actix_web::test]
async fn uploads_and_downloads_behind_every_front() {
    let api = RuntimeApi::start().await.unwrap();
    let store = web::Data::new(FileStore::default());
    rt::spawn(
        Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).run(move || super::app(store.clone())),
    );

    let content: Vec<u8> = (0..50_000_u32).map(|i| (i * 7) as u8).collect();
    for (id, front) in (1..).zip(Front::all()) {
        let front = front.binary_media_types(["*/*"]);
        let request = http::Request::post("/files").header("content-type", FORM);
        let response = api.send(&front, &request.body(Bytes::from(form("b.png", &content))).unwrap()).await;
        assert_eq!(response.status(), 201, "{front}: {response:?}");
        let stored: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(stored, json!([{"id": id, "name": "b.png", "size": 50_000}]), "{front}");

        let request = http::Request::get(format!("/files/{id}")).body(Bytes::new()).unwrap();
        let response = api.send(&front, &request).await;
        assert_eq!((response.status().as_u16(), response.body()), (200, &Bytes::from(content.clone())), "{front}");
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}
