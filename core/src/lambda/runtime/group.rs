//! Slots that answer invocations at the same time, as on [Managed Instances][lmi].
//!
//! Each slot is a loop with a connection of its own. Slots start together, after the snapshot if there is one, and stop
//! together. Nothing else that happens in one slot affects the others.
//!
//! [lmi]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html

use std::{
    future::{pending, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    Error, Shutdown,
    lambda::runtime::{snapshot::Snapshot, stop::StopSignal},
    log,
    util::{abort_on_drop::AbortOnDrop, spawn::spawn},
};

/// The maximum number of slots. Each takes a connection, and memory for events. Lambda permits fewer polls than it announces.
pub(crate) const MAX_SLOTS: usize = 4096;

/// The time to report invocations that were cut off. Lambda kills the process half a second after SIGTERM, or later if there
/// are other extensions.
const REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// A group of the slots of a process, such as the slots of one thread.
///
/// All groups of a process start together, and stop together.
#[derive(Debug)]
pub(crate) struct SlotGroup {
    state: watch::Sender<GroupState>,
    /// The time limit for invocations in flight after a shutdown has begun.
    grace: Option<Duration>,
    /// Waits for the shutdown, if there is one.
    _shutdown: Option<Arc<AbortOnDrop<()>>>,
    /// Lets Lambda take the snapshot, if there is to be one.
    _snapshot: Option<Arc<AbortOnDrop<()>>>,
    /// The error of the snapshot.
    error: Arc<SharedError>,
}

type SharedError = Mutex<Option<Error>>;

/// The state that all groups of a process share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupState {
    /// The number of groups that are not ready yet. The snapshot counts as one.
    missing: usize,
    is_stopped: bool,
    /// The grace period has ended as well.
    is_cut_off: bool,
}

/// The end of the grace period, at which invocations in flight fail.
#[derive(Debug, Clone)]
pub(crate) struct GraceEnd(watch::Receiver<GroupState>);

impl GraceEnd {
    pub(crate) fn has_passed(&self) -> bool {
        self.0.borrow().is_cut_off
    }

    /// Waits for the end of the grace period, forever if the process does not shut down.
    pub(crate) async fn wait(&mut self) {
        if self.0.wait_for(|state| state.is_cut_off).await.is_err() {
            pending().await
        }
    }
}

impl SlotGroup {
    /// Creates the only group of a process. Use [`split`](Self::split) for several groups.
    pub(crate) fn new(shutdown: Shutdown, grace: Option<Duration>, snapshot: Option<Snapshot>) -> Self {
        let missing = 1 + usize::from(snapshot.is_some());
        let state = watch::Sender::new(GroupState { missing, is_stopped: false, is_cut_off: false });
        let error = Arc::<SharedError>::default();
        let shutdown = shutdown.take_future().map(|shutdown| {
            let state = state.clone();
            Arc::new(AbortOnDrop(spawn(async move {
                shutdown.await;
                stop(&state);
            })))
        });
        let snapshot = snapshot.map(|snapshot| {
            let taken = take_snapshot(snapshot, state.clone(), Arc::clone(&error));
            Arc::new(AbortOnDrop(spawn(taken)))
        });
        Self { state, grace, _shutdown: shutdown, _snapshot: snapshot, error }
    }

    /// Replaces this group with `count` groups, all of which have to be ready before the snapshot and the start.
    pub(crate) fn split(self, count: usize) -> Vec<Self> {
        let more = count.saturating_sub(1);
        self.state.send_modify(|state| state.missing += more);
        let mut groups: Vec<_> = (0..more).map(|_| self.another()).collect();
        groups.push(self);
        groups
    }

    fn another(&self) -> Self {
        Self {
            state: self.state.clone(),
            grace: self.grace,
            _shutdown: self._shutdown.clone(),
            _snapshot: self._snapshot.clone(),
            error: Arc::clone(&self.error),
        }
    }

    /// Waits until all groups are ready and the snapshot has been taken. Returns whether the slots may start, or `false` after
    /// a shutdown.
    ///
    /// No slot polls before that, so that no invocation goes to a process that cannot start.
    ///
    /// # Errors
    /// Lambda has not taken the snapshot. Only one of the groups returns the error.
    pub(crate) async fn wait_for_start(&self) -> Result<bool, Error> {
        mark_ready(&self.state);
        if wait_until_missing(0, &self.state).await {
            return Ok(true);
        }
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(false), Err)
    }

    /// Stops all groups, each slot between two invocations. Returns whether this is the first call.
    pub(crate) fn stop(&self) -> bool {
        stop(&self.state)
    }

    /// The signal for a slot to stop, and the time at which its invocation fails if there is a grace period.
    pub(crate) fn signals(&self) -> (StopSignal, Option<GraceEnd>) {
        let grace_end = self.grace.map(|_| GraceEnd(self.state.subscribe()));
        (StopSignal::new(Shutdown::from_future(self.stopped())), grace_end)
    }

    /// Returns the output of `work`. When the grace period ends, the invocations in flight [fail](GraceEnd), and `work` has
    /// [`REPORT_TIMEOUT`] to report that.
    pub(crate) async fn within_grace<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let Some(grace) = self.grace else { return Some(work.await) };
        let mut work = pin!(work);
        let mut grace_end = pin!(async {
            self.stopped().await;
            sleep(grace).await;
        });
        let output = poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => grace_end.as_mut().poll(cx).map(|()| None),
        })
        .await;
        if output.is_some() {
            return output;
        }
        log::warn!("cancelled invocations that were in flight {grace:?} after the shutdown began (LODGER_GRACE)");
        self.state.send_modify(|state| state.is_cut_off = true);
        timeout(REPORT_TIMEOUT, work).await.ok()
    }

    fn stopped(&self) -> impl Future<Output = ()> + use<> {
        let mut state = self.state.subscribe();
        async move {
            // An error means that all groups are gone, which stops the slots as well.
            let _ = state.wait_for(|state| state.is_stopped).await;
        }
    }
}

impl Drop for SlotGroup {
    fn drop(&mut self) {
        // If one group is gone, the others must not go on in half a process.
        self.stop();
    }
}

/// Takes the snapshot once all groups are ready. If the shutdown comes first, no group waits for the snapshot.
async fn take_snapshot(snapshot: Snapshot, state: watch::Sender<GroupState>, shared_error: Arc<SharedError>) {
    if !wait_until_missing(1, &state).await {
        return;
    }
    if let Err(error) = snapshot.take().await {
        shared_error.lock().unwrap_or_else(PoisonError::into_inner).replace(error);
        stop(&state);
    }
    mark_ready(&state);
}

fn mark_ready(state: &watch::Sender<GroupState>) {
    state.send_modify(|state| state.missing = state.missing.saturating_sub(1));
}

/// Waits until at most `missing` groups are not ready. Returns `false` if the groups are stopped first.
async fn wait_until_missing(missing: usize, state: &watch::Sender<GroupState>) -> bool {
    let is_over = |state: &GroupState| state.is_stopped || state.missing <= missing;
    state.subscribe().wait_for(is_over).await.is_ok_and(|state| !state.is_stopped)
}

fn stop(state: &watch::Sender<GroupState>) -> bool {
    state.send_if_modified(|state| !std::mem::replace(&mut state.is_stopped, true))
}
