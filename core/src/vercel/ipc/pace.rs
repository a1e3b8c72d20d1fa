use std::time::{Duration, Instant};

/// The number of ends whose time decides.
const WINDOW: u32 = 32;
/// The maximum time of a window of a busy process: 3,200 ends per second.
const BUSY_WINDOW: Duration = Duration::from_millis(10);

/// The pace at which requests end. A busy process reports several ends together.
#[derive(Debug, Default)]
pub(super) struct Pace {
    is_busy: bool,
    /// The number of ends in the current window.
    count: u32,
    /// The beginning of the current window. `None` until the first window is full.
    since: Option<Instant>,
}

impl Pace {
    /// Counts the end of a request. Returns whether the process is busy.
    ///
    /// Reads the clock once in a window only.
    pub(super) fn count_end(&mut self, now: impl FnOnce() -> Instant) -> bool {
        if self.is_busy {
            return true;
        }
        self.count += 1;
        if self.count == WINDOW {
            let now = now();
            self.is_busy = self.since.is_some_and(|since| now.duration_since(since) < BUSY_WINDOW);
            self.count = 0;
            self.since = Some(now);
        }
        false
    }

    /// Counts the end of a thread's turn, in which `ends` requests ended. After a turn with a single end, the process is no longer
    /// busy: a client that sends one request after the other would only pay for the wait.
    pub(super) fn end_turn(&mut self, ends: u32) {
        if ends == 1 {
            *self = Self::default();
        }
    }

    #[cfg(test)]
    pub(super) fn set_busy(&mut self) {
        self.is_busy = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the ends of `windows` windows that take `time` each. Returns how many of them found a busy process.
    fn count_ends(pace: &mut Pace, windows: u32, time: Duration) -> u32 {
        let start = Instant::now();
        let count = |at| u32::from(pace.count_end(|| start + time * at / WINDOW));
        (1..=windows * WINDOW).map(count).sum()
    }

    #[test]
    fn a_process_is_busy_after_two_short_windows() {
        let mut pace = Pace::default();
        assert_eq!(count_ends(&mut pace, 100, BUSY_WINDOW), 0);
        let mut pace = Pace::default();
        assert_eq!(count_ends(&mut pace, 3, BUSY_WINDOW / 2), WINDOW);
    }

    #[test]
    fn a_turn_with_one_end_makes_a_process_idle() {
        let mut pace = Pace::default();
        pace.set_busy();
        for (ends, is_busy) in [(2, true), (0, true), (1, false)] {
            (0..ends).for_each(|_| assert!(pace.count_end(Instant::now)));
            pace.end_turn(ends);
            assert_eq!(pace.is_busy, is_busy, "{ends}");
        }
        assert_eq!(count_ends(&mut pace, 2, Duration::ZERO), 0);
    }
}
