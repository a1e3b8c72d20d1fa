//! A thread for an app of actix, whose tasks stay on one thread.

use std::thread;

use actix_rt::{Arbiter, System};
use tokio::{runtime, sync::oneshot, task::LocalSet};

use crate::Error;

/// A thread that runs a future. Dropping this value stops the thread.
pub(super) struct AppThread {
    result: oneshot::Receiver<Result<(), Error>>,
    _alive: oneshot::Receiver<()>,
    _arbiter: Option<StopOnDrop>,
}

impl AppThread {
    /// Starts a thread that runs the future of `work`.
    ///
    /// Within a system of actix, which `#[actix_web::main]` starts, the thread is an arbiter of that system, so that
    /// `System::current()` works in handlers.
    ///
    /// # Errors
    /// The operating system cannot start a thread.
    pub(super) fn start<W, F>(work: W) -> Result<Self, Error>
    where
        W: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<(), Error>> + 'static,
    {
        let (mut dropped, alive) = oneshot::channel::<()>();
        let (sender, result) = oneshot::channel();
        let work = move || async move {
            let result = tokio::select! {
                result = work() => result,
                () = dropped.closed() => Ok(()),
            };
            let _ = sender.send(result);
        };
        let arbiter = match System::try_current() {
            Some(_) => {
                let arbiter = Arbiter::new();
                arbiter.spawn_fn(move || drop(actix_rt::spawn(work())));
                Some(StopOnDrop(arbiter))
            }
            None => {
                let cannot_start = |error| Error::new("cannot start a thread for the app").with_source(error);
                let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(cannot_start)?;
                let run = move || LocalSet::new().block_on(&runtime, work());
                let spawned = thread::Builder::new().name("lodger-actix-web".to_owned()).spawn(run);
                spawned.map_err(cannot_start)?;
                None
            }
        };
        Ok(Self { result, _alive: alive, _arbiter: arbiter })
    }

    /// Waits for the result of the future.
    pub(super) async fn join(&mut self) -> Result<(), Error> {
        let result = (&mut self.result).await;
        result.unwrap_or_else(|_| {
            Err(Error::new("the thread of the app stopped without a result; it has probably panicked"))
        })
    }
}

struct StopOnDrop(Arbiter);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}
