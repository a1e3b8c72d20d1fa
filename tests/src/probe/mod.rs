//! The same app in every framework: it tells what it sees, and answers as it is asked to. Each file makes of its framework's
//! request an [`Asked`], and of the [`answer`] its framework's response; what only the framework can do it does there.

pub mod actix_web;
pub mod axum;
pub mod axum_07;
pub mod hyper;
pub mod span;
pub mod tower;
pub mod warp;

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use lodger::{AfterResponse, PathPrefix, lambda};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{sync::watch, time::timeout};

use crate::raw_api::SOON;

pub use axum::app;

/// What an app sees of a request.
#[derive(Debug, Default)]
pub struct Asked {
    pub method: String,
    /// The path and the query.
    pub uri: String,
    /// `None` where the framework does not tell.
    pub version: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub client: Option<String>,
    pub told: Told,
}

/// What it finds of its host's.
#[derive(Debug, Default)]
pub struct Told {
    pub context: Option<lambda::Context>,
    pub prefix: Option<PathPrefix>,
    pub after: Option<AfterResponse>,
}

/// What an app takes that wants types: a number in the path, in the query, and in JSON.
#[derive(Debug, Deserialize)]
pub struct Typed {
    pub number: u8,
}

/// The app, but for what needs its framework.
pub fn answer(asked: Asked) -> Response<Bytes> {
    let path = asked.uri.split('?').next().unwrap_or_default();
    let response = match path.split('/').collect::<Vec<_>>()[..] {
        ["", "reply", what] => reply(what),
        ["", "status", status] => self::status(status.parse().unwrap()),
        ["", "size", bytes] => Response::new(vec![b'x'; bytes.parse().unwrap()]),
        ["", "respond"] => respond(&serde_json::from_slice(&asked.body).unwrap()),
        ["", "told"] => json(&told(&asked.told)),
        ["", "held"] => json(&held_now()),
        ["", "let-go", name] => {
            let_go(name);
            Response::new(vec![])
        }
        ["", "after", what, "held"] => after(&asked.told, what, hold(what.to_owned())),
        ["", "after", what, milliseconds] => {
            let milliseconds = std::time::Duration::from_millis(milliseconds.parse().unwrap());
            after(&asked.told, what, tokio::time::sleep(milliseconds))
        }
        _ => json(&see(asked)),
    };
    response.map(Bytes::from)
}

/// Tells the request, each byte of it.
fn see(asked: Asked) -> Value {
    let Asked { method, uri, version, headers, body, client, .. } = asked;
    json!({
        "method": method, "uri": uri, "version": version, "headers": headers, "body": latin1(&body), "client": client,
    })
}

/// Tells what the host told.
fn told(told: &Told) -> Value {
    json!({
        "request_id": told.context.as_ref().map(|context| context.request_id()),
        "prefix": told.prefix.as_ref().map(|prefix| prefix.as_str()),
        "span": span::current(),
    })
}

/// What has been done after responses, in this process, and the span that it was done in.
static DONE: Mutex<Vec<(String, Value)>> = Mutex::new(vec![]);

/// Whether `/after/{what}/..` has done what it was to do after its response.
pub fn has_done(what: &str) -> bool {
    done_in(what).is_some()
}

/// Likewise, and the span that it did it in.
pub fn done_in(what: &str) -> Option<Value> {
    DONE.lock().unwrap().iter().find(|(done, _)| done == what).map(|(_, span)| span.clone())
}

/// Hands over work that ends after `waits`: some milliseconds, or [`let_go`]. The name of some says how it ends.
fn after(told: &Told, what: &str, waits: impl Future<Output = ()> + Send + 'static) -> Response<Vec<u8>> {
    let Some(after) = &told.after else {
        return Response::builder().status(501).body(vec![]).unwrap();
    };
    let what = what.to_owned();
    after.run(async move {
        waits.await;
        assert!(!what.starts_with("panic"), "asked to panic after the response");
        if what.starts_with("said") {
            eprintln!("probe: {what} after the response");
        }
        DONE.lock().unwrap().push((what, span::current()));
    });
    Response::new(b"handed over".to_vec())
}

fn json(value: &impl serde::Serialize) -> Response<Vec<u8>> {
    let mut response = Response::new(serde_json::to_vec(value).unwrap());
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

/// Names and values in their order; values byte by byte.
pub fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_string(), latin1(value.as_bytes()))).collect()
}

