//! Sinks that a host registers, if it has a log of its own.
//!
//! There are two: the sink of the request that a thread works on, and the sink of the process, for every other line. Lines are
//! logged before there is a host, so they can be [buffered](buffer) until the host registers its sink.

#[cfg(feature = "vercel")]
use std::mem::replace;
use std::{
    cell::RefCell,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tracing::Level;

/// The maximum size of all lines that wait for a sink, in bytes. Later lines go to standard error.
pub(crate) const MAX_BUFFERED: usize = 1_000_000;

/// The log of a host, for one request or for the process.
pub(crate) trait LogSink: Send + Sync {
    /// Sends a line, or writes it to standard error if that is impossible.
    fn log(&self, level: Level, line: &str);
}

thread_local! {
    /// The sink of the request that this thread works on.
    static REQUEST: RefCell<Option<Arc<dyn LogSink>>> = const { RefCell::new(None) };
}

/// The sink of the process. It is global, because subscribers of `tracing` are global.
static PROCESS: Mutex<ProcessLog> = Mutex::new(ProcessLog::NoSink);

#[cfg_attr(not(feature = "vercel"), allow(dead_code, reason = "only Vercel has a log of its own"))]
enum ProcessLog {
    /// No host has a log of its own.
    NoSink,
    /// A host will register its sink.
    Buffering {
        lines: Vec<(Level, String)>,
        bytes: usize,
    },
    Sink(Weak<dyn LogSink>),
}

/// The place for a line of the process.
enum Destination {
    /// There is no sink.
    Nowhere,
    /// The line is in the buffer already.
    Buffer,
    Sink(Arc<dyn LogSink>),
    /// The buffer is full, or the host has ended.
    Stderr,
}

impl ProcessLog {
    #[cfg(any(feature = "vercel", test))]
    fn start_buffering(&mut self) {
        if matches!(self, Self::NoSink) {
            *self = Self::Buffering { lines: Vec::new(), bytes: 0 };
        }
    }

    /// Buffers a line if that is its place, and returns its place.
    fn accept(&mut self, level: Level, line: &str) -> Destination {
        match self {
            Self::NoSink => Destination::Nowhere,
            Self::Buffering { lines, bytes } if *bytes + line.len() <= MAX_BUFFERED => {
                *bytes += line.len();
                lines.push((level, line.to_owned()));
                Destination::Buffer
            }
            Self::Buffering { .. } => Destination::Stderr,
            Self::Sink(sink) => sink.upgrade().map_or(Destination::Stderr, Destination::Sink),
        }
    }
}

/// The sink of the request that this thread works on.
pub(crate) fn of_request() -> Option<Arc<dyn LogSink>> {
    REQUEST.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Calls `work`, whose lines belong to the request of `sink`.
pub(crate) fn with_request<T>(sink: Arc<dyn LogSink>, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Arc<dyn LogSink>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            set_request(self.0.take());
        }
    }
    let _restore = Restore(set_request(Some(sink)));
    work()
}

/// Awaits `work`, whose lines belong to the request of `sink`.
pub(crate) async fn with_request_async<T>(sink: &Arc<dyn LogSink>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|cx| with_request(Arc::clone(sink), || work.as_mut().poll(cx))).await
}

fn set_request(sink: Option<Arc<dyn LogSink>>) -> Option<Arc<dyn LogSink>> {
    // This fails while the thread ends and its variables are destroyed.
    REQUEST.try_with(|cell| cell.replace(sink)).unwrap_or_default()
}

/// Buffers lines from now on, until a host registers its sink.
#[cfg(feature = "vercel")]
pub(crate) fn buffer() {
    lock().start_buffering();
}

/// Registers the sink of the process, and sends it the buffered lines.
#[cfg(feature = "vercel")]
pub(crate) fn register(sink: &Arc<dyn LogSink>) {
    let before = replace(&mut *lock(), ProcessLog::Sink(Arc::downgrade(sink)));
    if let ProcessLog::Buffering { lines, .. } = before {
        for (level, line) in lines {
            sink.log(level, &line);
        }
    }
}

/// Removes the sink of the process, or stops buffering and writes the buffered lines to standard error.
#[cfg(feature = "vercel")]
pub(crate) fn unregister(sink: &Arc<dyn LogSink>) {
    let process = lock();
    if matches!(&*process, ProcessLog::Sink(other) if !other.ptr_eq(&Arc::downgrade(sink))) {
        // A test may run several hosts, and another one has registered its sink.
        return;
    }
    drop(process);
    stop_buffering();
}

/// Stops buffering, and writes the buffered lines to standard error.
#[cfg(feature = "vercel")]
pub(crate) fn stop_buffering() {
    let before = replace(&mut *lock(), ProcessLog::NoSink);
    if let ProcessLog::Buffering { lines, .. } = before {
        for (_, line) in lines {
            to_stderr(&line);
        }
    }
}

/// Writes buffered lines to standard error when the calling thread ends. Call it on the main thread, which may end before there is
/// a host.
#[cfg(all(feature = "logs", feature = "vercel"))]
pub(crate) fn flush_at_thread_exit() {
    struct AtExit;
    impl Drop for AtExit {
        fn drop(&mut self) {
            if let ProcessLog::Buffering { lines, bytes } = &mut *lock() {
                *bytes = 0;
                lines.drain(..).for_each(|(_, line)| to_stderr(&line));
            }
        }
    }
    thread_local!(static AT_EXIT: AtExit = const { AtExit });
    AT_EXIT.with(|_| ());
}

/// Sends a line to the sink of the current request or of the process, or buffers the line. Returns `false` without a sink.
pub(crate) fn send(level: Level, line: &str) -> bool {
    send_to(of_request(), level, line)
}

/// Sends a line to the sink of a request if there is one, and otherwise like [`send`].
pub(crate) fn send_to(request: Option<Arc<dyn LogSink>>, level: Level, line: &str) -> bool {
    if let Some(request) = request {
        request.log(level, line);
        return true;
    }
    // The lock is free again before the sink gets the line.
    let destination = lock().accept(level, line);
    match destination {
        Destination::Nowhere => return false,
        Destination::Buffer => {}
        Destination::Sink(sink) => sink.log(level, line),
        Destination::Stderr => to_stderr(line),
    }
    true
}

/// Writes a line that no sink takes.
pub(crate) fn to_stderr(line: &str) {
    crate::log::to_stderr(format_args!("{line}"));
}

fn lock() -> MutexGuard<'static, ProcessLog> {
    PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_early_lines_up_to_the_maximum() {
        // Not the log of this process, to which other tests write.
        let mut process = ProcessLog::NoSink;
        assert!(matches!(process.accept(Level::INFO, "elsewhere"), Destination::Nowhere));
        process.start_buffering();
        assert!(matches!(process.accept(Level::INFO, &"x".repeat(MAX_BUFFERED)), Destination::Buffer));
        assert!(matches!(process.accept(Level::INFO, "too much"), Destination::Stderr));
        let ProcessLog::Buffering { lines, bytes } = process else { panic!("it does not buffer") };
        assert_eq!((lines.len(), bytes), (1, MAX_BUFFERED));
    }
}
