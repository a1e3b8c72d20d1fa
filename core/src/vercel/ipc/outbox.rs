use std::thread::ThreadId;

use bytes::BytesMut;

use super::pace::Pace;

/// The state of the messages and of the requests.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Messages that are not written yet: ends of requests and log lines. Both have a limit.
    pub(super) unwritten: BytesMut,
    /// The number of bytes before `unwritten` that a thread is writing, or 0.
    pub(super) being_written: usize,
    pub(super) pace: Pace,
    /// The threads that write `unwritten` at the end of their turn, with the number of requests that ended in it.
    pub(super) deferring_threads: Vec<(ThreadId, u32)>,
    pub(super) has_started: bool,
    pub(super) open_requests: usize,
    pub(super) is_broken: bool,
}

impl Outbox {
    /// The size of the messages for which the socket had no room yet, in bytes.
    pub(super) fn unread(&self) -> usize {
        self.being_written + self.unwritten.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.being_written == 0 && self.unwritten.is_empty()
    }

    /// Returns whether nothing has to be written, or a thread is writing.
    pub(super) fn has_writer_or_is_empty(&self) -> bool {
        self.being_written > 0 || self.unwritten.is_empty()
    }
}