/// Each byte as a character, so that JSON can carry any.
pub fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn reply(what: &str) -> Response<Vec<u8>> {
    let response = Response::builder();
    let (response, body): (_, Vec<u8>) = match what {
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

/// Responds with what the body says: a status, headers and a body, each byte a character.
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

/// What `/slow/{milliseconds}` streams: that it has begun, and after a while that it has ended.
pub fn slow(milliseconds: u64) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + Sync {
    let begun = futures_util::stream::iter([Ok(Bytes::from_static(b"begun "))]);
    futures_util::StreamExt::chain(
        begun,
        futures_util::stream::once(async move {
            tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
            Ok(Bytes::from_static(b"ended"))
        }),
    )
}

/// What `/feed/{count}/{milliseconds}` streams: so many events, one at a time with so long before each but the first. Where it
/// `fails`, it does so in place of the last.
pub fn feed(
    count: u32,
    milliseconds: u64,
    fails: bool,
) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + Sync {
    futures_util::stream::unfold(1, move |number| async move {
        if number > count {
            return None;
        }
        if number > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
        }
        let event = if fails && number == count {
            Err(std::io::Error::other("asked to fail in the feed"))
        } else {
            Ok(format!("id: {number}\ndata: {}\n\n", "x".repeat(number as usize)).into())
        };
        Some((event, number + 1))
    })
}

/// The type of such a stream.
pub const EVENTS: &str = "text/event-stream";

/// Requests and work that wait in this process, by their names, and the names of those that may go on.
#[derive(Default)]
struct Gates {
    held: Vec<String>,
    open: HashSet<String>,
}

static GATES: LazyLock<watch::Sender<Gates>> = LazyLock::new(watch::Sender::default);

/// Is held under its name, also if it is dropped before it may go on.
struct Held(String);

impl Held {
    fn new(name: String) -> Self {
        GATES.send_modify(|gates| gates.held.push(name.clone()));
        Self(name)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        GATES.send_modify(|gates| {
            if let Some(at) = gates.held.iter().position(|held| *held == self.0) {
                gates.held.swap_remove(at);
            }
        });
    }
}

/// Waits until somebody [lets go](let_go) of `name`. If the name begins with `said`, a process prints that it waits. If it ends
/// with `until-sigterm`, it waits for SIGTERM instead, and for more than half a second after it.
pub async fn hold(name: String) {
    let sigterm = name.ends_with("until-sigterm").then(sigterm);
    let held = Held::new(name);
    if held.0.starts_with("said") {
        eprintln!("probe: {} is held", held.0);
    }
    if let Some(sigterm) = sigterm {
        return sigterm.await;
    }
    GATES.subscribe().wait_for(|gates| gates.open.contains(&held.0)).await.unwrap();
}

#[cfg(unix)]
fn sigterm() -> impl Future<Output = ()> {
    let mut signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
    async move {
        signal.recv().await;
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    }
}

#[cfg(not(unix))]
fn sigterm() -> impl Future<Output = ()> {
    std::future::pending()
}

/// Lets go of all that is or will be held under `name`, in this process.
pub fn let_go(name: &str) {
    GATES.send_modify(|gates| {
        gates.open.insert(name.to_owned());
    });
}

/// The names of all that is held now, in this process.
pub fn held_now() -> Vec<String> {
    GATES.borrow().held.clone()
}

/// Waits until something is held under `name`, in this process.
pub async fn is_held(name: &str) {
    let mut gates = GATES.subscribe();
    let held = gates.wait_for(|gates| gates.held.iter().any(|held| held == name));
    timeout(SOON, held).await.unwrap_or_else(|_| panic!("{name} is not held")).unwrap();
}

/// What `/held/{name}` streams: that it has begun, and that it has ended once it was [let go](let_go). If the name begins with
/// `fails`, it fails instead.
pub fn held(name: String) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + Sync {
    let begun = futures_util::stream::iter([Ok(Bytes::from_static(b"begun "))]);
    futures_util::StreamExt::chain(
        begun,
        futures_util::stream::once(async move {
            let fails = name.starts_with("fails");
            hold(name).await;
            if fails {
                Err(std::io::Error::other("asked to fail when let go"))
            } else {
                Ok(Bytes::from_static(b"ended"))
            }
        }),
    )
}

/// What has been cancelled, in this process.
static GONE: Mutex<Vec<String>> = Mutex::new(vec![]);

/// Whether `/endless/{what}` or `/endless/{what}/body` has been dropped.
pub fn is_gone(what: &str) -> bool {
    GONE.lock().unwrap().iter().any(|gone| gone == what)
}

struct Gone(String);

impl Drop for Gone {
    fn drop(&mut self) {
        GONE.lock().unwrap().push(std::mem::take(&mut self.0));
    }
}

/// What the handler of `/endless/{what}` does.
pub async fn endless(what: String) {
    let _gone = Gone(what);
    std::future::pending().await
}

/// What `/endless/{what}/body` streams: that it has begun, and no more.
pub fn endless_body(what: String) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + Sync {
    let gone = Gone(what);
    futures_util::stream::unfold((gone, false), |(gone, has_begun)| async move {
        if has_begun {
            std::future::pending::<()>().await;
        }
        Some((Ok(Bytes::from_static(b"begun")), (gone, true)))
    })
}

/// A stream that panics when it is read, as `/panic/body` has it.
#[derive(Debug)]
pub struct PanicsWhenRead;

impl futures_util::Stream for PanicsWhenRead {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        panic!("asked to panic in the body")
    }
}
