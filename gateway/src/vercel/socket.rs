//! What a process says to Vercel, as it comes.

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

use super::{VercelMessage, invocation_id};

#[derive(Debug, Default)]
pub(super) struct State {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    messages: Vec<VercelMessage>,
    complaints: Vec<String>,
    /// Requests that were marked and have not ended.
    open: HashSet<u64>,
    is_closed: bool,
    /// When the process was started, until it says so.
    process_started: Option<Instant>,
    /// The time in between, until the first request.
    cold_start: Option<Duration>,
}

impl State {
    pub(super) fn open(&self, id: u64) {
        self.lock().open.insert(id);
    }

    pub(super) fn mark_start(&self) {
        self.lock().process_started = Some(Instant::now());
    }

    /// Gives the time that the process took to start, once.
    pub(super) fn take_cold_start(&self) -> Option<Duration> {
        self.lock().cold_start.take()
    }

    pub(super) fn messages(&self) -> Vec<VercelMessage> {
        self.lock().messages.clone()
    }

    pub(super) fn protocol_errors(&self) -> Vec<String> {
        self.lock().complaints.clone()
    }

    pub(super) async fn message(&self, index: usize) -> VercelMessage {
        self.once(|inner| inner.messages.get(index).cloned()).await
    }

    pub(super) async fn port(&self) -> io::Result<u16> {
        self.once(|inner| {
            let known = inner.messages.iter().find_map(|message| match message {
                VercelMessage::ServerStarted { port, .. } => Some(Ok(*port)),
                VercelMessage::UnrecoverableError { message, .. } => {
                    Some(Err(io::Error::other(format!("the function cannot start: {message}"))))
                }
                _ => None,
            });
            let closed = || Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the function has closed the socket"));
            known.or_else(|| inner.is_closed.then(closed))
        })
        .await
    }

    pub(super) async fn ended(&self, id: u64) {
        self.once(|inner| {
            let is_its_end =
                |message: &VercelMessage| matches!(message, VercelMessage::End { request_id, .. } if *request_id == id);
            inner.messages.iter().any(is_its_end).then_some(())
        })
        .await;
    }

    pub(super) async fn unrecoverable_error(&self) -> (i64, String) {
        self.once(|inner| {
            inner.messages.iter().find_map(|message| match message {
                VercelMessage::UnrecoverableError { exit_code, message } => Some((*exit_code, message.clone())),
                _ => None,
            })
        })
        .await
    }

    /// Waits until there is what `find` looks for.
    async fn once<T>(&self, find: impl Fn(&Inner) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            if let Some(found) = find(&self.lock()) {
                return found;
            }
            changed.await;
        }
    }

    fn take(&self, json: &[u8]) {
        let mut inner = self.lock();
        match VercelMessage::read(json) {
            Some(message) => {
                inner.judge(&message);
                if let (VercelMessage::ServerStarted { .. }, Some(at)) = (&message, inner.process_started) {
                    inner.process_started = None;
                    inner.cold_start = Some(at.elapsed());
                }
                inner.messages.push(message);
            }
            None => inner.complaints.push(format!("{:?} is no message", String::from_utf8_lossy(json))),
        }
        drop(inner);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn judge(&mut self, message: &VercelMessage) {
        let is_first = self.messages.is_empty();
        match message {
            VercelMessage::ServerStarted { .. } if !is_first => {
                self.complaints.push("it did not start first of all, and once".to_owned());
            }
            VercelMessage::ServerStarted { .. } | VercelMessage::UnrecoverableError { .. } => {}
            _ if is_first => self.complaints.push(format!("it has not started, and says {message:?}")),
            VercelMessage::End { invocation_id: of, request_id } => {
                if *of != invocation_id(*request_id) || !self.open.remove(request_id) {
                    self.complaints.push(format!("an end of what is not open: {of:?}, {request_id}"));
                }
            }
            VercelMessage::Log { .. } => {}
        }
    }
}

/// Takes the one connection of the process, and reads what comes on it.
pub(super) async fn listen(listener: UnixListener, state: Arc<State>) {
    let Ok((socket, _)) = listener.accept().await else { return };
    let mut socket = BufReader::new(socket);
    let mut message = Vec::new();
    let mut another = std::pin::pin!(listener.accept());
    loop {
        let read = tokio::select! {
            read = socket.read_until(b'\0', &mut message) => read,
            accepted = another.as_mut() => {
                state.lock().complaints.push("it has connected twice".to_owned());
                another.set(listener.accept());
                drop(accepted);
                continue;
            }
        };
        match read {
            Ok(1..) if message.pop_if(|last| *last == b'\0').is_some() => state.take(&message),
            _ => break,
        }
        message.clear();
    }
    let mut inner = state.lock();
    inner.is_closed = true;
    if !message.is_empty() {
        inner.complaints.push("its last message was cut off".to_owned());
    }
    drop(inner);
    state.changed.notify_waiters();
}
