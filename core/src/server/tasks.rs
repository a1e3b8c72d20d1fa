//! The tasks that run work after responses on a server. The shutdown waits for them.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use tokio::{runtime::Handle, task::JoinSet};

use crate::{log, util::spawn::TaskFuture};

/// The tasks of a server.
#[derive(Debug, Clone)]
pub(crate) struct Tasks(Arc<SharedTasks>);

#[derive(Debug)]
struct SharedTasks {
    set: Mutex<TaskSet>,
    /// The runtime of the server, if it is known. The runtimes of a framework's workers end before the work does.
    runtime: Option<Handle>,
}

#[derive(Debug, Default)]
struct TaskSet {
    tasks: JoinSet<()>,
    is_closed: bool,
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self(Arc::new(SharedTasks { set: Mutex::default(), runtime: Handle::try_current().ok() }))
    }

    /// Runs `work` in a task of its own, unless the tasks were [aborted](Self::abort).
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let runtime = self.0.runtime.clone().or_else(|| Handle::try_current().ok());
        let mut set = self.lock();
        // Frees the tasks that have completed.
        while set.tasks.try_join_next().is_some() {}
        if let (Some(runtime), false) = (runtime, set.is_closed) {
            let work: TaskFuture = Box::pin(work);
            set.tasks.spawn_on(work, &runtime);
        } else {
            // Not under the lock: the destructor is code of the app.
            drop(set);
            drop(work);
            log::warn!("dropped work after a response: the server has shut down");
        }
    }

    /// Waits until no task is left.
    pub(crate) async fn wait(&self) {
        poll_fn(|cx| {
            loop {
                match self.lock().tasks.poll_join_next(cx) {
                    Poll::Ready(Some(_)) => {}
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
    }

    /// Returns whether no task is left.
    pub(crate) fn is_empty(&self) -> bool {
        let mut set = self.lock();
        while set.tasks.try_join_next().is_some() {}
        set.tasks.is_empty()
    }

    /// Aborts all tasks. Later work is dropped.
    pub(crate) fn abort(&self) {
        let mut set = self.lock();
        set.is_closed = true;
        set.tasks.abort_all();
    }

    fn lock(&self) -> MutexGuard<'_, TaskSet> {
        self.0.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
