//! The Runtime API, before there is anything to answer.

pub(crate) mod deadline;
pub(crate) mod group;
mod slot;
mod snapshot;
pub(crate) mod stop;

use std::{
    mem::take,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::JoinSet,
};

use self::{group::SlotGroup, slot::answer, snapshot::Snapshot, stop::StopSignal};
use crate::{
    App, Error, Settings, Shutdown, SnapshotHooks,
    lambda::{api::Api, extension::Extension},
    lifecycle::{only_run::OnlyRun, signals::Signals},
    log,
    util::{abort_on_drop::AbortOnDrop, catch_panic, join_all::JoinAll},
};

/// How long what is in flight may take at the end: Lambda waits half a second, and less where there are other extensions.
const GRACE: Duration = Duration::from_millis(400);

/// The Runtime API, before the first invocation is asked for: what is to be known to answer invocations with an app.
///
/// There is one invocation at a time, or as many at once as `AWS_LAMBDA_MAX_CONCURRENCY` says: so many slots, each of which
/// polls, calls the app and responds, whatever the others do.
///
/// # Example
///
/// ```no_run
/// # use lodger_core::{App, Error, Settings, Shutdown, lambda::Polling};
/// # async fn answer(settings: Settings, build: impl Future<Output = Result<impl App, Error>>) -> Result<(), Error> {
/// let mut polling = Polling::new(settings, Shutdown::default())?;
/// let app = polling.build(build).await?;
/// polling.answer(app).await
/// # }
/// ```
#[derive(Debug)]
pub struct Runtime {
    api: Api,
    settings: Settings,
    shutdown: Shutdown,
    slots: usize,
    /// Where this is a part of several, or has several slots.
    share: Option<SlotGroup>,
    /// How long what is in flight may take at the end. Without SIGTERM nobody ends the process, and it is as long as it takes.
    grace: Option<Duration>,
    /// What has Lambda send SIGTERM.
    extension: Option<Arc<Extension>>,
    hooks: SnapshotHooks,
    /// Keeps other apps of the process away from this Runtime API.
    only: Arc<OnlyRun>,
}

impl Runtime {
    /// Nothing is asked of the Runtime API yet.
    ///
    /// # Errors
    /// The settings do not say where it is, or have a path that cannot be one; or another `Runtime` of this process uses the
    /// same Runtime API, which would send each invocation to either app.
    pub fn new(mut settings: Settings, shutdown: Shutdown) -> Result<Self, Error> {
        settings.normalize()?;
        let Some(address) = settings.lambda_runtime_api.as_deref() else {
            return Err(Error::new(
                "AWS_LAMBDA_RUNTIME_API is not set, which says where the Lambda Runtime API is; Lambda and its emulators set it",
            ));
        };
        let wanted = settings.max_concurrency.map_or(1, NonZeroUsize::get);
        let slots = wanted.min(group::MAX_SLOTS);
        if slots < wanted {
            log::warn!("AWS_LAMBDA_MAX_CONCURRENCY is {wanted}; {slots} invocations are polled for at once");
        }
        let api = Api::new(address, slots)?;
        let only = Arc::new(OnlyRun::try_new(format!("the Lambda Runtime API at {}", api.url()))?);
        let hooks = SnapshotHooks::default();
        Ok(Self { api, settings, shutdown, slots, share: None, grace: None, extension: None, hooks, only })
    }

    /// Has `hooks` run around the snapshot, where there is one: where the settings say so. It is taken once
    /// all [parts](Self::split) have been built and are about to answer, before any of them polls. The hooks run in the
    /// runtime that this is split in, or answered.
    ///
    /// A hook that fails or panics is reported to Lambda, and ends all parts; the first is told.
    #[must_use]
    pub fn around_snapshot(mut self, hooks: SnapshotHooks) -> Self {
        self.hooks = hooks;
        self
    }

    /// Builds what is needed for the first invocation. A failure, or a panic, is reported to Lambda as the reason why the
    /// function does not start; of several [parts](Self::split) the first.
    ///
    /// Where the settings say so, Lambda is asked first for SIGTERM before it ends the process.
    ///
    /// # Errors
    /// That of `build`, which has been reported.
    pub async fn build<T>(&mut self, build: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        if self.settings.sigterm && self.grace.is_none() {
            self.ask_for_sigterm().await;
        }
        let built = catch_panic::catch_build_panic(build).await;
        if let Err(error) = &built
            && self.share.as_ref().is_none_or(SlotGroup::end)
        {
            self.api.init_error("Runtime.InitFailed", &format!("{error:?}")).await;
        }
        built
    }

    /// Whatever goes wrong here, invocations are answered all the same.
    async fn ask_for_sigterm(&mut self) {
        let grace = self.settings.grace.unwrap_or(GRACE);
        self.grace = Some(grace);
        if self.shutdown.hears_signals() {
            match Signals::new() {
                Ok(mut signals) => {
                    let mut own = take(&mut self.shutdown).own();
                    // It is dropped with the signals, which end the process from then on.
                    self.shutdown = Shutdown::when(async move {
                        signals.next_or(own.as_mut()).await;
                        log::info!("ending: what is in flight has {grace:?} (LODGER_GRACE)");
                    });
                }
                Err(error) => log::warn!("SIGTERM will not be heard (LODGER_SIGTERM): {error:?}"),
            }
        }
        match self.api.ask_for_sigterm().await {
            Ok(extension) => self.extension = Some(Arc::new(extension)),
            Err(why) => {
                log::warn!("Lambda will not send SIGTERM (LODGER_SIGTERM): no extension could be registered: {why}")
            }
        }
    }

