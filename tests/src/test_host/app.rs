//! An app that runs for a test, and stops with it.

use std::{
    ops::Deref,
    sync::{Mutex, mpsc},
    thread,
};

use lodger::Error;
use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::AbortHandle,
    time::timeout,
};

use super::Host;
use crate::wait::SOON;

/// An app on a test host. Dropping it stops the app, and then the host.
pub struct TestApp<P> {
    // In this order: a shutdown, if there is one, the end of the app, and last the port of its Runtime API.
    shutdown: Option<oneshot::Sender<()>>,
    handle: AppHandle,
    /// The test's side of the host.
    pub platform: P,
}

impl<P> TestApp<P> {
    pub(super) async fn new<H: Host<Platform = P>>(
        handle: AppHandle,
        shutdown: Option<oneshot::Sender<()>>,
        mut platform: P,
    ) -> Self {
        H::ready(&mut platform).await;
        Self { shutdown, handle, platform }
    }

    /// Begins the shutdown of the app, like a signal does.
    pub fn begin_shutdown(&mut self) {
        drop(self.shutdown.take().expect("the shutdown has begun before, or the host is not built `with_shutdown()`"));
    }

    /// Whether `run` has not returned yet.
    pub fn is_running(&self) -> bool {
        self.handle.result.is_empty()
    }

    /// Waits until `run` returns. Returns its result.
    pub async fn result(&mut self) -> Result<(), Error> {
        let result = timeout(SOON, &mut self.handle.result).await.expect("the app goes on");
        result.expect("the app has panicked")
    }
}

impl<P> Deref for TestApp<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.platform
    }
}

/// Stops an app when it is dropped.
pub(super) struct AppHandle {
    result: oneshot::Receiver<Result<(), Error>>,
    _stop: StopOnDrop,
}

enum StopOnDrop {
    Task(AbortHandle),
    Thread {
        stop: Option<oneshot::Sender<()>>,
        // In a mutex because a receiver is not `Sync`, which a `TestApp` in a static has to be.
        stopped: Mutex<mpsc::Receiver<()>>,
    },
}

impl AppHandle {
    pub(super) fn spawn(run: impl Future<Output = Result<(), Error>> + Send + 'static) -> Self {
        let (sender, result) = oneshot::channel();
        let task = tokio::spawn(async move { drop(sender.send(run.await)) });
        Self { result, _stop: StopOnDrop::Task(task.abort_handle()) }
    }

    pub(super) fn spawn_thread<F>(run: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>>,
    {
        let (sender, result) = oneshot::channel();
        let (stop, is_stopped) = oneshot::channel::<()>();
        let (stopping, stopped) = mpsc::channel::<()>();
        thread::spawn(move || {
            // Dropped last, which is how the thread that waits for it learns of the end.
            let _stopping = stopping;
            let runtime = new_runtime();
            runtime.block_on(async {
                tokio::select! {
                    result = async { run().await } => drop(sender.send(result)),
                    _ = is_stopped => {}
                }
            });
            // Waits for the tasks of the app to be dropped.
            runtime.shutdown_timeout(SOON);
        });
        Self { result, _stop: StopOnDrop::Thread { stop: Some(stop), stopped: Mutex::new(stopped) } }
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        match self {
            Self::Task(task) => task.abort(),
            Self::Thread { stop, stopped } => {
                drop(stop.take());
                if let Ok(stopped) = stopped.get_mut() {
                    // Fails when the thread has ended. An app that blocks its thread does not end.
                    let _ = stopped.recv_timeout(SOON);
                }
            }
        }
    }
}

/// Runs a future on a thread of its own, in a runtime of its own, until it completes.
pub fn run_on_own_thread<F: Future>(run: impl FnOnce() -> F + Send + 'static) {
    thread::spawn(move || {
        new_runtime().block_on(async { run().await });
    });
}

/// Runs a future in a system of actix, like `#[actix_web::main]`, on a thread of its own.
///
/// Build the host `with_shutdown()`: the thread goes on until the future completes.
pub async fn in_actix_system<F>(run: impl FnOnce() -> F + Send + 'static) -> Result<(), Error>
where
    F: Future<Output = Result<(), Error>> + 'static,
{
    let run = move || actix_web::rt::System::new().block_on(run());
    tokio::task::spawn_blocking(run).await.expect("the app has panicked")
}

fn new_runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
