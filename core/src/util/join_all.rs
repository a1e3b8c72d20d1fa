//! Several futures in one task.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::AcqRel},
    },
    task::{Context, Poll, Wake, Waker},
};

/// Waits for all of several futures, each of which is polled when it has been woken, and not when another has.
///
/// Tokio's own ways to have that want each to be `Send`, or a `LocalSet` around them, and neither need be.
pub(crate) struct JoinAll<F: ?Sized> {
    each: Vec<One<F>>,
    task: Arc<Mutex<Waker>>,
}

struct One<F: ?Sized> {
    future: Pin<Box<F>>,
    flag: Arc<Flag>,
    /// The same, as a future wants it.
    waker: Waker,
}

/// Whether a future is to be polled.
struct Flag {
    is_up: AtomicBool,
    task: Arc<Mutex<Waker>>,
}

impl<F: ?Sized> JoinAll<F> {
    pub(crate) fn new(futures: impl IntoIterator<Item = Pin<Box<F>>>) -> Self {
        let mut all = Self { each: Vec::new(), task: Arc::new(Mutex::new(Waker::noop().clone())) };
        all.extend(futures);
        all
    }

    /// Waits for these as well.
    pub(crate) fn extend(&mut self, futures: impl IntoIterator<Item = Pin<Box<F>>>) {
        let one = |future| {
            let flag = Arc::new(Flag { is_up: AtomicBool::new(true), task: Arc::clone(&self.task) });
            One { future, waker: Arc::clone(&flag).into(), flag }
        };
        self.each.extend(futures.into_iter().map(one));
    }
}

impl<F: Future<Output = ()> + ?Sized> Future for JoinAll<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Before any flag is looked at, so that whoever raises one later wakes this task.
        self.task.lock().unwrap_or_else(PoisonError::into_inner).clone_from(cx.waker());
        self.each.retain_mut(|One { future, flag, waker }| {
            !flag.is_up.swap(false, AcqRel) || future.as_mut().poll(&mut Context::from_waker(waker)).is_pending()
        });
        if self.each.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_up.swap(true, AcqRel) {
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
    async fn each_is_polled_when_it_was_woken_and_not_when_another_was() {
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
        // A timer may wake too early, by less than its own grain.
        assert!(polls.load(Relaxed) <= 3 * EACH, "{polls:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_wake_up_is_lost() {
        let hops = (0..8).map(|_| {
            Box::pin(async {
                for _ in 0..500 {
                    tokio::spawn(async {}).await.unwrap();
                }
            })
        });
        tokio::time::timeout(Duration::from_secs(20), JoinAll::new(hops)).await.expect("all are done");
        JoinAll::new(std::iter::empty::<Pin<Box<std::future::Ready<()>>>>()).await;
    }
}
