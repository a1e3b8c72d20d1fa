//! Several invocations at once, as on [Managed Instances][lmi]: each slot is a loop of its own, with a connection of its own,
//! and what becomes of one is nothing to the others but the start, with the snapshot before it, and the end.
//!
//! [lmi]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html

use std::{
    future::{pending, poll_fn},
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
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
    util::abort_on_drop::AbortOnDrop,
};

/// The most slots that are polled for, whatever is said: each takes a connection, and memory for events. To poll for fewer
/// than there may be is allowed.
pub(crate) const MAX_SLOTS: usize = 4096;

/// How long the Runtime API has to take the errors of invocations that were cut off. Lambda kills the process half a second after
/// SIGTERM, or later if there are other extensions.
const REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// The slots of a process, and how many of them cannot reach the Runtime API.
#[derive(Debug)]
pub(crate) struct Slots {
    all: usize,
    in_trouble: AtomicUsize,
}

/// A slot that cannot reach the Runtime API, as long as it cannot.
pub(crate) struct InTrouble(Arc<Slots>);

impl Slots {
    pub(crate) fn new(all: usize) -> Arc<Self> {
        Arc::new(Self { all, in_trouble: AtomicUsize::new(0) })
    }

    /// One more has come into trouble.
    pub(crate) fn trouble(self: &Arc<Self>) -> InTrouble {
        self.in_trouble.fetch_add(1, Relaxed);
        InTrouble(Arc::clone(self))
    }

    /// Whether there is none that is not.
    pub(crate) fn are_all_in_trouble(&self) -> bool {
        self.in_trouble.load(Relaxed) >= self.all
    }
}

impl Drop for InTrouble {
    fn drop(&mut self) {
        self.0.in_trouble.fetch_sub(1, Relaxed);
    }
}

/// A part of the slots, and what it knows of the other parts: when all begin, and that all end when one does.
#[derive(Debug)]
pub(crate) struct SlotGroup {
    stage: watch::Sender<Stage>,
    /// How long what is in flight may take at the end, if that is not as long as it takes.
    grace: Option<Duration>,
    /// Waits for the shutdown, if there is one.
    _shutdown: Option<Arc<AbortOnDrop<()>>>,
    /// Has the snapshot taken, if there is to be one.
    _snapshot: Option<Arc<AbortOnDrop<()>>>,
    /// Why they are not to start.
    failure: Arc<Failure>,
}

type Failure = Mutex<Option<Error>>;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage {
    /// How many parts are not ready yet, and the snapshot.
    missing: usize,
    is_over: bool,
    /// The grace period is over as well.
    is_cut_off: bool,
}

/// The end of the grace period, at which invocations in flight fail.
#[derive(Debug, Clone)]
pub(crate) struct CutOff(watch::Receiver<Stage>);

impl CutOff {
    pub(crate) fn has_come(&self) -> bool {
        self.0.borrow().is_cut_off
    }

    /// Waits for it, for ever if there is to be none.
    pub(crate) async fn comes(&mut self) {
        if self.0.wait_for(|stage| stage.is_cut_off).await.is_err() {
            pending().await
        }
    }
}

impl SlotGroup {
    /// As many parts as are asked for. Once all of them are ready, `snapshot` is taken.
    pub(crate) fn several(
        count: usize,
        shutdown: Shutdown,
        grace: Option<Duration>,
        snapshot: Option<Snapshot>,
    ) -> impl Iterator<Item = Self> {
        let missing = count + usize::from(snapshot.is_some());
        let stage = watch::Sender::new(Stage { missing, is_over: false, is_cut_off: false });
        let failure = Arc::<Failure>::default();
        let shutdown = shutdown.into_future().map(|shutdown| {
            let stage = stage.clone();
            Arc::new(AbortOnDrop(tokio::spawn(async move {
                shutdown.await;
                end(&stage);
            })))
        });
        let snapshot = snapshot.map(|snapshot| {
            let taken = take(snapshot, stage.clone(), Arc::clone(&failure));
            Arc::new(AbortOnDrop(tokio::spawn(taken)))
        });
        (0..count).map(move |_| Self {
            stage: stage.clone(),
            grace,
            _shutdown: shutdown.clone(),
            _snapshot: snapshot.clone(),
            failure: Arc::clone(&failure),
        })
    }

