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
use tokio::{sync::Notify, task::yield_now};

use crate::{
    Error, log,
    vercel::{Context, log_sink, message, socket::Socket, started},
};

/// How often in a row one writes what others send meanwhile, who are not to keep it from its own work.
const MAX_WRITES: usize = 16;

/// What the platform is told, in order, by whoever has something to tell.
///
/// A message is written at once, as a rule by whoever sends it: or by whoever is writing just then, together with what others
/// send meanwhile. What the socket has no room for is kept, and written by [`deliver`](Self::deliver).
#[derive(Debug)]
pub(crate) struct Ipc {
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
    /// How many bytes before those somebody is writing; 0 if nobody is.
    in_hand: usize,
    has_started: bool,
    /// How many requests have not ended.
    open: usize,
    is_broken: bool,
}

impl State {
    fn is_written(&self) -> bool {
        self.in_hand == 0 && self.unwritten.is_empty()
    }

    fn is_written_or_in_hand(&self) -> bool {
        self.in_hand > 0 || self.unwritten.is_empty()
    }
}

impl Ipc {
    pub(crate) async fn connect(path: &Path) -> io::Result<Self> {
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
    pub(crate) fn started(&self, port: u16) {
        let mut state = self.lock();
        state.has_started = true;
        self.send(state, &message::server_started(started::ago(self.since), port));
    }

    /// Says why the process cannot go on, unless the server has started: what it says then is in its log.
    pub(crate) fn cannot_start(&self, why: &str) {
        let state = self.lock();
        if !state.has_started {
            // As `main` ends that returns an error.
            self.send(state, &message::unrecoverable_error(1, why));
        }
    }

    /// A request has come, which will have to end.
    pub(crate) fn begin(&self) {
        self.lock().open += 1;
    }

    pub(crate) fn end(&self, context: &Context) {
        let mut state = self.lock();
        state.open = state.open.saturating_sub(1);
        let is_last = state.open == 0;
        if !state.is_broken {
            message::push_end(&mut state.unwritten, context);
            self.write(state);
        }
        if is_last {
            self.ended.notify_waiters();
        }
    }

    /// Sends a line of the log. Where there are too many of them, or nobody to be sent to, it goes to standard error.
    pub(crate) fn log(&self, of: Option<&Context>, level: tracing::Level, line: &str) {
        let state = self.lock();
        if state.is_broken || state.in_hand + state.unwritten.len() > log_sink::MAX_KEPT {
            drop(state);
            return log_sink::to_stderr(line);
        }
        self.send(state, &message::log(of, level, line));
    }

    fn send<'a>(&'a self, mut state: MutexGuard<'a, State>, message: &str) {
        if state.is_broken {
            return;
        }
        state.unwritten.extend_from_slice(message.as_bytes());
        self.write(state);
    }

    /// Writes as much as the socket takes, unless somebody is writing, who then writes this as well.
    fn write<'a>(&'a self, mut state: MutexGuard<'a, State>) {
        if state.in_hand > 0 {
            return;
        }
        for _ in 0..MAX_WRITES {
            if state.unwritten.is_empty() {
                return;
            }
            let mut batch = take(&mut state.unwritten);
            state.in_hand = batch.len();
            // Without the lock: each request ends with a write, and others would have to wait for that.
            drop(state);
            let written = self.socket.try_write(&batch);
            state = self.lock();
            state.in_hand = 0;
            batch.advance(written.as_ref().copied().unwrap_or_default());
            // What is left of it comes first; if nothing is, the space is used again.
            if !batch.is_empty() || state.unwritten.is_empty() {
                batch.extend_from_slice(&state.unwritten);
                state.unwritten = batch;
            }
            match written {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return self.breaks_off(state, &error),
                _ => {}
            }
        }
        if state.is_broken {
            // It was given up meanwhile.
            return to_stderr(state);
        }
        // Not at every message: it would wake the thread that waits for some to be left.
        if !state.unwritten.is_empty() {
            self.left.notify_waiters();
        }
    }

    fn breaks_off(&self, mut state: MutexGuard<'_, State>, error: &io::Error) {
        state.is_broken = true;
        // What is said below may be sent here as well.
        to_stderr(state);
        log::error!("the connection to Vercel broke, and with it this process ends once all is answered: {error}");
        self.broken.notify_waiters();
    }

    /// Writes what could not be written at once, for ever.
    pub(crate) async fn deliver(&self) -> Infallible {
        loop {
            let left = self.left.notified();
            // Whoever is writing says if something is left.
            if self.lock().is_written_or_in_hand() {
                left.await;
            }
            // An error is that of the next write.
            let _ = self.socket.writable().await;
            self.write(self.lock());
        }
    }

    /// Waits until all is written that can be.
    pub(crate) async fn flush(&self) {
        while !self.lock().is_written() {
            let _ = self.socket.writable().await;
            self.write(self.lock());
            // For others who may be writing.
            yield_now().await;
        }
    }

    /// Writes to standard error what of the log is still not written.
    pub(crate) fn give_up(&self) {
        let mut state = self.lock();
        // The first of them may have been written in part, so that nothing can follow it.
        state.is_broken |= !state.unwritten.is_empty();
        to_stderr(state);
    }

    /// Waits until no request is left.
    pub(crate) async fn all_have_ended(&self) {
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
    pub(crate) async fn breaks(&self) {
        loop {
            let broken = self.broken.notified();
            if self.lock().is_broken {
                return;
            }
            broken.await;
        }
    }

    /// Whether the platform has been told all.
    pub(crate) fn is_whole(&self) -> Result<(), Error> {
        match self.lock().is_broken {
            true => Err(Error::new("the connection to Vercel broke")),
            false => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes to standard error what of the log is not written, and will not be.
fn to_stderr(mut state: MutexGuard<'_, State>) {
    let undelivered = take(&mut state.unwritten);
    drop(state);
    log_sink::undelivered(&undelivered).iter().for_each(|line| log_sink::to_stderr(line));
}

#[cfg(unix)]
#[cfg(test)]
pub(crate) mod tests;
