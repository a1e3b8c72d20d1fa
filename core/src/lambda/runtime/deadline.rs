//! The time limit of an invocation.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use lodger_runtime_api::ReusableTimer;
use tokio::{task::coop::unconstrained, time::Instant};

use crate::lambda::{Context, runtime::group::GraceEnd};

/// The default time between the deadline of the app and the deadline of Lambda.
const DEFAULT_MARGIN: Duration = Duration::from_millis(500);

/// The time at which the current invocation is cancelled, and the timer for it.
#[derive(Debug)]
pub(crate) struct Deadline {
    margin: Duration,
    /// When the app is cancelled. `None` if the deadline is unknown.
    at: Option<Instant>,
    timer: ReusableTimer,
    /// The end of the grace period, which may come earlier.
    grace_end: Option<GraceEnd>,
}

impl Deadline {
    pub(crate) fn new(margin: Option<Duration>, grace_end: Option<GraceEnd>) -> Self {
        Self { margin: margin.unwrap_or(DEFAULT_MARGIN), at: None, timer: ReusableTimer::default(), grace_end }
    }

    /// Takes the deadline of the next invocation.
    pub(crate) fn set(&mut self, context: &Context) {
        // Converted from wall clock time once, because the monotonic clock cannot be set.
        let left = context.remaining_time();
        self.at = left.map(|left| Instant::now() + left - self.margin.min(left / 2));
    }

    /// Whether the deadline has passed.
    pub(crate) fn has_passed(&self) -> bool {
        self.is_cut_off() || self.at.is_some_and(|at| Instant::now() >= at)
    }

    /// Whether the deadline has passed because the process is shutting down.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.grace_end.as_ref().is_some_and(GraceEnd::has_passed)
    }

    /// The variable that sets the deadline, for log lines.
    pub(crate) fn variable(&self) -> &'static str {
        if self.is_cut_off() { "LODGER_GRACE" } else { "LODGER_DEADLINE_MARGIN" }
    }

    /// The message of an invocation whose `subject`, such as `the app`, was cancelled.
    pub(crate) fn message(&self, subject: &str) -> String {
        if self.is_cut_off() {
            return format!(
                "the process is shutting down, and {subject} took longer than the grace period; raise LODGER_GRACE, up to the time \
                 that Lambda waits"
            );
        }
        format!(
            "{subject} took too long, and was cancelled before Lambda would end the process; raise the function's timeout, or lower \
             LODGER_DEADLINE_MARGIN"
        )
    }

    /// Returns the output of `future`, or `None` at the deadline.
    pub(crate) async fn limit<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        let limited = self.timer.until(self.at, future);
        let Some(grace_end) = &mut self.grace_end else { return limited.await };
        // Unconstrained, because a future that has used up the task's budget would hide the end of the grace period.
        let (mut limited, mut grace_end) = (pin!(limited), pin!(unconstrained(grace_end.wait())));
        poll_fn(|cx| match limited.as_mut().poll(cx) {
            Poll::Pending => grace_end.as_mut().poll(cx).map(|()| None),
            done => done,
        })
        .await
    }
}
