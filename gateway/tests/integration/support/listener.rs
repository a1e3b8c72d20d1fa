//! Listeners of telemetry on plain sockets.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use lodger_gateway::RuntimeApi;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use super::{RawExtension, extension_request, header, soon};

/// An HTTP server that keeps the batches which it receives.
pub(crate) struct Listener {
    pub(crate) port: u16,
    received: Arc<Received>,
}

#[derive(Default)]
struct Received {
    /// The statuses of the next responses. The default is 200.
    statuses: Mutex<VecDeque<u16>>,
    batches: Mutex<Vec<Batch>>,
    changed: Notify,
}

/// A request with records.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// The head, in lower case.
    pub(crate) head: String,
    pub(crate) records: Vec<Value>,
}

impl Listener {
    pub(crate) async fn start() -> Self {
        Self::start_with([]).await
    }

    /// Starts a listener whose first responses have these statuses.
    pub(crate) async fn start_with(statuses: impl IntoIterator<Item = u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let received =
            Arc::new(Received { statuses: Mutex::new(statuses.into_iter().collect()), ..Received::default() });
        let shared = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&shared)));
            }
        });
        Self { port, received }
    }

    /// The destination of a subscription.
    pub(crate) fn destination(&self) -> Value {
        json!({"protocol": "HTTP", "URI": format!("http://sandbox.localdomain:{}/records?x=1", self.port)})
    }

    pub(crate) fn batches(&self) -> Vec<Batch> {
        self.received.batches.lock().unwrap().clone()
    }

    /// The records so far.
    pub(crate) fn records(&self) -> Vec<Value> {
        self.batches().into_iter().flat_map(|batch| batch.records).collect()
    }

    /// Waits until a record of this type has arrived, and returns the first one.
    pub(crate) async fn record(&self, kind: &str) -> Value {
        self.record_where(|record| record["type"] == kind).await
    }

    pub(crate) async fn record_where(&self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let find = async {
            loop {
                let changed = self.received.changed.notified();
                if let Some(record) = self.records().into_iter().find(|record| is_wanted(record)) {
                    return record;
                }
                changed.await;
            }
        };
        soon(find).await
    }
}

async fn serve(socket: TcpStream, received: Arc<Received>) {
    let mut socket = BufReader::new(socket);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if socket.read_line(&mut head).await.unwrap_or_default() == 0 {
                return;
            }
        }
        let head = head.to_lowercase();
        let mut body = vec![0; header(&head, "content-length").unwrap().parse().unwrap()];
        socket.read_exact(&mut body).await.unwrap();
        let status = received.statuses.lock().unwrap().pop_front().unwrap_or(200);
        if status == 200 {
            let records = serde_json::from_slice(&body).unwrap();
            received.batches.lock().unwrap().push(Batch { head, records });
            received.changed.notify_waiters();
        }
        let response = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
        socket.write_all(response.as_bytes()).await.unwrap();
    }
}

/// Sends a subscription to `path`. Returns the head of the response, in lower case, and the body.
pub(crate) async fn subscribe(
    api: &RuntimeApi,
    extension: &RawExtension,
    path: &str,
    body: &Value,
) -> (String, String) {
    extension_request(api, &format!("PUT {path}"), &extension.id, &body.to_string()).await
}

/// Subscribes to records with the Telemetry API, without waiting for complete batches.
pub(crate) async fn subscribe_to(api: &RuntimeApi, extension: &RawExtension, listener: &Listener, types: &[&str]) {
    let body = json!({
        "schemaVersion": "2025-01-29",
        "types": types,
        "destination": listener.destination(),
        "buffering": {"timeoutMs": 25},
    });
    let (head, response) = subscribe(api, extension, "/2022-07-01/telemetry", &body).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}{response}");
    assert_eq!(response, "\"OK\"");
}
