//! An axum app that tells what it sees, and answers as it is asked to.

use std::net::SocketAddr;

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Path, Request},
    response::Response,
    routing::{any, get},
};
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// The app.
pub fn app() -> Router {
    Router::new()
        .route("/reply/{what}", any(reply))
        .route("/status/{status}", any(status))
        .route("/size/{bytes}", any(size))
        .route("/slow/{milliseconds}", get(slow))
        .route("/respond", any(respond))
        .route("/panic", get(async || -> &'static str { panic!("asked to panic") }))
        .route("/panic/body", get(async || Body::from_stream(PanicsWhenRead)))
        .fallback(see)
}

/// Tells the request, each byte of it.
async fn see(request: Request) -> Json<Value> {
    let (parts, body) = request.into_parts();
    let client = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|client| client.0.ip().to_string());
    let body = to_bytes(body, 64 << 20).await.unwrap();
    Json(json!({
        "method": parts.method.as_str(),
        "uri": parts.uri.to_string(),
        "version": format!("{:?}", parts.version),
        "headers": headers(&parts.headers),
        "body": latin1(&body),
        "client": client,
    }))
}

/// Names and values in their order; values byte by byte.
pub fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_string(), latin1(value.as_bytes()))).collect()
}

/// Each byte as a character, so that JSON can carry any.
pub fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

async fn reply(Path(what): Path<String>) -> Response {
    let response = Response::builder();
    let (response, body): (_, Vec<u8>) = match what.as_str() {
        "text" => (response.header("content-type", "text/plain; charset=utf-8"), "grüße \"\\\n\u{1}".into()),
        "binary" => (response.header("content-type", "image/png"), (0..=255).collect()),
        "latin1" => (response.header("content-type", "text/plain; charset=iso-8859-1"), b"gr\xfc\xdfe".into()),
        "bom" => (response.header("content-type", "text/plain"), b"\xef\xbb\xbfx".into()),
        "gzip" => (response.header("content-type", "text/plain").header("content-encoding", "gzip"), b"text!".into()),
        "untyped" => (response, b"who knows".into()),
        "empty" => (response, vec![]),
        "cookies" => (
            response
                .header("set-cookie", "a=1; Expires=Sat, 21 Nov 2026 04:15:02 GMT; Path=/")
                .header("set-cookie", "b=2; HttpOnly"),
            vec![],
        ),
        "repeats" => (response.header("vary", "accept").header("vary", "origin").header("x-a", "1, 2"), vec![]),
        "redirect" => (response.status(303).header("location", "https://example.com/?a=b#c"), vec![]),
        "odd-header" => (response.header("x-odd", http::HeaderValue::from_bytes(b"\xc3\xa9\t\"").unwrap()), vec![]),
        "length" => (response.header("content-length", "3").header("content-type", "text/plain"), b"abc".into()),
        _ => (response.status(404), vec![]),
    };
    response.body(Body::from(body)).unwrap()
}

/// Responds with what the body says: a status, headers and a body, each byte a character.
async fn respond(Json(wanted): Json<Value>) -> Response {
    let bytes = |text: &Value| text.as_str().unwrap().chars().map(|c| u8::try_from(c).unwrap()).collect::<Vec<_>>();
    let mut response = Response::new(Body::from(bytes(&wanted["body"])));
    *response.status_mut() = StatusCode::from_u16(wanted["status"].as_u64().unwrap().try_into().unwrap()).unwrap();
    for header in wanted["headers"].as_array().unwrap() {
        let name = http::HeaderName::from_bytes(&bytes(&header[0])).unwrap();
        response.headers_mut().append(name, http::HeaderValue::from_bytes(&bytes(&header[1])).unwrap());
    }
    response
}

async fn status(Path(status): Path<u16>) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    Response::builder().status(status).header("etag", "\"1\"").body(Body::empty()).unwrap()
}

async fn size(Path(bytes): Path<usize>) -> Vec<u8> {
    vec![b'x'; bytes]
}

/// Says that it has begun, and after a while that it has ended.
async fn slow(Path(milliseconds): Path<u64>) -> Body {
    let words = futures_util::stream::iter([(0, "begun "), (milliseconds, "ended")]);
    Body::from_stream(words.then(async |(wait, word)| {
        tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
        Ok::<_, std::io::Error>(word)
    }))
}

struct PanicsWhenRead;

impl futures_util::Stream for PanicsWhenRead {
    type Item = Result<bytes::Bytes, std::io::Error>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        panic!("asked to panic in the body")
    }
}
