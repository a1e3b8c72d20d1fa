//! The messages that a process sends to Vercel over its Unix socket.

use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::UnixListener,
    sync::Notify,
};

use super::message::VercelMessage;

/// The [`IpcState`] of a process, and its notifications.
#[derive(Debug, Default)]
pub(super) struct Ipc {
    state: Mutex<IpcState>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct IpcState {
    messages: Vec<VercelMessage>,
    protocol_errors: Vec<String>,
    /// The ids of requests without an `end` message.
    open: HashSet<u64>,
    /// Whether the process has closed the socket.
    is_closed: bool,
    /// The start of the process. `None` after its first message.
    started_at: Option<Instant>,
    /// The time from the start of the process to its first message. `None` after the first request.
    cold_start: Option<Duration>,
}

/// Returns the invocation id of a request.
pub(super) fn invocation_id(request_id: u64) -> String {
    format!("invocation-{request_id}")
}

impl Ipc {
    pub(super) fn open(&self, id: u64) {
        self.lock().open.insert(id);
    }

    pub(super) fn mark_start(&self) {
        self.lock().started_at = Some(Instant::now());
    }

    /// Takes the time that the process needed to start.
    pub(super) fn take_cold_start(&self) -> Option<Duration> {
        self.lock().cold_start.take()
    }

    pub(super) fn messages(&self) -> Vec<VercelMessage> {
        self.lock().messages.clone()
    }

    pub(super) fn protocol_errors(&self) -> Vec<String> {
        self.lock().protocol_errors.clone()
    }

    pub(super) async fn message(&self, index: usize) -> VercelMessage {
        self.wait_for(|state| state.messages.get(index).cloned()).await
    }

    pub(super) async fn port(&self) -> io::Result<u16> {
        self.wait_for(|state| {
            let known = state.messages.iter().find_map(|message| match message {
                VercelMessage::ServerStarted { port, .. } => Some(Ok(*port)),
                VercelMessage::UnrecoverableError { message, .. } => {
                    Some(Err(io::Error::other(format!("the function cannot start: {message}"))))
                }
                _ => None,
            });
            let closed = || Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the function has closed the socket"));
            known.or_else(|| state.is_closed.then(closed))
        })
        .await
    }

    pub(super) async fn wait_for_end(&self, id: u64) {
        self.wait_for(|state| {
            let is_end =
                |message: &VercelMessage| matches!(message, VercelMessage::End { request_id, .. } if *request_id == id);
            state.messages.iter().any(is_end).then_some(())
        })
        .await;
    }

    pub(super) async fn unrecoverable_error(&self) -> (i64, String) {
        self.wait_for(|state| {
            state.messages.iter().find_map(|message| match message {
                VercelMessage::UnrecoverableError { exit_code, message } => Some((*exit_code, message.clone())),
                _ => None,
            })
        })
        .await
    }

    /// Waits until `find` returns a value.
    async fn wait_for<T>(&self, find: impl Fn(&IpcState) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            if let Some(found) = find(&self.lock()) {
                return found;
            }
            changed.await;
        }
    }

    fn record(&self, json: &[u8]) {
        let mut state = self.lock();
        match VercelMessage::parse(json) {
            Some(message) => {
                state.check(&message);
                if let (VercelMessage::ServerStarted { .. }, Some(at)) = (&message, state.started_at) {
                    state.started_at = None;
                    state.cold_start = Some(at.elapsed());
                }
                state.messages.push(message);
            }
            None => {
                let error = format!("{:?} is not a valid message", String::from_utf8_lossy(json));
                state.protocol_errors.push(error);
            }
        }
        drop(state);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, IpcState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IpcState {
    /// Checks a message against the messages before it.
    fn check(&mut self, message: &VercelMessage) {
        let is_first = self.messages.is_empty();
        match message {
            VercelMessage::ServerStarted { .. } if !is_first => {
                self.protocol_errors.push("sent `server-started` after its first message".to_owned());
            }
            VercelMessage::ServerStarted { .. } | VercelMessage::UnrecoverableError { .. } => {}
            _ if is_first => self.protocol_errors.push(format!("sent {message:?} before `server-started`")),
            VercelMessage::End { invocation_id: id, request_id } => {
                if *id != invocation_id(*request_id) || !self.open.remove(request_id) {
                    let error = format!("sent `end` for a request that is not open: {id:?}, {request_id}");
                    self.protocol_errors.push(error);
                }
            }
            VercelMessage::Log { .. } => {}
        }
    }
}

/// Accepts the connection of the process and reads its messages.
pub(super) async fn listen(listener: UnixListener, ipc: Arc<Ipc>) {
    let Ok((socket, _)) = listener.accept().await else { return };
    let mut socket = BufReader::new(socket);
    let mut message = Vec::new();
    let mut second = std::pin::pin!(listener.accept());
    loop {
        let read = tokio::select! {
            read = socket.read_until(b'\0', &mut message) => read,
            accepted = second.as_mut() => {
                ipc.lock().protocol_errors.push("connected to the socket twice".to_owned());
                second.set(listener.accept());
                drop(accepted);
                continue;
            }
        };
        match read {
            Ok(1..) if message.pop_if(|last| *last == b'\0').is_some() => ipc.record(&message),
            _ => break,
        }
        message.clear();
    }
    let mut state = ipc.lock();
    state.is_closed = true;
    if !message.is_empty() {
        state.protocol_errors.push("the last message is incomplete".to_owned());
    }
    drop(state);
    ipc.changed.notify_waiters();
}
