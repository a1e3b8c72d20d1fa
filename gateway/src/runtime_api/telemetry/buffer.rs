//! The records that wait for their delivery.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::Notify, time::Instant};

use super::subscription::Buffering;

/// A bounded buffer of records.
#[derive(Debug)]
pub(super) struct Buffer {
    limits: Buffering,
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    records: VecDeque<String>,
    bytes: usize,
    /// The time of the first record.
    since: Option<Instant>,
    /// Whether the batch is due at once.
    is_flushed: bool,
    dropped: Dropped,
}

/// Records that the destination did not take in time.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) records: usize,
    pub(super) bytes: usize,
}

impl Buffer {
    pub(super) fn new(limits: Buffering) -> Self {
        Self { limits, waiting: Mutex::default(), changed: Notify::new() }
    }

    /// Adds a record, or drops it if the buffer is full because the destination is slow.
    ///
    /// The buffer holds two batches at most, and always one record.
    pub(super) fn push(&self, record: String) {
        let mut waiting = self.lock();
        let fits = waiting.records.is_empty() || waiting.bytes + record.len() <= 2 * self.limits.max_bytes;
        let is_full = waiting.records.len() >= self.limits.max_items || !fits;
        if is_full {
            waiting.dropped.records += 1;
            waiting.dropped.bytes += record.len();
            return;
        }
        waiting.bytes += record.len();
        waiting.records.push_back(record);
        waiting.since.get_or_insert_with(Instant::now);
        drop(waiting);
        self.changed.notify_one();
    }

    /// Makes the next batch due.
    pub(super) fn flush(&self) {
        self.lock().is_flushed = true;
        self.changed.notify_one();
    }

    /// Counts the records of a batch that could not be delivered.
    pub(super) fn drop_batch(&self, batch: &[String]) {
        let mut waiting = self.lock();
        waiting.dropped.records += batch.len();
        waiting.dropped.bytes += batch.iter().map(String::len).sum::<usize>();
    }

    /// Waits for a batch, and takes it with the count of the records that were dropped before.
    pub(super) async fn next_batch(&self) -> (Vec<String>, Dropped) {
        loop {
            let due_at = {
                let mut waiting = self.lock();
                if waiting.is_due(&self.limits) {
                    return waiting.take(&self.limits);
                }
                waiting.since.map(|since| since + self.limits.timeout)
            };
            tokio::select! {
                () = self.changed.notified() => {}
                () = sleep_until(due_at) => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_due(&self, limits: &Buffering) -> bool {
        let Some(since) = self.since else { return false };
        self.is_flushed
            || self.records.len() >= limits.max_items
            || self.bytes >= limits.max_bytes
            || since.elapsed() >= limits.timeout
    }

    /// Takes the oldest records, up to the size of a batch.
    fn take(&mut self, limits: &Buffering) -> (Vec<String>, Dropped) {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(record) = self.records.front()
            && (batch.is_empty() || bytes + record.len() <= limits.max_bytes)
        {
            bytes += record.len();
            batch.extend(self.records.pop_front());
        }
        self.bytes -= bytes;
        if self.records.is_empty() {
            (self.since, self.is_flushed) = (None, false);
        }
        (batch, std::mem::take(&mut self.dropped))
    }
}

/// Sleeps until a time, or forever without one.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIMITS: Buffering = Buffering { max_items: 3, max_bytes: 10, timeout: Duration::from_secs(1) };

    async fn batch(buffer: &Buffer) -> (String, usize) {
        let (batch, dropped) = buffer.next_batch().await;
        (batch.join(" "), dropped.records)
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_waits_for_the_timeout_unless_it_is_complete() {
        let buffer = Buffer::new(LIMITS);
        let start = Instant::now();
        buffer.push("a".into());
        assert_eq!(batch(&buffer).await, ("a".into(), 0));
        assert_eq!(start.elapsed(), LIMITS.timeout);
        for record in ["a", "b", "c"] {
            buffer.push(record.into());
        }
        assert_eq!(batch(&buffer).await, ("a b c".into(), 0));
        buffer.push("0123456789".into());
        assert_eq!(batch(&buffer).await, ("0123456789".into(), 0));
        buffer.push("a".into());
        buffer.flush();
        assert_eq!(batch(&buffer).await, ("a".into(), 0));
        assert_eq!(start.elapsed(), LIMITS.timeout);
    }

    #[tokio::test(start_paused = true)]
    async fn drops_and_counts_records_over_the_limits() {
        let buffer = Buffer::new(LIMITS);
        for record in ["a", "b", "c", "d"] {
            buffer.push(record.into());
        }
        assert_eq!(batch(&buffer).await, ("a b c".into(), 1));
        buffer.push("012345678901234567890123456789".into());
        buffer.push("b".into());
        let (records, dropped) = buffer.next_batch().await;
        assert_eq!((records.len(), dropped), (1, Dropped { records: 1, bytes: 1 }));
        buffer.drop_batch(&records);
        buffer.push("c".into());
        assert_eq!(batch(&buffer).await, ("c".into(), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_not_larger_than_its_limit() {
        let buffer = Buffer::new(LIMITS);
        for record in ["012345", "678901"] {
            buffer.push(record.into());
        }
        assert_eq!(batch(&buffer).await.0, "012345");
        assert_eq!(batch(&buffer).await.0, "678901");
    }
}
