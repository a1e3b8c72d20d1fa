//! The end of an invocation's time.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use tokio::{task::coop::unconstrained, time::Instant};

use crate::{
    lambda::{Context, runtime::group::CutOff},
    util::timer::Alarm,
};

/// How long before its end an invocation is given up, where the settings do not say.
const MARGIN: Duration = Duration::from_millis(500);

/// When the invocation at hand is to be given up, and the alarm that goes off then.
#[derive(Debug)]
pub(crate) struct Deadline {
    margin: Duration,
    at: Option<Instant>,
    /// When Lambda ends it.
    end: Option<Instant>,
    alarm: Alarm,
    /// The end of the process, if it may come earlier.
    cut_off: Option<CutOff>,
}

impl Deadline {
    pub(crate) fn new(margin: Option<Duration>, cut_off: Option<CutOff>) -> Self {
        Self { margin: margin.unwrap_or(MARGIN), at: None, end: None, alarm: Alarm::default(), cut_off }
    }

    /// It is that of `context` from now on.
    pub(crate) fn set(&mut self, context: &Context) {
        // Taken from the clock of the wall now, and kept by one that nobody sets.
        let left = context.remaining_time();
        let now = Instant::now();
        self.at = left.map(|left| now + left - self.margin.min(left / 2));
        self.end = left.map(|left| now + left);
    }

    /// Whether it has come.
    pub(crate) fn has_come(&self) -> bool {
        self.is_cut_off() || self.at.is_some_and(|at| Instant::now() >= at)
    }

    /// Whether it has come because the process ends.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.cut_off.as_ref().is_some_and(CutOff::has_come)
    }

    /// The variable that moves it, for words.
    pub(crate) fn variable(&self) -> &'static str {
        if self.is_cut_off() { "LODGER_GRACE" } else { "LODGER_DEADLINE_MARGIN" }
    }

    /// How long there is until Lambda ends the invocation; nothing where that is not known.
    pub(crate) fn left(&self) -> Duration {
        self.end.map_or(Duration::ZERO, |end| end.saturating_duration_since(Instant::now()))
    }

    /// What `future` gives, if it does before it comes.
    pub(crate) async fn limit<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        let limited = self.alarm.before(self.at, future);
        let Some(cut_off) = &mut self.cut_off else { return limited.await };
        // As the alarm does, this comes second, and whatever the future has used up.
        let (mut limited, mut cut_off) = (pin!(limited), pin!(unconstrained(cut_off.comes())));
        poll_fn(|cx| match limited.as_mut().poll(cx) {
            Poll::Pending => cut_off.as_mut().poll(cx).map(|()| None),
            done => done,
        })
        .await
    }

    /// The same of what is to be said once it has come, for which the margin is left.
    pub(crate) async fn limit_last<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        self.alarm.before(self.end, future).await
    }
}
