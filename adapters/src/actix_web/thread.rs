//! A thread that apps of actix can live on: what they spawn stays there.

use std::thread;

use actix_rt::{Arbiter, System};
use tokio::{runtime, sync::oneshot, task::LocalSet};

use crate::Error;

/// What runs on a thread of its own. It ends when this is dropped.
pub(super) struct Running {
    end: oneshot::Receiver<Result<(), Error>>,
    _alive: oneshot::Receiver<()>,
    _arbiter: Option<StopOnDrop>,
}

/// Runs on a thread of its own what `work` makes there, until it ends or nobody waits for it any more.
///
/// Within a system of actix's, as `#[actix_web::main]` makes one, the thread is one of that, and handlers find it.
///
/// # Errors
/// There is no thread to be had.
pub(super) fn run<W, F>(work: W) -> Result<Running, Error>
where
    W: FnOnce() -> F + Send + 'static,
    F: Future<Output = Result<(), Error>> + 'static,
{
    let (mut dropped, alive) = oneshot::channel::<()>();
    let (ended, end) = oneshot::channel();
    let work = move || {
        // On the heap: unoptimized code copies a future in each function that passes it on, and the future of an app with
        // middleware takes 100 KB of the thread's 2 MiB each time.
        let work = Box::pin(work());
        async move {
            let result = tokio::select! {
                result = work => result,
                () = dropped.closed() => Ok(()),
            };
            let _ = ended.send(result);
        }
    };
    let arbiter = match System::try_current() {
        Some(_) => {
            let arbiter = Arbiter::new();
            arbiter.spawn_fn(move || drop(actix_rt::spawn(work())));
            Some(StopOnDrop(arbiter))
        }
        None => {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| Error::new("the app's thread has no runtime").with_source(error))?;
            let run = move || LocalSet::new().block_on(&runtime, work());
            let spawned = thread::Builder::new().name("lodger-actix-web".to_owned()).spawn(run);
            spawned.map_err(|error| Error::new("the app's thread cannot be started").with_source(error))?;
            None
        }
    };
    Ok(Running { end, _alive: alive, _arbiter: arbiter })
}

impl Running {
    /// What became of it.
    pub(super) async fn ended(&mut self) -> Result<(), Error> {
        let ended = (&mut self.end).await;
        ended.unwrap_or_else(|_| Err(Error::new("the app's thread has ended without a word: it panicked, most likely")))
    }
}

struct StopOnDrop(Arbiter);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}
