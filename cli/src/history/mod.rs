//! The invocations so far, with everything that the inspector shows of them.

mod body;
mod detail;
mod new_record;
mod observer;
mod record;
mod secrets;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast;

#[cfg(test)]
pub use self::detail::{ReplyRecord, ResponseRecord};
pub use self::{
    body::BodyRecord,
    detail::{Complaint, Detail, HeaderList, RequestRecord, State, Summary},
    new_record::NewRecord,
    record::Record,
    secrets::{is_secret, remove_secrets},
};

/// The maximum number of invocations. Older ones are dropped.
const MAX_RECORDS: usize = 10_000;

/// The maximum size of all invocations, in bytes: bodies, headers and lines.
const MAX_SIZE: usize = 128 << 20;

/// The number of updates that a slow reader of them may be behind.
const UPDATES: usize = 1_024;

/// The invocations, the newest last.
#[derive(Debug)]
pub struct History {
    records: Mutex<Records>,
    updates: broadcast::Sender<Update>,
}

/// The invocations in the order of their ids.
#[derive(Debug, Default)]
struct Records {
    all: VecDeque<Arc<Record>>,
    /// The id of the newest one.
    last_id: u64,
}

impl Records {
    fn position(&self, id: u64) -> Option<usize> {
        self.all.binary_search_by_key(&id, |record| record.id()).ok()
    }
}

/// A change of the history.
#[derive(Debug, Clone)]
pub enum Update {
    /// An invocation is new, or has changed.
    Changed(Box<Summary>),
    /// A line of a function that belongs to no invocation.
    Line(String),
    Cleared,
}

impl History {
    pub fn new() -> Self {
        Self { records: Mutex::default(), updates: broadcast::Sender::new(UPDATES) }
    }

    /// Adds an invocation that begins now.
    pub fn begin(self: &Arc<Self>, new: NewRecord) -> Arc<Record> {
        let mut records = self.lock();
        records.last_id += 1;
        let record = Arc::new(Record::new(records.last_id, new, Arc::downgrade(self)));
        records.all.push_back(Arc::clone(&record));
        drop_oldest(&mut records.all, record.id());
        drop(records);
        self.changed(&record);
        record
    }

    /// Returns an invocation.
    pub fn get(&self, id: u64) -> Option<Arc<Record>> {
        let records = self.lock();
        records.all.get(records.position(id)?).cloned()
    }

    /// Returns up to `limit` invocations before `before`, the newest first, and whether there are no older ones.
    pub fn page(&self, before: Option<u64>, limit: usize) -> (Vec<Summary>, bool) {
        let records = &self.lock().all;
        let end = before.map_or(records.len(), |before| records.partition_point(|record| record.id() < before));
        let page: Vec<_> = records.range(..end).rev().take(limit).map(|record| record.summary()).collect();
        let is_complete = page.len() == end;
        (page, is_complete)
    }

    /// The invocations, the oldest first.
    pub fn all(&self) -> Vec<Arc<Record>> {
        self.lock().all.iter().cloned().collect()
    }

    /// Drops all invocations.
    pub fn clear(&self) {
        let mut records = self.lock();
        records.all.clear();
        // Under the lock: no change of a dropped invocation follows.
        let _ = self.updates.send(Update::Cleared);
    }

