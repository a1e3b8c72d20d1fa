//! A time-out for everything that is asked of the Runtime API but the wait for an event.

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep};

/// How long anything may take but the wait for an event.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// One alarm for all that is waited for, set anew only when it goes off.
///
/// To set one for each answer costs a system call and a wake-up, because a runtime that is about to sleep has to be told,
/// and hardly any alarm ever goes off.
#[derive(Debug)]
pub(super) struct Patience(Option<Pin<Box<Sleep>>>);

impl Patience {
    pub(super) const fn new() -> Self {
        // Set when it is first needed: by the runtime that needs it.
        Self(None)
    }

    /// What `future` gives, if it does within the time.
    ///
    /// # Errors
    /// The time is over, as an error of the kind `TimedOut`.
    pub(super) async fn limit<T>(&mut self, future: impl Future<Output = T>) -> io::Result<T> {
        let until = Instant::now() + PATIENCE;
        let mut future = pin!(future);
        let alarm = self.0.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        poll_fn(|cx| {
            if let Poll::Ready(value) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(value));
            }
            // It was set for something earlier, if not for this.
            while alarm.as_mut().poll(cx).is_ready() {
                if Instant::now() >= until {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "it took longer than 30 seconds")));
                }
                alarm.as_mut().reset(until);
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test(start_paused = true)]
    async fn each_has_all_of_the_time() {
        let mut patience = Patience::new();
        for _ in 0..3 {
            let almost = PATIENCE - Duration::from_millis(10);
            assert!(patience.limit(sleep(almost)).await.is_ok());
            // What nobody waits for is not counted.
            sleep(PATIENCE * 2).await;
            let begun = Instant::now();
            let error = patience.limit(pending::<()>()).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            assert!(begun.elapsed() >= PATIENCE && begun.elapsed() < PATIENCE * 2, "{:?}", begun.elapsed());
        }
    }
}