    /// As many parts in place of this one.
    pub(crate) fn divided(self, count: usize) -> Vec<Self> {
        let more = count.saturating_sub(1);
        self.stage.send_modify(|stage| stage.missing += more);
        let another = |_| Self {
            stage: self.stage.clone(),
            grace: self.grace,
            _shutdown: self._shutdown.clone(),
            _snapshot: self._snapshot.clone(),
            failure: Arc::clone(&self.failure),
        };
        let mut parts: Vec<_> = (0..more).map(another).collect();
        parts.push(self);
        parts
    }

    /// Waits until all parts are ready, so that none takes what belongs to a process that cannot start, and the snapshot has
    /// been taken. Whether it came to that.
    ///
    /// # Errors
    /// The snapshot has not been taken. One of all parts is told.
    pub(crate) async fn begins(&self) -> Result<bool, Error> {
        is_ready(&self.stage);
        if all_but(0, &self.stage).await {
            return Ok(true);
        }
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(false), Err)
    }

    /// Ends all of them, each slot between two invocations; whether it is the first to do so.
    pub(crate) fn end(&self) -> bool {
        end(&self.stage)
    }

    /// When a slot is to end, and when its invocation fails, if there is such a time.
    pub(crate) fn end_of_slot(&self) -> (StopSignal, Option<CutOff>) {
        let cut_off = self.grace.map(|_| CutOff(self.stage.subscribe()));
        (StopSignal::new(Shutdown::from_future(self.is_over())), cut_off)
    }

    /// What `work` gives. At the end of the grace period its invocations [fail](CutOff), and it has [`REPORT_TIMEOUT`] to say so.
    pub(crate) async fn within_grace<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let Some(grace) = self.grace else { return Some(work.await) };
        let mut work = pin!(work);
        let mut over = pin!(async {
            self.is_over().await;
            sleep(grace).await;
        });
        let done = poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => over.as_mut().poll(cx).map(|()| None),
        })
        .await;
        if done.is_some() {
            return done;
        }
        log::warn!("cut off what was still in flight {grace:?} after the shutdown began (LODGER_GRACE)");
        self.stage.send_modify(|stage| stage.is_cut_off = true);
        timeout(REPORT_TIMEOUT, work).await.ok()
    }

    fn is_over(&self) -> impl Future<Output = ()> + use<> {
        let mut stage = self.stage.subscribe();
        async move {
            // An error would be that nobody can say so any more.
            let _ = stage.wait_for(|stage| stage.is_over).await;
        }
    }
}

impl Drop for SlotGroup {
    fn drop(&mut self) {
        // Whatever has become of it: the others are not to answer for a process that is half gone.
        self.end();
    }
}

/// Takes the snapshot once all parts are ready, as the last that is. If the end comes first, no part waits, and this is dropped
/// with the last of them.
async fn take(snapshot: Snapshot, stage: watch::Sender<Stage>, failure: Arc<Failure>) {
    if !all_but(1, &stage).await {
        return;
    }
    if let Err(error) = snapshot.taken().await {
        failure.lock().unwrap_or_else(PoisonError::into_inner).replace(error);
        end(&stage);
    }
    is_ready(&stage);
}

fn is_ready(stage: &watch::Sender<Stage>) {
    stage.send_modify(|stage| stage.missing = stage.missing.saturating_sub(1));
}

/// Waits until no more than so many are missing. Whether it came to that.
async fn all_but(missing: usize, stage: &watch::Sender<Stage>) -> bool {
    let begun = |stage: &Stage| stage.is_over || stage.missing <= missing;
    stage.subscribe().wait_for(begun).await.is_ok_and(|stage| !stage.is_over)
}

fn end(stage: &watch::Sender<Stage>) -> bool {
    stage.send_if_modified(|stage| !std::mem::replace(&mut stage.is_over, true))
}
