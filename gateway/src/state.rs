//! What a Runtime API knows: who waits for what.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, oneshot};

use crate::{Invocation, Outcome, Reported};

#[derive(Debug, Default)]
pub(crate) struct State {
    inner: Mutex<Inner>,
    /// An invocation was queued.
    pub(crate) queued: Notify,
    /// The function said that it cannot start.
    pub(crate) reported: Notify,
}

#[derive(Debug, Default)]
pub(crate) struct Inner {
    pub(crate) queue: VecDeque<(Invocation, oneshot::Sender<Outcome>)>,
    /// Those that were handed out, by their id, with the invocation id that is to be echoed.
    pub(crate) open: HashMap<String, (Option<String>, oneshot::Sender<Outcome>)>,
    pub(crate) handed_out: usize,
    pub(crate) connections: usize,
    pub(crate) polls: usize,
    pub(crate) init_error: Option<Reported>,
    /// It reported that, and has not polled since.
    pub(crate) cannot_start: bool,
    pub(crate) complaints: Vec<String>,
}

impl State {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for an error of the start that `which` is content with.
    pub(crate) async fn reported(&self, which: impl Fn(&Inner) -> Option<Reported>) -> Reported {
        loop {
            let reported = self.reported.notified();
            let known = which(&self.lock());
            if let Some(error) = known {
                return error;
            }
            reported.await;
        }
    }

    pub(crate) fn complain(&self, about: String) {
        self.lock().complaints.push(about);
    }
}
