//! The timeouts of a connection whose client makes no progress.

use std::{
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    task::unconstrained,
    time::{Sleep, sleep},
};

use crate::server::{activity::ConnectionStage, flush_tracker::PendingFlush};

/// The number of checks in the shorter timeout. A timeout ends late by two intervals at most.
const CHECKS: u32 = 4;

/// Watches one connection for clients that stop in the middle of a head, of a body, or of a response.
///
/// The watchdog has one timer, which runs only while the client owes bytes or does not read. The timer is never reset: at its end the
/// watchdog compares the activity with that of the last check.
pub(super) struct Watchdog {
    connection: PendingFlush,
    header_timeout: Duration,
    stall_timeout: Duration,
    /// The time between two checks.
    interval: Duration,
    /// `None` while there is nothing to wait for.
    timer: Option<Pin<Box<Sleep>>>,
    head: StandstillCounter,
    upload: StandstillCounter,
    response: StandstillCounter,
}

/// The part of a request in which a client has made no progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stalled {
    Head,
    Upload,
    Response,
}

/// A counter, and the number of checks in a row that have found it unchanged.
///
/// Checks and not time: after a process was stopped, its timers end before its sockets report what has arrived.
#[derive(Default)]
struct StandstillCounter(Option<(usize, u32)>);

impl StandstillCounter {
    /// Returns the number of checks for which the counter has stood still. `None` means that there is nothing to wait for.
    fn standstill(&mut self, counter: Option<usize>) -> u32 {
        match (counter, &mut self.0) {
            (Some(counter), Some((last, checks))) if counter == *last => {
                *checks += 1;
                *checks
            }
            _ => {
                self.0 = counter.map(|counter| (counter, 0));
                0
            }
        }
    }
}

impl Watchdog {
    /// Creates a watchdog. A timeout of zero is off.
    pub(super) fn new(connection: PendingFlush, header_timeout: Duration, stall_timeout: Duration) -> Self {
        let shorter = [header_timeout, stall_timeout].into_iter().filter(|timeout| !timeout.is_zero()).min();
        Self {
            connection,
            header_timeout,
            stall_timeout,
            interval: shorter.unwrap_or_default() / CHECKS,
            timer: None,
            head: StandstillCounter::default(),
            upload: StandstillCounter::default(),
            response: StandstillCounter::default(),
        }
    }

    /// Waits until the client has made no progress for the timeout.
    ///
    /// Poll this future after the connection, in the same task: nothing else wakes the task when there is something to watch.
    pub(super) async fn wait(&mut self) -> Stalled {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Stalled> {
        match &self.timer {
            None if !self.has_work() => return Poll::Pending,
            // The task of the connection is registered already.
            Some(timer) if !timer.is_elapsed() => return Poll::Pending,
            _ => {}
        }
        loop {
            if let Some(stalled) = self.check() {
                if stalled == Stalled::Response {
                    self.connection.activity().abandon();
                }
                return Poll::Ready(stalled);
            }
            if !self.has_work() {
                self.timer = None;
                return Poll::Pending;
            }
            let timer = self.timer.insert(Box::pin(sleep(self.interval)));
            // Unconstrained: without budget, the first poll would not register the waker, and there is no second one before the end.
            if pin!(unconstrained(timer.as_mut())).poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Returns whether the client owes bytes, may owe them soon, or does not read.
    fn has_work(&self) -> bool {
        let activity = self.connection.activity();
        match activity.stage() {
            ConnectionStage::Head if !self.header_timeout.is_zero() => true,
            ConnectionStage::Upload if !self.stall_timeout.is_zero() && activity.is_upload_open() => true,
            _ => activity.is_write_blocked() && !self.stall_timeout.is_zero(),
        }
    }

    fn check(&mut self) -> Option<Stalled> {
        let activity = self.connection.activity();
        let has_head = activity.stage() == ConnectionStage::Head;
        // The whole head has to come within the timeout.
        let head = self.head.standstill(has_head.then(|| activity.requests()));
        let upload = self.upload.standstill(activity.is_upload_awaited().then(|| activity.reads()));
        let response = self.response.standstill(activity.is_write_blocked().then(|| activity.writes()));
        [
            (head, self.header_timeout, Stalled::Head),
            (upload, self.stall_timeout, Stalled::Upload),
            (response, self.stall_timeout, Stalled::Response),
        ]
        .into_iter()
        .find_map(|(checks, timeout, stalled)| {
            (!timeout.is_zero() && self.interval * checks >= timeout).then_some(stalled)
        })
    }
}

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head => "timeout while reading a request",
            Self::Upload => "timeout while reading the body of a request",
            Self::Response => "timeout while the client does not read a response",
        })
    }
}
