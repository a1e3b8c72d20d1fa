#[cfg(feature = "server")]
use std::cell::Cell;
use std::{
    fmt,
    mem::take,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    log,
    util::catch_panic::{CatchPanic, Panicked, catch_panic_async},
};

/// A handle that runs work after the response, so that the client does not wait for the work.
///
/// It is an extension of every request on every host, except under warp's own server (see below). In axum and actix-web the type is
/// an extractor: `async fn handler(after: AfterResponse)`. In warp, use the filter `lodger::warp::after_response()`.
///
/// Work begins once the last byte of the response body has been sent. Before the host ends or freezes the process, it waits for
/// the work:
///
/// | host | beginning | timeout | cost |
/// |---|---|---|---|
/// | server | when the response has been sent, or the client has left; over HTTP/2, when the last byte was passed to the connection | none; during a shutdown, the grace period (`LODGER_GRACE`) | none |
/// | Lambda | when Lambda has received the response, before Lodger requests the next invocation | until half a second before the deadline of the invocation (`LODGER_DEADLINE_MARGIN`), like the request itself | the time is billed. On Managed Instances the work occupies one slot. Elsewhere the next request gets another instance, maybe with a cold start |
/// | Vercel | as on a server, before Lodger reports the end of the request | as on a server; the platform ends the process at the timeout of the function | the time is billed |
///
/// Work that exceeds the timeout is cancelled and logged. A panic is logged too, and does not affect other work. Work may add more
/// work. The work of one request runs concurrently, in no order. On Lambda, work runs in the task that polls for events, so the work must
/// not block. Elsewhere each piece of work is a task of its own, on the runtime that `run` was awaited on.
///
/// A task may keep the handle and add work long after the response. On a server such work begins at once, and ends within the grace
/// period. On Lambda the work runs after the next response of the same slot, or never. On Vercel the work begins at once, but the platform
/// waits only while other work of the request runs, for example the work that added the new work.
///
/// warp's own server runs every filter that is not a `warp::service`. The extension does not exist there, because warp gives Lodger
/// no access to the request. Without Lodger, the extension does not exist either. Use `tokio::spawn` in these cases; a shutdown does not wait for
/// such tasks. An app that also runs there treats the extension as optional.
///
/// # Example
///
/// Without extractors:
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::{AfterResponse, Request};
///
/// fn visited(request: &Request) {
///     let path = request.uri().path().to_owned();
///     if let Some(after) = request.extensions().get::<AfterResponse>() {
///         after.run(async move { count(path).await });
///     }
/// }
/// # async fn count(_: String) {}
/// # visited(&Request::default());
/// ```
#[derive(Clone)]
pub struct AfterResponse(Arc<WorkQueue>);

struct WorkQueue {
    queue: Mutex<QueuedWork>,
    /// Lets a request without work skip the lock.
    has_work: AtomicBool,
}

#[derive(Default)]
struct QueuedWork {
    work: Vec<Work>,
    /// Runs work that is added after the response.
    run_late: Option<RunLate>,
}

#[cfg(feature = "server")]
thread_local!(static SPARE_HANDLE: Cell<Option<AfterResponse>> = const { Cell::new(None) });

type RunLate = Arc<dyn Fn(Work) + Send + Sync>;

/// Work after a response. The future returns panics.
pub(crate) type Work = Pin<Box<dyn Future<Output = Result<(), Panicked>> + Send>>;

impl AfterResponse {
    pub(crate) fn new() -> Self {
        Self(Arc::new(WorkQueue { queue: Mutex::default(), has_work: AtomicBool::new(false) }))
    }

    /// Creates a handle like [`new`](Self::new), or returns one that [`keep_for_reuse`](Self::keep_for_reuse) kept.
    #[cfg(feature = "server")]
    pub(crate) fn reuse_or_new() -> Self {
        SPARE_HANDLE.try_with(Cell::take).ok().flatten().unwrap_or_else(Self::new)
    }

