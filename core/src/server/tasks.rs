//! Work after responses, on a server: each in a task of its own, which the end of the server waits for.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use tokio::{runtime::Handle, task::JoinSet};

use crate::log;

/// All such tasks of a server.
#[derive(Debug, Clone)]
pub(crate) struct Tasks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    set: Mutex<Set>,
    /// The one of the server, if it is known: those of a framework's workers end before the work does.
    runtime: Option<Handle>,
}

#[derive(Debug, Default)]
struct Set {
    tasks: JoinSet<()>,
    is_closed: bool,
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner { set: Mutex::default(), runtime: Handle::try_current().ok() }))
    }

    /// Begins with `work`, unless all has been cut off.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let runtime = self.0.runtime.clone().or_else(|| Handle::try_current().ok());
        let mut set = self.set();
        // Those that are done are forgotten meanwhile.
        while set.tasks.try_join_next().is_some() {}
        if let (Some(runtime), false) = (runtime, set.is_closed) {
            set.tasks.spawn_on(work, &runtime);
        } else {
            // After the lock: its destructor is the app's.
            drop(set);
            drop(work);
            log::warn!("the work after a response was not begun: the server has ended");
        }
    }

    /// Waits until there is none.
    pub(crate) async fn are_done(&self) {
        poll_fn(|cx| {
            loop {
                match self.set().tasks.poll_join_next(cx) {
                    Poll::Ready(Some(_)) => {}
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
    }

    pub(crate) fn are_any(&self) -> bool {
        let mut set = self.set();
        while set.tasks.try_join_next().is_some() {}
        !set.tasks.is_empty()
    }

    /// Cuts off what is not done, and begins with nothing any more.
    pub(crate) fn cut_off(&self) {
        let mut set = self.set();
        set.is_closed = true;
        set.tasks.abort_all();
    }

    fn set(&self) -> MutexGuard<'_, Set> {
        self.0.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
