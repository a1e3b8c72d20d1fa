//! An HTTP server that is Lambda's side of an extension: registration, events, subscriptions and deliveries.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic"
)]
#![allow(dead_code, reason = "each test uses a part")]

pub(crate) mod running;

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Mutex as AsyncMutex, mpsc, watch},
    time::timeout,
};

/// The limit of each wait for an event.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A request of the extension.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// The method and the path.
    pub(crate) target: String,
    pub(crate) name: String,
    pub(crate) error_type: String,
    pub(crate) body: Value,
}

/// The platform. Every clone is the same one.
#[derive(Clone)]
pub(crate) struct Platform {
    pub(crate) address: String,
    events: mpsc::UnboundedSender<String>,
    received: watch::Sender<Vec<Received>>,
    statuses: Arc<Mutex<Vec<(String, u16)>>>,
    pending: Arc<AsyncMutex<mpsc::UnboundedReceiver<String>>>,
}

impl Platform {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (events, pending) = mpsc::unbounded_channel();
        let platform = Self {
            address: listener.local_addr().unwrap().to_string(),
            events,
            received: watch::Sender::new(vec![]),
            statuses: Arc::default(),
            pending: Arc::new(AsyncMutex::new(pending)),
        };
        tokio::spawn(platform.clone().accept(listener));
        platform
    }

    /// Responds with `status` to requests whose target or body contains `part`.
    pub(crate) fn respond_with(&self, part: &str, status: u16) {
        self.statuses.lock().unwrap().push((part.to_owned(), status));
    }

    async fn accept(self, listener: TcpListener) {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let platform = self.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let platform = platform.clone();
                    async move { Ok::<_, Infallible>(platform.respond(request).await) }
                });
                let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
            });
        }
    }

    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let target = format!("{} {}", request.method(), request.uri().path());
        let header = |name: &str| {
            let value = request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            value.unwrap_or_default()
        };
        let name = header("lambda-extension-name");
        let error_type = header("lambda-extension-function-error-type");
        let identifier = header("lambda-extension-identifier");
        let is_registration = target == "POST /2020-01-01/extension/register";
        assert!(is_registration || identifier == "id-1", "{target} without an identifier");
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        self.received.send_modify(|received| {
            received.push(Received { target: target.clone(), name, error_type, body });
        });
        let statuses = self.statuses.lock().unwrap().clone();
        let status = statuses.iter().find(|(part, _)| target.contains(part) || text.contains(part));
        let body = match (status, target.as_str()) {
            (Some((_, status)), _) => {
                let body = r#"{"errorType":"Rejected","errorMessage":"by the test"}"#;
                return Response::builder().status(*status).body(body.into()).unwrap();
            }
            (None, "GET /2020-01-01/extension/event/next") => {
                // A client that is gone must not take an event.
                self.pending.lock().await.recv().await.unwrap()
            }
            _ if is_registration => {
                json!({ "functionName": "f", "functionVersion": "7", "handler": "h", "accountId": "42" }).to_string()
            }
            _ => "\"OK\"".to_owned(),
        };
        Response::builder().header("Lambda-Extension-Identifier", "id-1").body(body.into()).unwrap()
    }

    /// Sends an event to the next poll.
    pub(crate) fn send(&self, event: Value) {
        self.events.send(event.to_string()).unwrap();
    }

    pub(crate) fn invoke(&self, request_id: &str) {
        self.send(json!({
            "eventType": "INVOKE", "requestId": request_id, "invokedFunctionArn": "arn:f",
            "deadlineMs": milliseconds_from_now(60_000),
            "tracing": { "type": "X-Amzn-Trace-Id", "value": "Root=1" },
        }));
    }

    /// Sends SHUTDOWN with a deadline in `time`.
    pub(crate) fn shut_down(&self, reason: &str, time: Duration) {
        let deadline = milliseconds_from_now(u64::try_from(time.as_millis()).unwrap());
        self.send(json!({ "eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": deadline }));
    }

    /// The requests until now.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }

    /// The targets of the requests until now.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.received().into_iter().map(|received| received.target).collect()
    }

    /// Waits until there are `count` requests whose target ends with `end`, and returns the last one.
    pub(crate) async fn wait_for(&self, end: &str, count: usize) -> Received {
        let mut received = self.received.subscribe();
        let is_one = |received: &&Received| received.target.ends_with(end);
        let wait = received.wait_for(|received| received.iter().filter(is_one).count() >= count);
        let Ok(received) = timeout(SOON, wait).await else {
            panic!("no {count} requests to {end}: {:?}", self.targets())
        };
        received.unwrap().iter().filter(is_one).nth(count - 1).unwrap().clone()
    }

    /// The port of the extension's listener, once the extension has subscribed and polls.
    pub(crate) async fn port(&self) -> u16 {
        self.wait_for("/event/next", 1).await;
        let subscriptions = self.received();
        let subscription = subscriptions.iter().rfind(|received| received.target.starts_with("PUT ")).unwrap();
        let uri = subscription.body["destination"]["URI"].as_str().unwrap();
        uri.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// Sends a batch to the extension on a connection of its own. Returns the status of the response.
    pub(crate) async fn deliver(&self, batch: &Value) -> u16 {
        post(&mut self.connect().await, batch.to_string().as_bytes()).await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port().await)).await.unwrap()
    }
}

/// Sends a batch on an open connection. Returns the status of the response.
pub(crate) async fn post(socket: &mut TcpStream, body: &[u8]) -> u16 {
    let head = format!("POST / HTTP/1.1\r\nhost: sandbox\r\ncontent-length: {}\r\n\r\n", body.len());
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(body).await.unwrap();
    status(socket).await
}

/// Reads the head of a response without a body.
pub(crate) async fn status(socket: &mut TcpStream) -> u16 {
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        let read = timeout(SOON, socket.read_buf(&mut head)).await.unwrap().unwrap();
        assert!(read > 0, "closed after {}", String::from_utf8_lossy(&head));
    }
    let head = String::from_utf8(head).unwrap();
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

fn milliseconds_from_now(milliseconds: u64) -> u64 {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_millis(milliseconds);
    deadline.as_millis().try_into().unwrap()
}
