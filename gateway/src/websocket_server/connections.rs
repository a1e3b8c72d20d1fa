//! The open connections of a WebSocket API.

use std::{
    collections::HashMap,
    fmt, io,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::{FunctionResult, WebSocketApi};

/// API Gateway's limit for a message.
pub(super) const MAX_MESSAGE: usize = 128 * 1024;

type InvokeFuture = Pin<Box<dyn Future<Output = io::Result<FunctionResult>> + Send>>;

/// Invokes the function with an event.
pub(super) struct Invoke(Box<dyn Fn(Bytes) -> InvokeFuture + Send + Sync>);

impl Invoke {
    pub(super) fn new<F>(invoke: impl Fn(Bytes) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<FunctionResult>> + Send + 'static,
    {
        Self(Box::new(move |event| Box::pin(invoke(event))))
    }

    pub(super) fn call(&self, event: Bytes) -> InvokeFuture {
        (self.0)(event)
    }
}

impl fmt::Debug for Invoke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Invoke")
    }
}

/// An API, its function, and its open connections.
#[derive(Debug)]
pub(super) struct Connections {
    pub(super) websocket: WebSocketApi,
    pub(super) invoke: Invoke,
    table: Mutex<ConnectionTable>,
}

#[derive(Debug, Default)]
pub(super) struct ConnectionTable {
    /// The number of connections so far, from which the next id is made.
    pub(super) count: usize,
    pub(super) open: HashMap<String, OpenConnection>,
}

#[derive(Debug)]
pub(super) struct OpenConnection {
    pub(super) outgoing: mpsc::UnboundedSender<Message>,
    /// The `identity` of the client, as in the request context of an event.
    pub(super) identity: Value,
}

impl Connections {
    pub(super) fn new(websocket: WebSocketApi, invoke: Invoke) -> Self {
        Self { websocket, invoke, table: Mutex::default() }
    }

    pub(super) fn stage(&self) -> &str {
        &self.websocket.front.settings.stage
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, ConnectionTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reject(&self, status: StatusCode) -> Response<Bytes> {
        self.websocket.front.error_response(status)
    }
}

/// Makes a message for a client: text if the body is UTF-8, else binary.
pub(super) fn message(body: Bytes) -> Message {
    match String::from_utf8(body.into()) {
        Ok(text) => Message::text(text),
        Err(error) => Message::binary(error.into_bytes()),
    }
}

pub(super) fn close_message(code: CloseCode, reason: &str) -> Message {
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}
