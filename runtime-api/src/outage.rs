//! How long the Runtime API may be unreachable before the process gives up.

use std::{
    mem::take,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

/// A process that cannot reach the Runtime API for this long exits, so that Lambda starts a new one.
pub(crate) const OUTAGE_LIMIT: Duration = Duration::from_secs(60);
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(50);
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Counts the clients of a process that poll, and the clients among them that cannot reach the Runtime API.
#[derive(Debug, Default)]
struct OutageCounter {
    polling: AtomicUsize,
    failing: AtomicUsize,
}

impl OutageCounter {
    fn all_are_failing(&self) -> bool {
        self.failing.load(Relaxed) >= self.polling.load(Relaxed)
    }
}

/// The retries of one client.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    counter: Arc<OutageCounter>,
    /// Whether this client has polled, and so is counted.
    is_polling: bool,
    /// Set while this client fails.
    current: Option<Failing>,
    /// The pause before the next attempt, if one is due.
    pause: Option<Duration>,
}

#[derive(Debug)]
struct Failing {
    next_pause: Duration,
    gives_up_at: Instant,
}

impl Outage {
    /// The retries of another client of the same process.
    pub(crate) fn sibling(&self) -> Self {
        Self { counter: Arc::clone(&self.counter), is_polling: false, current: None, pause: None }
    }

    /// Counts this client, from its first poll on.
    pub(crate) fn polls(&mut self) {
        if !std::mem::replace(&mut self.is_polling, true) {
            self.counter.polling.fetch_add(1, Relaxed);
        }
    }

    /// Records a failed attempt. Returns the pause before the next one, or `None` if the process should give up: this client
    /// has been failing for [`OUTAGE_LIMIT`], and so are all others.
    pub(crate) fn fail(&mut self) -> Option<Duration> {
        let now = Instant::now();
        let failing = self.current.get_or_insert_with(|| {
            self.counter.failing.fetch_add(1, Relaxed);
            Failing { next_pause: FIRST_PAUSE, gives_up_at: now + OUTAGE_LIMIT }
        });
        if now >= failing.gives_up_at && self.counter.all_are_failing() {
            return None;
        }
        let pause = failing.next_pause;
        failing.next_pause = (pause * 2).min(LONGEST_PAUSE);
        self.pause = Some(pause);
        Some(pause)
    }

    /// Takes the pause that is due before the next attempt.
    pub(crate) fn take_pause(&mut self) -> Option<Duration> {
        take(&mut self.pause)
    }

    /// Records that the Runtime API was reached.
    pub(crate) fn end(&mut self) {
        self.pause = None;
        if self.current.take().is_some() {
            self.counter.failing.fetch_sub(1, Relaxed);
        }
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        self.end();
        if self.is_polling {
            self.counter.polling.fetch_sub(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_again_with_the_shortest_pause_after_a_success() {
        let mut outage = Outage::default();
        outage.polls();
        assert_eq!((outage.fail(), outage.fail()), (Some(FIRST_PAUSE), Some(FIRST_PAUSE * 2)));
        assert_eq!(outage.take_pause(), Some(FIRST_PAUSE * 2));
        outage.fail();
        outage.end();
        assert_eq!((outage.take_pause(), outage.fail()), (None, Some(FIRST_PAUSE)));
    }

    #[test]
    fn counts_a_client_until_it_is_dropped() {
        let first = Outage::default();
        let counts = || (first.counter.polling.load(Relaxed), first.counter.failing.load(Relaxed));
        let mut second = first.sibling();
        second.polls();
        second.polls();
        second.fail();
        second.fail();
        assert_eq!(counts(), (1, 1));
        drop(second);
        drop(first.sibling());
        assert_eq!(counts(), (0, 0));
    }
}
