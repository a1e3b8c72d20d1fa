//! The order in which the records of a batch begin.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use super::event::Item;

/// The records that have not begun. Of the records with one order key, only the first is ready.
///
/// Ready records begin in the order of the event.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// Queues of records with one key, by the position of their first record.
    ready: BTreeMap<usize, Queue>,
}

/// Records to process one after another. Never empty in a schedule.
pub(super) type Queue = VecDeque<Item>;

impl Schedule {
    pub(super) fn new(items: Vec<Item>) -> Self {
        let mut schedule = Self::default();
        let mut ordered: HashMap<Arc<str>, Queue> = HashMap::new();
        for item in items {
            match item.order_key.clone() {
                Some(key) => ordered.entry(key).or_default().push_back(item),
                None => schedule.resume(Queue::from([item])),
            }
        }
        for queue in ordered.into_values() {
            schedule.resume(queue);
        }
        schedule
    }

    /// Takes the next ready record, and the records that have to wait for its success.
    pub(super) fn begin(&mut self) -> Option<(Item, Queue)> {
        let (_, mut queue) = self.ready.pop_first()?;
        Some((queue.pop_front()?, queue))
    }

    /// Makes the first record of a queue ready.
    pub(super) fn resume(&mut self, queue: Queue) {
        if let Some(first) = queue.front() {
            self.ready.insert(first.index, queue);
        }
    }

    /// Takes all records that have not begun.
    pub(super) fn into_rest(self) -> impl Iterator<Item = Item> {
        self.ready.into_values().flatten()
    }
}
