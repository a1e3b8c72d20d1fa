//! Limits in time, for what hardly ever takes so long.

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

/// One alarm for all that is waited for, set anew only when it goes off, or too late.
///
/// To set one for each wait costs a system call and a wake-up, because a runtime that is about to sleep has to be told, and
/// hardly any alarm ever goes off.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// What `future` gives, if it does before `at`, or whenever where that is `None`.
    pub(crate) async fn before<T>(&mut self, at: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
        let Some(at) = at else { return Some(future.await) };
        let mut future = pin!(future);
        // Set when it is first needed: by the runtime that needs it.
        let alarm = self.0.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if alarm.deadline() > at {
            alarm.as_mut().reset(at);
        }
        poll_fn(|cx| {
            if let Poll::Ready(value) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(value));
            }
            // It was set for something earlier, if not for this.
            while goes_off(alarm.as_mut(), cx) {
                if Instant::now() >= at {
                    return Poll::Ready(None);
                }
                alarm.as_mut().reset(at);
            }
            Poll::Pending
        })
        .await
    }

    /// The same for a time from now.
    pub(crate) async fn within<T>(&mut self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        self.before(Some(Instant::now() + time), future).await
    }
}

/// Whether the alarm goes off, also where `future` has used up what tokio grants a task at a turn: it would never be asked.
fn goes_off(alarm: Pin<&mut Sleep>, cx: &mut Context<'_>) -> bool {
    pin!(unconstrained(alarm)).poll(cx).is_ready()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::time::sleep;

    const TIME: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn each_has_all_of_its_time() {
        let mut alarm = Alarm::default();
        for time in [TIME, TIME, TIME / 3, TIME * 2] {
            let almost = time - Duration::from_millis(10);
            assert!(alarm.within(time, sleep(almost)).await.is_some());
            // What nobody waits for is not counted.
            sleep(TIME * 2).await;
            let begun = Instant::now();
            assert!(alarm.within(time, pending::<()>()).await.is_none());
            assert!(begun.elapsed() >= time && begun.elapsed() < time * 2, "{time:?}: {:?}", begun.elapsed());
        }
        assert!(alarm.before(None, sleep(TIME * 100)).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_was_set_late_goes_off_early_as_well() {
        let mut alarm = Alarm::default();
        assert!(alarm.within(TIME, sleep(TIME / 100)).await.is_some());
        let begun = Instant::now();
        assert!(alarm.within(TIME / 10, pending::<()>()).await.is_none());
        assert!(begun.elapsed() < TIME / 5, "{:?}", begun.elapsed());
    }
}
