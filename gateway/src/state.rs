//! What a Runtime API knows: who waits for what.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::HeaderValue;
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

use crate::{FunctionError, Invocation, Warning, streamed::Streaming};

#[derive(Debug, Default)]
pub(crate) struct State {
    inner: Mutex<Inner>,
    /// An invocation was queued.
    pub(crate) queued: Notify,
    /// The function said something of itself, or is to hear it.
    pub(crate) changed: Notify,
}

#[derive(Debug, Default)]
pub(crate) struct Inner {
    /// How long a function has, if it is not the usual.
    pub(crate) timeout: Option<Duration>,
    /// How many invocations may be open at once on Managed Instances.
    pub(crate) slots: Option<usize>,
    /// How many polls have not been answered.
    pub(crate) waiting: usize,
    pub(crate) queue: VecDeque<Queued>,
    /// Those that were handed out, by their id.
    pub(crate) open: HashMap<String, Open>,
    /// The ids of those that nobody waits for any more, as their time was over.
    pub(crate) given_up: HashSet<String>,
    pub(crate) handed_out: usize,
    pub(crate) connections: usize,
    pub(crate) polls: usize,
    /// When the process of the function was started, until its first poll.
    pub(crate) function_started: Option<Instant>,
    /// The time from there to the first poll, until the first invocation.
    pub(crate) cold_start: Option<Duration>,
    pub(crate) init_error: Option<FunctionError>,
    pub(crate) restore_error: Option<FunctionError>,
    /// It starts from a snapshot.
    pub(crate) snap_start: bool,
    pub(crate) asked_for_restore: bool,
    pub(crate) is_restored: bool,
    pub(crate) extensions: Vec<Extension>,
    /// It reported one of those, and has not polled since.
    pub(crate) cannot_start: bool,
    pub(crate) complaints: Vec<String>,
    pub(crate) warnings: Vec<Warning>,
}

/// An invocation that nobody has asked for yet.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) invocation: Invocation,
    pub(crate) answer: oneshot::Sender<Answer>,
    pub(crate) handed_out: oneshot::Sender<HandedOut>,
}

/// What who waits for an invocation has to know of it.
#[derive(Debug)]
pub(crate) struct HandedOut {
    pub(crate) id: String,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Instant,
    pub(crate) cold_start: Option<Duration>,
}

/// An invocation that was handed out.
#[derive(Debug)]
pub(crate) struct Open {
    /// The invocation id that is to come back.
    pub(crate) echo: Option<String>,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Instant,
    pub(crate) progress: Progress,
}

/// An internal extension.
#[derive(Debug)]
pub(crate) struct Extension {
    pub(crate) name: String,
    pub(crate) id: String,
    /// It has asked for events.
    pub(crate) is_ready: bool,
}

/// How far the answer is.
#[derive(Debug)]
pub(crate) enum Progress {
    /// None has begun.
    Awaited(oneshot::Sender<Answer>),
    /// A reply is on its way; an error that is reported meanwhile may be told of once.
    Streamed(Option<oneshot::Sender<FunctionError>>),
}

impl Open {
    pub(crate) fn into_awaited(self) -> Option<oneshot::Sender<Answer>> {
        match self.progress {
            Progress::Awaited(answer) => Some(answer),
            Progress::Streamed(_) => None,
        }
    }
}

/// What a function answers.
#[derive(Debug)]
pub(crate) enum Answer {
    Reply { body: Bytes, content_type: Option<HeaderValue> },
    Error(FunctionError),
    Stream(Streaming),
}

impl State {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `which` finds what it looks for.
    pub(crate) async fn when<T>(&self, which: impl Fn(&Inner) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            let found = which(&self.lock());
            if let Some(found) = found {
                return found;
            }
            changed.await;
        }
    }

    /// Waits no longer for the answer to this one.
    pub(crate) fn give_up(&self, id: &str) {
        let mut inner = self.lock();
        if inner.open.remove(id).is_some() {
            inner.given_up.insert(id.to_owned());
        }
    }

    /// Keeps the first warning of each kind.
    pub(crate) fn warn(&self, warning: Warning) {
        let mut inner = self.lock();
        if !inner.warnings.iter().any(|known| known.is_of_the_kind_of(&warning)) {
            inner.warnings.push(warning);
            self.changed.notify_waiters();
        }
    }

    pub(crate) fn complain(&self, about: String) {
        self.lock().complaints.push(about);
    }
}
