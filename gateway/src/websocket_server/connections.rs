//! The open connections of a WebSocket API.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::{RuntimeApi, WebSocketApi};

/// API Gateway's limit for a message.
pub(super) const MAX_MESSAGE: usize = 128 * 1024;

/// An API, its function, and its open connections.
pub(super) struct Connections {
    pub(super) websocket: WebSocketApi,
    pub(super) api: Arc<RuntimeApi>,
    table: Mutex<ConnectionTable>,
}

#[derive(Default)]
pub(super) struct ConnectionTable {
    /// The number of connections so far, from which the next id is made.
    pub(super) count: usize,
    pub(super) open: HashMap<String, OpenConnection>,
}

pub(super) struct OpenConnection {
    pub(super) outgoing: mpsc::UnboundedSender<Message>,
    /// The `identity` of the client, as in the request context of an event.
    pub(super) identity: Value,
}

impl Connections {
    pub(super) fn new(websocket: WebSocketApi, api: Arc<RuntimeApi>) -> Self {
        Self { websocket, api, table: Mutex::default() }
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
