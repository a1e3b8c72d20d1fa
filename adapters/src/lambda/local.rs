//! Handlers whose futures stay on one thread.

use std::{
    any::Any,
    future::poll_fn,
    io,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::{Pin, pin},
    sync::OnceLock,
    task::Poll,
    thread,
};

use lodger_core::lambda::{Context, HandlerResult};
use tokio::{
    runtime::Builder,
    sync::{mpsc, oneshot},
    task::{LocalSet, spawn_local},
};

use tracing::{Instrument as _, Span};

use super::{Diagnostic, HandlerOutput, diagnostic::report, into_result::LocalOutput};

/// Wraps a handler whose future is not `Send`, such as a handler that uses the client of actix-web.
///
/// All local handlers of a process run concurrently on one thread with a Tokio runtime and a [`LocalSet`]. They may call
/// `tokio::task::spawn_local` and `actix_web::rt::spawn`. The thread starts with the first event. A handler that blocks the thread
/// delays the others.
///
/// # Example
///
/// ```no_run
/// use actix_web::App;
/// use lodger::{Lodger, lambda::{self, events::sqs::SqsEvent}};
/// use std::{cell::Cell, rc::Rc};
///
/// #[actix_web::main]
/// async fn main() -> Result<(), lodger::Error> {
///     Lodger::new()
///         .on(lambda::local(async |event: SqsEvent, _| {
///             let count = Rc::new(Cell::new(0));
///             for _message in event.records {
///                 actix_web::rt::task::yield_now().await;
///                 count.set(count.get() + 1);
///             }
///             println!("{} messages", count.get());
///         }))
///         .run(|| App::new())
///         .await
/// }
/// ```
pub fn local<E, O, F>(
    handler: F,
) -> impl Fn(E, Context) -> Pin<Box<dyn Future<Output = LocalOutput> + Send>> + Send + Sync + 'static
where
    E: Send + 'static,
    O: HandlerOutput,
    F: AsyncFn(E, Context) -> O + Clone + Send + Sync + 'static,
{
    move |event, context| {
        let handler = handler.clone();
        Box::pin(on_local_thread(async move || handler(event, context).await.into_result()))
    }
}

/// The panic of a handler.
type Panic = Box<dyn Any + Send>;

/// Starts a future on the thread.
type Job = Box<dyn FnOnce() + Send>;

/// Calls `handle` on the thread for local handlers, and returns its result. If the returned future is dropped, the handler is too.
///
/// # Panics
/// As `handle`.
async fn on_local_thread(handle: impl AsyncFnOnce() -> HandlerResult + Send + 'static) -> LocalOutput {
    static THREAD: OnceLock<mpsc::UnboundedSender<Job>> = OnceLock::new();
    let (sender, result) = oneshot::channel();
    let span = Span::current();
    let job: Job = Box::new(move || drop(spawn_local(run(handle, sender).instrument(span))));
    let sent = match THREAD.get() {
        Some(jobs) => jobs.send(job).is_ok(),
        None => match start_thread() {
            Ok(jobs) => THREAD.get_or_init(|| jobs).send(job).is_ok(),
            Err(error) => return cannot_run(error),
        },
    };
    match result.await {
        Ok(Ok(result)) => LocalOutput(result),
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => cannot_run(io::Error::other(if sent {
            "its task ended without a result"
        } else {
            "the thread for local handlers has panicked"
        })),
    }
}

fn cannot_run(error: io::Error) -> LocalOutput {
    let error = Diagnostic::new("LocalHandler", "cannot run the local handler").with_source(error);
    LocalOutput(HandlerResult::Error(report(error)))
}

/// Starts the thread. Lambda limits the events in flight, so that the queue needs no limit.
fn start_thread() -> io::Result<mpsc::UnboundedSender<Job>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (sender, mut jobs) = mpsc::unbounded_channel::<Job>();
    let run_jobs = async move {
        while let Some(job) = jobs.recv().await {
            job();
        }
    };
    let run = move || LocalSet::new().block_on(&runtime, run_jobs);
    thread::Builder::new().name("lodger-handlers".to_owned()).spawn(run)?;
    Ok(sender)
}

/// Runs a handler until it returns or panics, or its receiver is dropped.
async fn run(handle: impl AsyncFnOnce() -> HandlerResult, mut sender: oneshot::Sender<Result<HandlerResult, Panic>>) {
    let result = {
        let mut handled = pin!(handle());
        poll_fn(|cx| {
            if sender.poll_closed(cx).is_ready() {
                return Poll::Ready(None);
            }
            match catch_unwind(AssertUnwindSafe(|| handled.as_mut().poll(cx))) {
                Ok(polled) => polled.map(|result| Some(Ok(result))),
                Err(panic) => Poll::Ready(Some(Err(panic))),
            }
        })
        .await
    };
    if let Some(result) = result {
        // The receiver may be gone.
        let _ = sender.send(result);
    }
}
