//! The state of a Runtime API: its invocations, and everything that the function has sent.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::HeaderValue;
use tokio::{
    sync::{Notify, oneshot, watch},
    time::Instant,
};

use super::{
    extensions::{ExtensionEvent, Extensions, ShutdownReason},
    freeze::Freeze,
    function_info::FunctionInfo,
    phases::{Outcome, Phases},
    telemetry::{Record, Telemetry},
};
use crate::{FunctionError, Invocation, ObservedReply, Warning, observer::Observed, streamed::Streaming};

/// The timeout of an invocation by default, and the longest time that one stays in the queue.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The [`State`] of a Runtime API, and its notifications.
#[derive(Debug, Default)]
pub(crate) struct SharedState {
    state: Mutex<State>,
    /// Notifies polls of an invocation in the queue, and of an extension that is ready.
    pub(crate) queued: Notify,
    /// Notifies everyone who waits for a request, for an event of an extension or for a warning.
    pub(crate) changed: Notify,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// The timeout of an invocation that has none of its own.
    pub(crate) timeout: Option<Duration>,
    /// The most invocations at once on Managed Instances. `None` on all other functions.
    pub(crate) slots: Option<usize>,
    /// The number of polls without a response.
    pub(crate) waiting_polls: usize,
    pub(crate) queue: VecDeque<QueuedInvocation>,
    /// The invocations that the function has received and not completed, by request id.
    pub(crate) open: HashMap<String, OpenInvocation>,
    /// The request ids of invocations that have timed out.
    pub(crate) timed_out: HashSet<String>,
    pub(crate) invocation_count: usize,
    /// Whether request and trace ids are random.
    pub(crate) has_random_ids: bool,
    pub(crate) connection_count: usize,
    pub(crate) poll_count: usize,
    /// The start of the function's process. `None` after the first poll.
    pub(crate) started_at: Option<Instant>,
    /// The time from the start of the process to the first poll. `None` after the first invocation.
    pub(crate) cold_start: Option<Duration>,
    pub(crate) init_error: Option<FunctionError>,
    pub(crate) restore_error: Option<FunctionError>,
    /// Whether the function starts from a snapshot.
    pub(crate) has_snap_start: bool,
    /// Whether the function is ready for its snapshot.
    pub(crate) has_snapshot: bool,
    pub(crate) is_restored: bool,
    pub(crate) extensions: Extensions,
    /// The number of events that extensions have received.
    pub(crate) event_count: usize,
    /// Whether internal extensions are too late to register: the function has polled.
    pub(crate) is_registration_closed: bool,
    /// Whether the extensions get SHUTDOWN, after which there are no invocations.
    pub(crate) is_shutting_down: bool,
    pub(crate) function: FunctionInfo,
    pub(crate) phases: Phases,
    pub(crate) telemetry: Telemetry,
    /// The versions of the Telemetry API's schema, unless all are available.
    pub(crate) telemetry_versions: Option<Vec<String>>,
    /// Whether the processes of the environment run.
    pub(crate) freeze: watch::Sender<Freeze>,
    /// Whether the processes must not be frozen any more.
    #[cfg(feature = "process")]
    pub(crate) stays_thawed: bool,
    /// Whether the last invocation has timed out.
    pub(crate) has_timed_out: bool,
    /// Whether the function has reported an init or restore error, and has not polled since.
    pub(crate) has_failed_to_start: bool,
    pub(crate) protocol_errors: Vec<String>,
    pub(crate) warnings: Vec<Warning>,
}

/// An invocation that no poll has received yet.
#[derive(Debug)]
pub(crate) struct QueuedInvocation {
    pub(crate) invocation: Invocation,
    pub(crate) reply: oneshot::Sender<FunctionReply>,
    pub(crate) delivery: oneshot::Sender<Delivery>,
}

/// The delivery of an invocation to the function.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Instant,
    pub(crate) cold_start: Option<Duration>,
}

/// An invocation that the function has received and not completed.
#[derive(Debug)]
pub(crate) struct OpenInvocation {
    /// The `Lambda-Runtime-Invocation-Id` that the reply must repeat.
    pub(crate) invocation_id: Option<String>,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Instant,
    pub(crate) progress: Progress,
}

