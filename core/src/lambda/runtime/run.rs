//! Answering invocations, in one slot or in several.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::JoinSet,
};

use crate::{
    App, Error,
    lambda::runtime::{Runtime, group::SlotGroup, slot, stop::StopSignal},
    util::{abort_on_drop::AbortOnDrop, join_all::JoinAll},
};

impl Runtime {
    /// Answers invocations like [`run_local`](Self::run_local), with an app that may move between threads.
    ///
    /// Each slot is a task of its own. On a multi-threaded Tokio runtime the tasks run on worker threads, like the handlers of a
    /// server. The loop costs least there: on the thread that called `block_on`, another thread has to wake the loop for each
    /// response of the Runtime API, which takes a third more processor time for a small request.
    ///
    /// Handlers run outside the scope of the future that awaits this method, like the handlers of a server. They do not see
    /// task-locals or a scoped subscriber of that future.
    ///
    /// # Errors
    /// As [`run_local`](Self::run_local).
    ///
    /// # Panics
    /// As [`run_local`](Self::run_local).
    pub async fn run<A>(self, app: A) -> Result<(), Error>
    where
        A: App<Future: Send, Body: Send> + Clone + Send,
    {
        let failed =
            |error| Error::new("cannot respond to invocations: the task panicked or was cancelled").with_source(error);
        if self.slots > 1 {
            let mut slots = JoinSet::new();
            for slot in self.split(usize::MAX) {
                slots.spawn(slot.run_one_slot(app.clone()));
            }
            let mut result = Ok(());
            while let Some(slot) = slots.join_next().await {
                result = result.and(slot.map_err(failed).flatten());
            }
            return result;
        }
        match Handle::current().runtime_flavor() {
            // Boxed: otherwise the future of this method would be as large as that of a slot, even if a task runs the slot.
            RuntimeFlavor::CurrentThread => Box::pin(self.run_one_slot(app)).await,
            _ => AbortOnDrop(tokio::spawn(self.run_one_slot(app))).await.map_err(failed).flatten(),
        }
    }

    /// Answers invocations with `app` in this task, until the shutdown of the user between two invocations. Without a shutdown
    /// this method does not return.
    ///
    /// # Errors
    /// The Runtime API is unreachable for a minute, or reports that the process cannot go on, or takes no snapshot although
    /// one is expected. Errors of a single invocation are logged.
    ///
    /// # Panics
    /// Outside a Tokio runtime with I/O and time enabled.
    pub async fn run_local<A: App>(mut self, app: A) -> Result<(), Error> {
        if self.slots == 1 {
            return self.run_one_slot(app).await;
        }
        let snapshot = self.snapshot();
        let group = self.group.take().unwrap_or_else(|| SlotGroup::new(self.shutdown, self.grace, snapshot));
        if !group.wait_for_start().await? {
            return Ok(());
        }
        let (app, first_error) = (Arc::new(app), Mutex::new(Ok(())));
        let slots = (0..self.slots).map(|_| {
            Box::pin(async {
                let (client, app) = (self.client.sibling(), Arc::clone(&app));
                let answered = slot::run(client, &self.settings, group.signals(), &self.handlers, app).await;
                // Busy slots respond first, and then stop.
                group.stop();
                let mut first_error = first_error.lock().unwrap_or_else(PoisonError::into_inner);
                *first_error = std::mem::replace(&mut *first_error, Ok(())).and(answered);
            })
        });
        group.within_grace(JoinAll::new(slots)).await;
        first_error.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one invocation after another.
    ///
    /// The future of the slot is boxed. In unoptimized code each copy of it on the stack costs as much as the largest future of
    /// the app, which is 100 KB with the compression of actix-web.
    async fn run_one_slot<A: App>(mut self, app: A) -> Result<(), Error> {
        let snapshot = self.snapshot();
        let Self { client, settings, shutdown, group, grace, extension: _extension, handlers, only: _only, .. } = self;
        let group = match group {
            Some(group) => group,
            None if grace.is_some() || snapshot.is_some() => SlotGroup::new(shutdown, grace, snapshot),
            None => {
                let signals = (StopSignal::new(shutdown), None);
                return Box::pin(slot::run(client, &settings, signals, &handlers, app)).await;
            }
        };
        if !group.wait_for_start().await? {
            return Ok(());
        }
        let answered = Box::pin(slot::run(client, &settings, group.signals(), &handlers, app));
        group.within_grace(answered).await.unwrap_or(Ok(()))
    }
}
