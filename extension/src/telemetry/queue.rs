//! The queue between the listener and the handler.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{
        OwnedSemaphorePermit, Semaphore,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        watch,
    },
    time::{sleep, timeout},
};

use super::Record;
use crate::Stats;

/// Lambda closes the streams of the runtime before it sends SHUTDOWN, and then sends the rest of the records. The queue counts as
/// drained once nothing has arrived for this long.
const QUIET: Duration = Duration::from_millis(100);

/// The sending half. Bounded by the size of the batches that have not been handled.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    // Unbounded, because every batch in it holds a permit.
    sender: UnboundedSender<QueuedBatch>,
    /// One permit for each byte.
    room: Arc<Semaphore>,
    size: u32,
    /// The number of batches that have been handled or dropped.
    finished: watch::Sender<u64>,
    stats: Stats,
}

/// The receiving half.
pub(crate) type Batches = UnboundedReceiver<QueuedBatch>;

/// A batch that occupies its part of the queue until it is dropped.
#[derive(Debug)]
pub(crate) struct QueuedBatch {
    pub(crate) records: Vec<Record>,
    pub(crate) place: Place,
}

/// The part of the queue that a batch occupies. Its end counts the batch as finished.
#[derive(Debug)]
pub(crate) struct Place {
    finished: watch::Sender<u64>,
    _room: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.finished.send_modify(|count| *count += 1);
    }
}

impl Queue {
    pub(crate) fn new(size: u32, stats: Stats) -> (Self, Batches) {
        let (sender, batches) = unbounded_channel();
        let room = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)));
        (Self { sender, room, size, finished: watch::Sender::new(0), stats }, batches)
    }

    /// Adds a batch that was sent in `bytes` bytes. Waits while the queue is full.
    pub(crate) async fn push(&self, records: Vec<Record>, bytes: usize) {
        // A batch that is larger than the queue waits until the queue is empty.
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).clamp(1, self.size);
        let room = match Arc::clone(&self.room).try_acquire_many_owned(bytes) {
            Ok(room) => Ok(room),
            Err(_) => {
                self.stats.add_delayed_batch();
                Arc::clone(&self.room).acquire_many_owned(bytes).await
            }
        };
        // The semaphore is never closed.
        let Ok(room) = room else { return };
        self.stats.add_batch(records.len());
        // The receiver is dropped only when the extension ends.
        let place = Place { finished: self.finished.clone(), _room: room };
        let _ = self.sender.send(QueuedBatch { records, place });
    }

    /// Waits until every batch that is in the queue now has been handled. The queue accepts further batches while this method
    /// waits.
    pub(crate) async fn idle(&self) {
        let accepted = self.stats.batches();
        // The sender is in `self`, so the channel is open.
        let _ = self.finished.subscribe().wait_for(|&finished| finished >= accepted).await;
    }

    /// Waits until the queue is empty and nothing has arrived for a moment, at most for `limit`.
    pub(crate) async fn drain(&self, limit: Duration) {
        let drained = async {
            loop {
                let batches = self.stats.batches();
                self.idle().await;
                sleep(QUIET).await;
                if self.stats.batches() == batches {
                    return;
                }
            }
        };
        let _ = timeout(limit, drained).await;
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    fn queue(size: u32) -> (Queue, Batches, Stats) {
        let stats = Stats::default();
        let (queue, batches) = Queue::new(size, stats.clone());
        (queue, batches, stats)
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_delays_the_next_batch_until_the_first_is_handled() {
        let (queue, mut batches, stats) = queue(10);
        queue.push(vec![], 6).await;
        assert_eq!(stats.delayed_batches(), 0);
        let pushes = queue.push(vec![], 6);
        tokio::pin!(pushes);
        assert!(timeout(QUIET, &mut pushes).await.is_err());
        assert_eq!((stats.delayed_batches(), stats.batches()), (1, 1));
        let first = batches.recv().await.unwrap();
        // In progress.
        assert!(timeout(QUIET, &mut pushes).await.is_err());
        drop(first);
        timeout(QUIET, pushes).await.unwrap();
        // Larger than the queue.
        drop(batches.recv().await.unwrap());
        timeout(QUIET, queue.push(vec![], 1000)).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn is_idle_once_the_last_batch_is_handled() {
        let (queue, mut batches, _) = queue(10);
        timeout(QUIET, queue.idle()).await.unwrap();
        queue.push(vec![], 3).await;
        assert!(timeout(QUIET, queue.idle()).await.is_err());
        let batch = batches.recv().await.unwrap();
        assert!(timeout(QUIET, queue.idle()).await.is_err());
        drop(batch);
        timeout(QUIET, queue.idle()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn accepts_batches_while_a_drain_waits() {
        let (queue, mut batches, stats) = queue(10);
        queue.push(vec![], 1).await;
        let mut idle = pin!(queue.idle());
        assert!(timeout(QUIET, &mut idle).await.is_err());
        timeout(QUIET, queue.push(vec![], 1)).await.unwrap();
        assert_eq!((stats.batches(), stats.delayed_batches()), (2, 0));
        // The second batch arrived after the call of `idle`.
        drop(batches.recv().await.unwrap());
        timeout(QUIET, idle).await.unwrap();
        assert!(timeout(QUIET, queue.idle()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn drains_the_batches_that_arrive_late() {
        let (queue, mut batches, _) = queue(10);
        let sends = async {
            for _ in 0..3 {
                sleep(QUIET * 9 / 10).await;
                queue.push(vec![], 1).await;
            }
        };
        let mut handled = 0;
        let handles = async {
            while let Some(batch) = batches.recv().await {
                sleep(QUIET * 3).await;
                drop(batch);
                handled += 1;
            }
        };
        tokio::select! {
            () = async { tokio::join!(sends, queue.drain(QUIET * 100)); } => {}
            () = handles => {}
        }
        assert_eq!(handled, 3);
    }
}
