//! The same app in every framework: it reports the request that it sees, or responds in the way that the path names.
//!
//! Each framework has a file, which converts its request to a [`ProbeRequest`] and the result of [`respond_to`] to its response.
//! Routes that need the framework, such as streams, are in that file as well.

pub mod actix_web;
mod after;
pub mod axum;
pub mod axum_07;
mod gates;
pub mod hyper;
pub mod span;
mod streams;
pub mod tower;
pub mod warp;

pub use after::{done_in, has_done};
pub use axum::app;
use bytes::Bytes;
pub use gates::{held_now, hold, is_held, let_go};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use lodger::{AfterResponse, PathPrefix, lambda};
use serde::Deserialize;
use serde_json::{Value, json};
pub use streams::{EVENTS, PanicsWhenRead, endless, endless_body, feed, held, is_gone, slow};

/// A request, independent of the framework.
#[derive(Debug, Default)]
pub struct ProbeRequest {
    pub method: String,
    /// The path and the query.
    pub uri: String,
    /// `None` if the framework does not expose the version.
    pub version: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub client: Option<String>,
    pub extensions: HostExtensions,
}

/// The extensions of a request that the host has added.
#[derive(Debug, Default)]
pub struct HostExtensions {
    pub context: Option<lambda::Context>,
    pub prefix: Option<PathPrefix>,
    pub after: Option<AfterResponse>,
}

/// The query or the JSON of `/typed/..`.
#[derive(Debug, Deserialize)]
pub struct Typed {
    pub number: u8,
}

/// The routes that need no framework.
pub fn respond_to(request: ProbeRequest) -> Response<Bytes> {
    let path = request.uri.split('?').next().unwrap_or_default();
    let response = match path.split('/').collect::<Vec<_>>()[..] {
        ["", "reply", kind] => reply(kind),
        ["", "status", status] => self::status(status.parse().unwrap()),
        ["", "size", bytes] => Response::new(vec![b'x'; bytes.parse().unwrap()]),
        ["", "respond"] => respond(&serde_json::from_slice(&request.body).unwrap()),
        ["", "told"] => json(&describe_extensions(&request.extensions)),
        ["", "held"] => json(&held_now()),
        ["", "let-go", name] => {
            let_go(name);
            Response::new(vec![])
        }
        ["", "after", name, "held"] => after::after(&request.extensions, name, hold(name.to_owned())),
        ["", "after", name, milliseconds] => {
            let milliseconds = std::time::Duration::from_millis(milliseconds.parse().unwrap());
            after::after(&request.extensions, name, tokio::time::sleep(milliseconds))
        }
        _ => json(&describe(request)),
    };
    response.map(Bytes::from)
}

/// Describes the request: every byte of it.
fn describe(request: ProbeRequest) -> Value {
    let ProbeRequest { method, uri, version, headers, body, client, .. } = request;
    json!({
        "method": method, "uri": uri, "version": version, "headers": headers, "body": latin1(&body), "client": client,
    })
}

/// Describes the extensions of the host.
fn describe_extensions(extensions: &HostExtensions) -> Value {
    json!({
        "request_id": extensions.context.as_ref().map(|context| context.request_id()),
        "prefix": extensions.prefix.as_ref().map(|prefix| prefix.as_str()),
        "span": span::current(),
    })
}

fn json(value: &impl serde::Serialize) -> Response<Vec<u8>> {
    let mut response = Response::new(serde_json::to_vec(value).unwrap());
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

/// The names and values of headers in their order. Each byte of a value is a character.
pub fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_string(), latin1(value.as_bytes()))).collect()
}

/// Converts each byte to a character, because JSON has only text.
pub fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn reply(kind: &str) -> Response<Vec<u8>> {
    let response = Response::builder();
    let (response, body): (_, Vec<u8>) = match kind {
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
        "odd-header" => (response.header("x-odd", HeaderValue::from_bytes(b"\xc3\xa9\t\"").unwrap()), vec![]),
        "length" => (response.header("content-length", "3").header("content-type", "text/plain"), b"abc".into()),
        "not-modified" => (response.status(304).header("content-type", "text/css"), vec![]),
        "no-content" => (response.status(204).header("content-type", "text/css"), vec![]),
        _ => (response.status(404), vec![]),
    };
    response.body(body).unwrap()
}

fn status(status: u16) -> Response<Vec<u8>> {
    Response::builder().status(status).header("etag", "\"1\"").body(vec![]).unwrap()
}

/// Responds with the status, the headers and the body in `wanted`, whose characters are bytes.
fn respond(wanted: &Value) -> Response<Vec<u8>> {
    let bytes = |text: &Value| text.as_str().unwrap().chars().map(|c| u8::try_from(c).unwrap()).collect::<Vec<_>>();
    let mut response = Response::new(bytes(&wanted["body"]));
    *response.status_mut() = StatusCode::from_u16(wanted["status"].as_u64().unwrap().try_into().unwrap()).unwrap();
    for header in wanted["headers"].as_array().unwrap() {
        let name = HeaderName::from_bytes(&bytes(&header[0])).unwrap();
        response.headers_mut().append(name, HeaderValue::from_bytes(&bytes(&header[1])).unwrap());
    }
    response
}
