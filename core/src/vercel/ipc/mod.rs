//! The connection to Vercel. Only the process sends messages on it.

mod end_of_turn;
mod outbox;
mod pace;

use std::{
    convert::Infallible,
    io,
    mem::{replace, take},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::Buf as _;
use tokio::{sync::Notify, task::yield_now};
use tracing::Level;

use self::{end_of_turn::MAX_DEFERRED, outbox::Outbox};
use crate::{
    Error,
    log::{
        self,
        sink::{self, LogSink},
    },
    vercel::{Context, message, process_age::process_age, socket::Socket},
};

/// The maximum number of consecutive writes by one thread for messages of other threads. It has work of its own.
const MAX_WRITES: usize = 16;

/// The maximum size of the messages that Vercel has not read, in bytes. That is room for the ends of more than 30,000 requests.
///
/// With more, the connection counts as lost: Vercel cannot see that requests end, and memory would grow with each of them.
const MAX_UNREAD: usize = 4 * 1024 * 1024;

/// The messages to Vercel, in order, from any thread.
///
/// Messages are written at once if possible, except the ends of requests in a busy process. Those leave together, at the end of the
/// runtime's turn or before the next other message. The thread that sends a message writes it, unless another thread is writing:
/// then that thread writes the message too. Messages that the socket has no room for are kept, and [`deliver`](Self::deliver) writes
/// them.
#[derive(Debug)]
pub(crate) struct Ipc {
    socket: Socket,
    since: Instant,
    outbox: Mutex<Outbox>,
    /// Messages are left that the socket had no room for.
    backlog: Notify,
    broken: Notify,
    /// The last open request has ended.
    idle: Notify,
}

impl Ipc {
    pub(crate) async fn connect(path: &Path) -> io::Result<Self> {
        let since = Instant::now();
        Ok(Self {
            socket: Socket::connect(path).await?,
            since,
            outbox: Mutex::default(),
            backlog: Notify::new(),
            broken: Notify::new(),
            idle: Notify::new(),
        })
    }

    /// Sends the port of the server. It is the first message.
    pub(crate) fn send_started(&self, port: u16) {
        let mut outbox = self.lock();
        outbox.has_started = true;
        self.send(outbox, &message::server_started(process_age(self.since), port));
    }

    /// Sends the reason why the process cannot start. Does nothing if the server has started: later errors are in its log.
    pub(crate) fn send_init_error(&self, reason: &str) {
        let outbox = self.lock();
        if !outbox.has_started {
            // The exit code of a `main` that returns an error.
            self.send(outbox, &message::unrecoverable_error(1, reason));
        }
    }

    /// Counts a request, whose end has to be reported.
    pub(crate) fn begin_request(&self) {
        self.lock().open_requests += 1;
    }

    /// Reports the end of a request: at once, or at the end of the turn if the process is busy.
    pub(crate) fn end_request(self: &Arc<Self>, context: &Context) {
        let mut outbox = self.lock();
        outbox.open_requests = outbox.open_requests.saturating_sub(1);
        let is_idle = outbox.open_requests == 0;
        if !outbox.is_broken {
            message::push_end(&mut outbox.unwritten, context);
            let is_deferred = outbox.pace.count_end(Instant::now) && outbox.unwritten.len() <= MAX_DEFERRED;
            match outbox.unread() {
                unread if unread > MAX_UNREAD => {
                    self.set_broken(outbox, &format!("{unread} bytes of messages are unread"));
                }
                _ if is_deferred => self.write_at_end_of_turn(outbox),
                _ => self.write(outbox),
            }
        }
        if is_idle {
            self.idle.notify_waiters();
        }
    }

    /// Sends a log line. If the connection broke or too many lines wait, the line goes to standard error.
    pub(crate) fn send_log(&self, context: Option<&Context>, level: Level, line: &str) {
        let outbox = self.lock();
        if outbox.is_broken || outbox.unread() > sink::MAX_BUFFERED {
            drop(outbox);
            return sink::to_stderr(line);
        }
        self.send(outbox, &message::log(context, level, line));
    }

    fn send<'a>(&'a self, mut outbox: MutexGuard<'a, Outbox>, message: &str) {
        if outbox.is_broken {
            return;
        }
        outbox.unwritten.extend_from_slice(message.as_bytes());
        self.write(outbox);
    }

    /// Writes as much as the socket takes. Returns at once if another thread is writing, because that thread writes this too.
    fn write<'a>(&'a self, mut outbox: MutexGuard<'a, Outbox>) {
        if outbox.being_written > 0 {
            return;
        }
        for _ in 0..MAX_WRITES {
            if outbox.unwritten.is_empty() {
                return;
            }
            let mut batch = take(&mut outbox.unwritten);
            outbox.being_written = batch.len();
            // Not under the lock: each request ends with a write, and other threads would wait.
            drop(outbox);
            let written = self.socket.try_write(&batch);
            outbox = self.lock();
            outbox.being_written = 0;
            batch.advance(written.as_ref().copied().unwrap_or_default());
            // The rest of the batch comes first. An empty batch is kept for its memory.
            if !batch.is_empty() || outbox.unwritten.is_empty() {
                batch.extend_from_slice(&outbox.unwritten);
                outbox.unwritten = batch;
            }
            match written {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return self.set_broken(outbox, &error.to_string());
                }
                _ => {}
            }
        }
        if outbox.is_broken {
            // The connection broke, or `give_up` was called, during the write.
            return write_lines_to_stderr(outbox);
        }
        // Only if messages are left: a notification wakes the thread of `deliver`.
        if !outbox.unwritten.is_empty() {
            self.backlog.notify_waiters();
        }
    }

    fn set_broken(&self, mut outbox: MutexGuard<'_, Outbox>, reason: &str) {
        let was_broken = replace(&mut outbox.is_broken, true);
        // Releases the lock before the line below, which may come back here.
        write_lines_to_stderr(outbox);
        if was_broken {
            return;
        }
        log::error!("lost the connection to Vercel: {reason}; shutting down after the requests in flight");
        self.broken.notify_waiters();
    }

    /// Writes the messages that the socket had no room for. Never completes.
    pub(crate) async fn deliver(&self) -> Infallible {
        loop {
            let backlog = self.backlog.notified();
            // A thread that is writing notifies `backlog` if messages are left.
            if self.lock().has_writer_or_is_empty() {
                backlog.await;
            }
            // The next write returns the same error.
            let _ = self.socket.writable().await;
            self.write(self.lock());
        }
    }

    /// Waits until all messages are written, or the connection broke.
    pub(crate) async fn flush(&self) {
        while !self.lock().is_empty() {
            let _ = self.socket.writable().await;
            self.write(self.lock());
            // Another thread may be writing.
            yield_now().await;
        }
    }

    /// Writes the log lines among the messages that are left to standard error.
    pub(crate) fn give_up(&self) {
        let mut outbox = self.lock();
        // The first message may have been written in part, so no other message can follow.
        outbox.is_broken |= !outbox.unwritten.is_empty();
        write_lines_to_stderr(outbox);
    }

    /// Waits until no request is open.
    pub(crate) async fn wait_until_idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.lock().open_requests == 0 {
                return;
            }
            idle.await;
        }
    }

    /// Waits until the connection breaks.
    ///
    /// After that, the server responds to the requests that it has received. Later requests would never end for the platform.
    pub(crate) async fn wait_until_broken(&self) {
        loop {
            let broken = self.broken.notified();
            if self.lock().is_broken {
                return;
            }
            broken.await;
        }
    }

    /// Returns an error if the connection broke.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.lock().is_broken {
            true => Err(Error::platform_lost("lost the connection to Vercel")),
            false => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sink of lines outside of any request.
impl LogSink for Ipc {
    fn log(&self, level: Level, line: &str) {
        self.send_log(None, level, line);
    }
}

/// Writes the log lines among the unwritten messages to standard error, and removes all messages.
fn write_lines_to_stderr(mut outbox: MutexGuard<'_, Outbox>) {
    let unwritten = take(&mut outbox.unwritten);
    drop(outbox);
    // The first message may be incomplete.
    let messages = unwritten.as_ref().split(|&byte: &u8| byte == 0);
    messages.filter_map(message::read_log_line).for_each(|line| sink::to_stderr(&line));
}

#[cfg(unix)]
#[cfg(test)]
pub(crate) mod tests;