    /// Keeps a handle that has no clone and never had work, for another request of this thread.
    ///
    /// Almost every handle is unused. Allocating and freeing one takes 160 of 15,000 instructions.
    #[cfg(feature = "server")]
    pub(crate) fn keep_for_reuse(self) {
        // This fails while the thread ends and its variables are destroyed.
        let _ = SPARE_HANDLE.try_with(|unused| unused.set(Some(self)));
    }

    /// Runs `work` after the response.
    pub fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        // Wrapped here already: the destructor of work that never runs may panic.
        let work = Box::pin(catch_panic_async(CatchPanic::new(|| work)));
        let mut queue = self.lock();
        let Some(run_late) = queue.run_late.clone() else {
            queue.work.push(work);
            self.0.has_work.store(true, Ordering::Release);
            return;
        };
        // Not under the lock: the work may complete in there, and add more.
        drop(queue);
        run_late(work);
    }

    /// Returns whether there is work, or there may be some later because another clone of the handle exists.
    #[cfg(feature = "server")]
    pub(crate) fn may_have_work(&self) -> bool {
        // In this order: another thread may add work and then drop its clone in between.
        if Arc::strong_count(&self.0) > 1 {
            return true;
        }
        std::sync::atomic::fence(Ordering::Acquire);
        self.has_work()
    }

    /// Returns whether there is work.
    pub(crate) fn has_work(&self) -> bool {
        self.0.has_work.load(Ordering::Acquire)
    }

    /// Takes the work out of the queue. Later work stays in the queue.
    #[cfg(feature = "lambda")]
    pub(crate) fn take(&self) -> Vec<Work> {
        let mut queue = self.lock();
        self.0.has_work.store(false, Ordering::Release);
        take(&mut queue.work)
    }

    /// Takes the work out of the queue. Later work is passed to `run_late`.
    #[cfg(feature = "server")]
    pub(crate) fn take_all(&self, run_late: impl Fn(Work) + Send + Sync + 'static) -> Vec<Work> {
        let mut queue = self.lock();
        queue.run_late = Some(Arc::new(run_late));
        take(&mut queue.work)
    }

    fn lock(&self) -> MutexGuard<'_, QueuedWork> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for AfterResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AfterResponse")
    }
}

/// Awaits `work`, and logs its panic. `request` names the request in the log line.
pub(crate) async fn run_logged(work: Work, request: impl fmt::Display) {
    if let Err(Panicked(message)) = work.await {
        log::error!("{request}: the work after the response panicked: {message}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::catch_panic::tests::PanicsOnDrop;

    #[test]
    fn can_be_kept_in_any_task() {
        fn check<T: Clone + Send + Sync + 'static>() {}
        check::<AfterResponse>();
    }

    #[cfg(feature = "server")]
    #[test]
    fn notices_work_of_a_thread_that_drops_its_clone() {
        let (sender, receiver) = std::sync::mpsc::sync_channel::<AfterResponse>(1);
        let other = std::thread::spawn(move || receiver.into_iter().for_each(|after| after.run(async {})));
        for _ in 0..20_000 {
            let after = AfterResponse::new();
            sender.send(after.clone()).unwrap();
            while !after.has_work() {
                assert!(after.may_have_work());
            }
        }
        drop(sender);
        other.join().unwrap();
    }

    #[cfg(feature = "server")]
    #[test]
    fn reuses_a_handle_only_after_its_request() {
        let (first, second) = (AfterResponse::reuse_or_new(), AfterResponse::reuse_or_new());
        assert!(!Arc::ptr_eq(&first.0, &second.0));
        let kept = Arc::as_ptr(&first.0);
        first.keep_for_reuse();
        let reused = AfterResponse::reuse_or_new();
        assert_eq!(Arc::as_ptr(&reused.0), kept);
        assert_ne!(Arc::as_ptr(&AfterResponse::reuse_or_new().0), kept);
    }

    #[test]
    fn catches_a_panic_in_the_destructor_of_work_that_never_runs() {
        let (after, held) = (AfterResponse::new(), PanicsOnDrop);
        after.run(async move {
            let _held = held;
        });
        drop(after);
    }
}
