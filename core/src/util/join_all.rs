//! Several futures in one task.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::AcqRel},
    },
    task::{Context, Poll, Wake, Waker},
};

/// Waits for several futures. Polls a future only if that future was woken.
///
/// Tokio's counterparts require futures that are `Send`, or a `LocalSet`.
pub(crate) struct JoinAll<F: ?Sized> {
    pending: Vec<PendingFuture<F>>,
    task: Arc<Mutex<Waker>>,
}

struct PendingFuture<F: ?Sized> {
    future: Pin<Box<F>>,
    wake_flag: Arc<WakeFlag>,
    /// A waker that sets the flag.
    waker: Waker,
}

/// Whether a future has to be polled.
struct WakeFlag {
    is_set: AtomicBool,
    task: Arc<Mutex<Waker>>,
}

impl<F: ?Sized> JoinAll<F> {
    pub(crate) fn new(futures: impl IntoIterator<Item = Pin<Box<F>>>) -> Self {
        let mut all = Self { pending: Vec::new(), task: Arc::new(Mutex::new(Waker::noop().clone())) };
        all.extend(futures);
        all
    }

    /// Adds futures to wait for.
    pub(crate) fn extend(&mut self, futures: impl IntoIterator<Item = Pin<Box<F>>>) {
        let pending = |future| {
            let wake_flag = Arc::new(WakeFlag { is_set: AtomicBool::new(true), task: Arc::clone(&self.task) });
            PendingFuture { future, waker: Arc::clone(&wake_flag).into(), wake_flag }
        };
        self.pending.extend(futures.into_iter().map(pending));
    }
}

impl<F: Future<Output = ()> + ?Sized> Future for JoinAll<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Stored before the flags are read, so that a flag that is set later wakes this task.
        self.task.lock().unwrap_or_else(PoisonError::into_inner).clone_from(cx.waker());
        self.pending.retain_mut(|PendingFuture { future, wake_flag, waker }| {
            !wake_flag.is_set.swap(false, AcqRel) || future.as_mut().poll(&mut Context::from_waker(waker)).is_pending()
        });
        if self.pending.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_set.swap(true, AcqRel) {
            let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).clone();
            task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
        time::Duration,
    };
    use tokio::time::sleep;

    #[tokio::test]
    async fn polls_only_the_future_that_was_woken() {
        const EACH: usize = 100;
        let polls = Arc::new(AtomicUsize::new(0));
        let naps = (0..EACH).map(|milliseconds| {
            let polls = Arc::clone(&polls);
            let mut nap = Box::pin(sleep(Duration::from_millis(milliseconds as u64)));
            Box::pin(std::future::poll_fn(move |cx| {
                polls.fetch_add(1, Relaxed);
                nap.as_mut().poll(cx)
            }))
        });
        JoinAll::new(naps).await;
        // A timer may wake too early, by less than its resolution.
        assert!(polls.load(Relaxed) <= 3 * EACH, "{polls:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn loses_no_wake_up() {
        let hops = (0..8).map(|_| {
            Box::pin(async {
                for _ in 0..500 {
                    tokio::spawn(async {}).await.unwrap();
                }
            })
        });
        tokio::time::timeout(Duration::from_secs(20), JoinAll::new(hops)).await.expect("a wake-up was lost");
        JoinAll::new(std::iter::empty::<Pin<Box<std::future::Ready<()>>>>()).await;
    }
}