/// The progress of a reply.
#[derive(Debug)]
pub(crate) enum Progress {
    /// The function has not begun to send a reply.
    Awaited(oneshot::Sender<FunctionReply>),
    /// The function streams the reply. The sender takes one error that the function reports in the meantime.
    Streamed(Option<oneshot::Sender<FunctionError>>),
}

impl OpenInvocation {
    /// Returns whether nobody waits for the reply, of which the function has sent nothing.
    pub(crate) fn is_abandoned(&self) -> bool {
        matches!(&self.progress, Progress::Awaited(reply) if reply.is_closed())
    }

    /// Returns the channel for the reply, if the function has not begun to send one.
    pub(crate) fn into_awaited(self) -> Option<oneshot::Sender<FunctionReply>> {
        match self.progress {
            Progress::Awaited(reply) => Some(reply),
            Progress::Streamed(_) => None,
        }
    }
}

/// The reply of a function to an invocation.
#[derive(Debug)]
pub(crate) enum FunctionReply {
    Buffered { body: Bytes, content_type: Option<HeaderValue> },
    Streamed(Streaming),
    Error(FunctionError),
}

impl FunctionReply {
    /// Passes the reply to an observer, which also receives the chunks of a streamed reply.
    pub(super) fn observed(mut self, observed: Observed) -> Self {
        let reply = match &self {
            Self::Buffered { body, content_type } => {
                ObservedReply::Buffered { body: body.clone(), content_type: content_type.clone() }
            }
            Self::Streamed(reply) => ObservedReply::Streamed { content_type: reply.content_type.clone() },
            Self::Error(error) => ObservedReply::Error(error.clone()),
        };
        observed.notify(|observer| observer.reply(&reply));
        if let Self::Streamed(reply) = &mut self {
            reply.observed = observed;
        }
        self
    }
}

impl State {
    /// Whether the environment is ready for an invocation.
    ///
    /// The initialization and each invocation end when every extension has requested its next event.
    pub(super) fn is_ready(&self) -> bool {
        !self.is_shutting_down && *self.freeze.borrow() == Freeze::Running && self.extensions.busy().next().is_none()
    }

    /// Closes an invocation whose response has ended.
    pub(super) fn close(&mut self, id: &str, outcome: Outcome) -> Option<OpenInvocation> {
        self.end_response(id, outcome);
        self.open.remove(id)
    }

    /// Returns the id of the next event of an extension.
    pub(super) fn next_event_id(&mut self) -> String {
        self.event_count += 1;
        format!("5c1d7e90-3b2f-4a68-9e04-{:012}", self.event_count)
    }
}

impl SharedState {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `find` returns a value.
    pub(crate) async fn wait_for<T>(&self, find: impl Fn(&State) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            let found = find(&self.lock());
            if let Some(found) = found {
                return found;
            }
            changed.await;
        }
    }

    /// Closes an invocation whose timeout has elapsed.
    pub(crate) fn time_out(&self, id: &str) {
        let mut state = self.lock();
        if state.open.remove(id).is_some() {
            state.timed_out.insert(id.to_owned());
            state.has_timed_out = true;
            state.time_out_invocation(id);
        }
    }

    /// Sends a line of the function to its extensions.
    pub(crate) fn send_function_log(&self, line: &str) {
        self.lock().telemetry.send(Record::function(line));
    }

    /// Sends a line of an extension to the extensions.
    pub(crate) fn send_extension_log(&self, line: &str) {
        self.lock().telemetry.send(Record::extension(line));
    }

    /// Sends SHUTDOWN to the extensions, which end within `grace`, and fails later invocations.
    pub(crate) fn shut_down(&self, reason: ShutdownReason, grace: Duration) {
        let mut state = self.lock();
        state.is_shutting_down = true;
        state.telemetry.flush();
        state.extensions.send(&ExtensionEvent::shutdown(reason, grace));
        self.changed.notify_waiters();
    }

    /// Records a warning, unless there is one of the same kind.
    pub(crate) fn warn(&self, warning: Warning) {
        let mut state = self.lock();
        if !state.warnings.iter().any(|known| known.has_same_kind(&warning)) {
            state.warnings.push(warning);
            self.changed.notify_waiters();
        }
    }

    pub(crate) fn add_protocol_error(&self, error: String) {
        self.lock().protocol_errors.push(error);
    }
}