    /// How many invocations are answered at once.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Divides the slots among as many parts as there are to be, or as there are slots: for threads that each have an app of
    /// their own. None polls before all are about to, and all end once one of them does, or is dropped.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn split(mut self, parts: usize) -> Vec<Self> {
        let parts = parts.clamp(1, self.slots);
        if self.slots == 1 && (self.share.is_some() || !self.settings.snap_start) {
            return vec![self];
        }
        let snapshot = self.snapshot();
        let Self { api, settings, shutdown, slots, share, grace, extension, only, .. } = self;
        let shares = match share {
            Some(share) => share.divided(parts),
            None => SlotGroup::several(parts, shutdown, grace, snapshot).collect(),
        };
        let part = |(number, share)| Self {
            api: api.sibling(),
            settings: settings.clone(),
            shutdown: Shutdown::default(),
            // The first have one more each, where they are not all of a size.
            slots: slots / parts + usize::from(number < slots % parts),
            share: Some(share),
            grace,
            extension: extension.clone(),
            hooks: SnapshotHooks::default(),
            only: Arc::clone(&only),
        };
        shares.into_iter().enumerate().map(part).collect()
    }

    /// Answers invocations with an app that may move between threads, as [`answer`](Self::answer) does: on a thread of a
    /// runtime that has several, where handlers find themselves on a server as well, and each slot in a task of its own.
    ///
    /// It is also where the loop costs least. On the thread that called `block_on` each answer of the Runtime API has to
    /// wake it from another one, which takes a third more processor time for a small request. As on a server, handlers are
    /// not in the scope of what stands around `run`: task-locals, or a subscriber that was set for that future alone.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    ///
    /// # Panics
    /// As [`answer`](Self::answer).
    pub async fn answer_on_any_thread<A>(self, app: A) -> Result<(), Error>
    where
        A: App<Future: Send, Body: Send> + Clone + Send,
    {
        let ended = |error| Error::new("the loop that answers invocations ended").with_source(error);
        if self.slots > 1 {
            let mut slots = JoinSet::new();
            for slot in self.split(usize::MAX) {
                slots.spawn(slot.answer_in_turn(app.clone()));
            }
            let mut result = Ok(());
            while let Some(slot) = slots.join_next().await {
                result = result.and(slot.map_err(ended).flatten());
            }
            return result;
        }
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::CurrentThread => self.answer_in_turn(app).await,
            _ => AbortOnDrop(tokio::spawn(self.answer_in_turn(app))).await.map_err(ended).flatten(),
        }
    }

    /// Answers invocations with `app`, in this task: for ever, or until the user's shutdown says so between two of them.
    ///
    /// # Errors
    /// The Runtime API is out of reach for a minute, or says that the process cannot go on; the snapshot, where there is to be
    /// one, cannot be taken. Nothing about a single invocation is an error here.
    ///
    /// # Panics
    /// Outside a Tokio runtime that has I/O and time enabled.
    pub async fn answer<A: App>(mut self, app: A) -> Result<(), Error> {
        if self.slots == 1 {
            return self.answer_in_turn(app).await;
        }
        let snapshot = self.snapshot();
        let share = self.share.take().or_else(|| SlotGroup::several(1, self.shutdown, self.grace, snapshot).next());
        let Some(share) = share else { return Ok(()) };
        if !share.begins().await? {
            return Ok(());
        }
        let (app, first) = (Arc::new(app), Mutex::new(Ok(())));
        let slots = (0..self.slots).map(|_| {
            Box::pin(async {
                let answered = answer(self.api.sibling(), &self.settings, share.end_of_slot(), Arc::clone(&app)).await;
                // Those that are busy have answered when they hear of it.
                share.end();
                let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                *first = std::mem::replace(&mut *first, Ok(())).and(answered);
            })
        });
        share.within_grace(JoinAll::new(slots)).await;
        first.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The snapshot that is to be taken, if this is not a part of what has it taken.
    fn snapshot(&mut self) -> Option<Snapshot> {
        (self.settings.snap_start && self.share.is_none()).then(|| Snapshot {
            api: self.api.sibling(),
            hooks: take(&mut self.hooks),
            extension: self.extension.clone(),
        })
    }

    /// Answers one invocation after the other.
    ///
    /// The future of all answers is boxed: in unoptimized code each copy of it on the stack costs as much as the largest future
    /// of the app, 100 KB behind the compression of actix-web.
    async fn answer_in_turn<A: App>(mut self, app: A) -> Result<(), Error> {
        let snapshot = self.snapshot();
        let Self { api, settings, shutdown, share, grace, extension: _extension, only: _only, .. } = self;
        let share = match share {
            Some(share) => Some(share),
            None if grace.is_some() || snapshot.is_some() => SlotGroup::several(1, shutdown, grace, snapshot).next(),
            None => return Box::pin(answer(api, &settings, (StopSignal::new(shutdown), None), app)).await,
        };
        let Some(share) = share else { return Ok(()) };
        if !share.begins().await? {
            return Ok(());
        }
        let answered = Box::pin(answer(api, &settings, share.end_of_slot(), app));
        share.within_grace(answered).await.unwrap_or(Ok(()))
    }
}
