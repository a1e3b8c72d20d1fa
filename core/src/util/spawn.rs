//! Tasks of one type. tokio compiles the code of a task for each type of future, once for each of its two schedulers: 5 KB.

use std::pin::Pin;

use tokio::task::JoinHandle;

/// The future of a task without a result.
pub(crate) type TaskFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs `future` in a task of its own.
///
/// # Panics
/// Outside a Tokio runtime.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let future: TaskFuture = Box::pin(future);
    tokio::spawn(future)
}
