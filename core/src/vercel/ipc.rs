//! The connection to the platform, which only the process talks on.

use std::{
    convert::Infallible,
    io,
    mem::take,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::{Buf as _, BytesMut};
use tokio::sync::Notify;

use super::{Context, log, message, socket::Socket, started};
use crate::{Error, log::say};

/// What the platform is told, in order, by whoever has something to tell.
///
/// A message is written at once by whoever sends it, as a rule; what the socket has no room for is kept, and written by
/// [`deliver`](Self::deliver).
#[derive(Debug)]
pub(super) struct Ipc {
    socket: Socket,
    since: Instant,
    state: Mutex<State>,
    /// Something is left to be written.
    left: Notify,
    broken: Notify,
    ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// What was sent and is not written: ends of requests, of which there are as many as the platform has sent, and lines of
    /// the log, which have a bound.
    unwritten: BytesMut,
    has_started: bool,
    /// How many requests have not ended.
    open: usize,
    is_broken: bool,
}

impl Ipc {
    pub(super) async fn connect(path: &Path) -> io::Result<Self> {
        let since = Instant::now();
        Ok(Self {
            socket: Socket::connect(path).await?,
            since,
            state: Mutex::default(),
            left: Notify::new(),
            broken: Notify::new(),
            ended: Notify::new(),
        })
    }

    /// Says where the server listens. Nothing else is said before.
    pub(super) fn started(&self, port: u16) {
        let mut state = self.lock();
        state.has_started = true;
        self.send(state, &message::server_started(started::ago(self.since), port));
    }

    /// Says why the process cannot go on, unless the server has started: what it says then is in its log.
    pub(super) fn cannot_start(&self, why: &str) {
        let state = self.lock();
        if !state.has_started {
            // As `main` ends that returns an error.
            self.send(state, &message::unrecoverable_error(1, why));
        }
    }

    /// A request has come, which will have to end.
    pub(super) fn begin(&self) {
        self.lock().open += 1;
    }

    pub(super) fn end(&self, context: &Context) {
        let mut state = self.lock();
        state.open = state.open.saturating_sub(1);
        self.send(state, &message::end(context));
        self.ended.notify_waiters();
    }

    /// Sends a line of the log. Where there are too many of them, or nobody to be sent to, it goes to standard error.
    pub(super) fn log(&self, of: Option<&Context>, level: tracing::Level, line: &str) {
        let state = self.lock();
        if state.is_broken || state.unwritten.len() > log::MAX_KEPT {
            drop(state);
            return log::to_stderr(line);
        }
        self.send(state, &message::log(of, level, line));
    }

    fn send(&self, mut state: MutexGuard<'_, State>, message: &str) {
        if state.is_broken {
            return;
        }
        state.unwritten.extend_from_slice(message.as_bytes());
        self.write(state);
    }

    /// Writes as much as the socket takes.
    fn write(&self, mut state: MutexGuard<'_, State>) {
        while !state.unwritten.is_empty() {
            match self.socket.try_write(&state.unwritten) {
                Ok(length) => state.unwritten.advance(length),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    state.is_broken = true;
                    let undelivered = take(&mut state.unwritten);
                    // What is said may be sent here as well.
                    drop(state);
                    log::undelivered(&undelivered).iter().for_each(|line| log::to_stderr(line));
                    say!(
                        ERROR,
                        "the connection to Vercel broke, and with it this process ends once all is answered: {error}"
                    );
                    self.broken.notify_waiters();
                    return;
                }
            }
        }
        // Not at every message: it would wake the thread that waits for some to be left.
        if !state.unwritten.is_empty() {
            self.left.notify_waiters();
        }
    }

    /// Writes what could not be written at once, for ever.
    pub(super) async fn deliver(&self) -> Infallible {
        loop {
            let left = self.left.notified();
            if self.lock().unwritten.is_empty() {
                left.await;
            }
            // An error is that of the next write.
            let _ = self.socket.writable().await;
            self.write(self.lock());
        }
    }

    /// Waits until all is written that can be.
    pub(super) async fn flush(&self) {
        while !self.lock().unwritten.is_empty() {
            let _ = self.socket.writable().await;
            self.write(self.lock());
        }
    }

    /// Writes to standard error what of the log is still not written.
    pub(super) fn give_up(&self) {
        let mut state = self.lock();
        let undelivered = take(&mut state.unwritten);
        // The first of them may have been written in part, so that nothing can follow it.
        state.is_broken |= !undelivered.is_empty();
        drop(state);
        log::undelivered(&undelivered).iter().for_each(|line| log::to_stderr(line));
    }

    /// Waits until no request is left.
    pub(super) async fn all_have_ended(&self) {
        loop {
            let ended = self.ended.notified();
            if self.lock().open == 0 {
                return;
            }
            ended.await;
        }
    }

    /// Waits until the platform can no longer be told anything.
    ///
    /// What it has sent is to be answered then; but what it sends later would never come to an end, as far as it can know.
    pub(super) async fn breaks(&self) {
        loop {
            let broken = self.broken.notified();
            if self.lock().is_broken {
                return;
            }
            broken.await;
        }
    }

    /// Whether the platform has been told all.
    pub(super) fn is_whole(&self) -> Result<(), Error> {
        match self.lock().is_broken {
            true => Err(Error::new("the connection to Vercel broke")),
            false => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