    /// Receives the changes from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Update> {
        self.updates.subscribe()
    }

    /// Reports a line of a function that belongs to no invocation.
    pub fn line(&self, line: &str) {
        let _ = self.updates.send(Update::Line(line.to_owned()));
    }

    fn changed(&self, record: &Record) {
        // Without a subscriber, no summary is needed.
        if self.updates.receiver_count() == 0 {
            return;
        }
        let records = self.lock();
        if records.position(record.id()).is_some() {
            let _ = self.updates.send(Update::Changed(Box::new(record.summary())));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of invocations between two checks of the size, which looks at all of them.
const SIZE_CHECK: u64 = 64;

/// Drops the oldest invocations above the limits, after the one with an id was added.
fn drop_oldest(records: &mut VecDeque<Arc<Record>>, id: u64) {
    let is_due = id.is_multiple_of(SIZE_CHECK);
    let mut size: usize = if is_due { records.iter().map(|record| record.size()).sum() } else { 0 };
    while records.len() > MAX_RECORDS || size > MAX_SIZE && records.len() > 1 {
        let oldest = records.pop_front();
        size = size.saturating_sub(oldest.map_or(0, |record| record.size()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(count: u64) -> Arc<History> {
        let history = Arc::new(History::new());
        for _ in 0..count {
            history.begin(NewRecord::event("function", "aws:sqs".to_owned(), 1));
        }
        history
    }

    fn ids(page: &[Summary]) -> Vec<u64> {
        page.iter().map(|summary| summary.id).collect()
    }

    #[test]
    fn pages_from_the_newest_to_the_oldest() {
        let history = history(5);
        let (page, is_complete) = history.page(None, 3);
        assert_eq!((ids(&page), is_complete), (vec![5, 4, 3], false));
        let (page, is_complete) = history.page(Some(3), 3);
        assert_eq!((ids(&page), is_complete), (vec![2, 1], true));
        assert_eq!(history.get(4).map(|record| record.id()), Some(4));
        assert!(history.get(6).is_none());
    }

    #[test]
    fn drops_the_oldest_above_the_limits() {
        let history = history(MAX_RECORDS as u64 + 10);
        assert!(history.get(10).is_none());
        let (page, _) = history.page(None, usize::MAX);
        assert_eq!((page.len(), page.last().map(|summary| summary.id)), (MAX_RECORDS, Some(11)));
    }

    #[test]
    fn drops_the_oldest_above_the_size() {
        let history = Arc::new(History::new());
        let request = http::Request::new(bytes::Bytes::from(vec![0; 1 << 20]));
        for _ in 0..2 * (MAX_SIZE >> 20) {
            history.begin(NewRecord::http("alb", ("function", 1), &request));
        }
        let (page, _) = history.page(None, usize::MAX);
        assert!(page.len() <= (MAX_SIZE >> 20) + SIZE_CHECK as usize, "{}", page.len());
        assert!(page.len() > (MAX_SIZE >> 20) / 2, "{}", page.len());
    }

    #[test]
    fn finds_invocations_that_began_at_once() {
        let history = history(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        history.begin(NewRecord::event("function", "aws:sqs".to_owned(), 1));
                    }
                });
            }
        });
        assert_eq!((1..=4_000).filter(|id| history.get(*id).is_none()).count(), 0);
    }

    #[test]
    fn drops_the_oldest_above_the_size_of_lines() {
        let history = history(0);
        let line = "x".repeat(1 << 20);
        for _ in 0..2 * (MAX_SIZE >> 20) {
            let record = history.begin(NewRecord::event("function", "aws:sqs".to_owned(), 1));
            record.add_line(&line);
        }
        let (page, _) = history.page(None, usize::MAX);
        assert!(page.len() <= (MAX_SIZE >> 20) + SIZE_CHECK as usize, "{}", page.len());
    }

    #[tokio::test]
    async fn reports_no_change_of_an_invocation_that_was_dropped() {
        let history = history(0);
        let record = history.begin(NewRecord::event("function", "aws:sqs".to_owned(), 1));
        history.clear();
        let mut updates = history.subscribe();
        record.finish("complete", None);
        assert!(updates.try_recv().is_err());
    }

    #[tokio::test]
    async fn reports_changes() {
        let history = history(0);
        let mut updates = history.subscribe();
        history.begin(NewRecord::event("function", "aws:sqs".to_owned(), 1));
        let Ok(Update::Changed(summary)) = updates.recv().await else { panic!("no change") };
        assert_eq!((summary.id, &*summary.name), (1, "aws:sqs"));
        history.clear();
        assert!(matches!(updates.recv().await, Ok(Update::Cleared)));
        assert!(history.page(None, 1).0.is_empty());
    }
}
