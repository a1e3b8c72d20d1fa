use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    task::coop::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

/// A timer for timeouts that hardly ever expire.
///
/// [`tokio::time::timeout`] registers a new timer for every wait, which costs a system call and a wake-up of the runtime. This
/// timer stays registered from one wait to the next. It moves only if it fires too early, or would fire too late.
// Public for `lodger-core`, which limits apps and streams with the same timer. Hidden, because `Instant` is tokio's.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct ReusableTimer(Option<Pin<Box<Sleep>>>);

impl ReusableTimer {
    /// Returns the output of `future`, or `None` at `deadline`. Waits without a limit if `deadline` is `None`.
    ///
    /// Pin a large future first: this method moves its argument several times.
    ///
    /// # Panics
    /// Outside a Tokio runtime with time enabled.
    pub async fn until<T>(&mut self, deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
        let Some(deadline) = deadline else { return Some(future.await) };
        let mut future = pin!(future);
        let timer = self.0.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        poll_fn(|cx| {
            if let Poll::Ready(value) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(value));
            }
            // The timer may have been set for an earlier wait.
            while has_fired(timer.as_mut(), cx) {
                if Instant::now() >= deadline {
                    return Poll::Ready(None);
                }
                timer.as_mut().reset(deadline);
            }
            Poll::Pending
        })
        .await
    }

    /// Returns the output of `future`, or `None` after `time`. Waits without a limit if `time` is too long for the clock.
    ///
    /// # Panics
    /// As [`until`](Self::until).
    pub async fn within<T>(&mut self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        // A small response has arrived, and a small request fits into the socket's buffer. Then there is no need for the time.
        let polled = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
        match polled {
            Poll::Ready(output) => Some(output),
            Poll::Pending => self.until(Instant::now().checked_add(time), future).await,
        }
    }
}

/// Whether the timer has fired. Unconstrained, because a future that has used up the task's budget would hide that.
fn has_fired(timer: Pin<&mut Sleep>, cx: &mut Context<'_>) -> bool {
    pin!(unconstrained(timer)).poll(cx).is_ready()
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::sleep;

    use super::*;

    const TIME: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn every_wait_has_its_full_time() {
        let mut timer = ReusableTimer::default();
        for time in [TIME, TIME, TIME / 3, TIME * 2] {
            let almost = time - Duration::from_millis(10);
            assert!(timer.within(time, sleep(almost)).await.is_some());
            // Time between two waits does not count.
            sleep(TIME * 2).await;
            let start = Instant::now();
            assert!(timer.within(time, pending::<()>()).await.is_none());
            assert!(start.elapsed() >= time && start.elapsed() < time * 2, "{time:?}: {:?}", start.elapsed());
        }
        assert!(timer.until(None, sleep(TIME * 100)).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_shorter_wait_after_a_longer_one_expires_in_time() {
        let mut timer = ReusableTimer::default();
        assert!(timer.within(TIME, sleep(TIME / 100)).await.is_some());
        let start = Instant::now();
        assert!(timer.within(TIME / 10, pending::<()>()).await.is_none());
        assert!(start.elapsed() < TIME / 5, "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_time_is_no_limit() {
        assert!(ReusableTimer::default().within(Duration::MAX, sleep(TIME)).await.is_some());
    }
}
