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

/// Takes work that goes on after the response: what the client is not to wait for. An extension of every request, on every
/// host, but under warp's own server (see below).
///
/// What [`run`](Self::run) is given begins once the response has been sent, to the last byte of its body, and is waited for by
/// whoever would end or freeze the process otherwise:
///
/// | host | when | how long | what it costs |
/// |---|---|---|---|
/// | server | once the response has left, or the client; in HTTP/2, once the last of it has been handed to the connection | for ever; once the server ends, as long as the grace is (`LODGER_GRACE`) | nothing |
/// | Lambda | once Lambda has taken the response, before the next invocation is asked for | until half a second before the end of the invocation's time (`LODGER_DEADLINE_MARGIN`), as the request itself | the function is billed for it, and busy meanwhile: on Managed Instances one slot is, elsewhere the next request gets another instance, which may have to start first |
/// | Vercel | likewise, before the request is said to be at its end | as on a server; the platform ends the process when the function's own time is over | the function is billed for it |
///
/// Work that is not done by then is cancelled, which the log says. So does it of a panic, which is nothing to the other work.
/// Work may hand over more. What one request hands over runs at the same time, in no order: on Lambda in the task that
/// polls, where it is not to block, elsewhere each in a task of its own, on the runtime that `run` is awaited on.
///
/// Of that which is handed over when the response is long gone, by a task that kept this, Lambda does not know: it runs after the
/// next response of that slot, or never. On a server it runs at once, within the grace. On Vercel it runs at once as well; the
/// platform waits for it as long as other work of the request goes on, such as that which hands it over, and else not.
///
/// Under warp's own server, which is what serves a filter that is no `warp::service`, there is nobody to tell a request
/// of it: it is not among the extensions there, and `tokio::spawn` has to do, which nobody waits for at the end. Nor is
/// it where a framework is run without Lodger. An app that runs there as well asks for it as for something that may be
/// missing.
///
/// # Example
///
/// In axum it is an `Extension<AfterResponse>`, in actix-web a `ReqData<AfterResponse>`, in warp
/// `warp::ext::optional::<AfterResponse>()`.
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
pub struct AfterResponse(Arc<Handed>);

struct Handed {
    work: Mutex<Kept>,
    /// Whether there is any, so that who has none needs no lock.
    is_some: AtomicBool,
}

#[derive(Default)]
struct Kept {
    work: Vec<Work>,
    /// Who takes what comes when the response is gone.
    late: Option<Late>,
}

type Late = Arc<dyn Fn(Work) + Send + Sync>;

/// What has been handed over. Whatever becomes of it, it panics for itself alone.
pub(crate) type Work = Pin<Box<dyn Future<Output = Result<(), Panicked>> + Send>>;

impl AfterResponse {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Handed { work: Mutex::default(), is_some: AtomicBool::new(false) }))
    }

    /// Runs `work` after the response.
    pub fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        // From here on: work that is dropped before it runs may panic in its destructor, which is caught as well.
        let work = Box::pin(catch_panic_async(CatchPanic::new(|| work)));
        let mut kept = self.kept();
        let Some(late) = kept.late.clone() else {
            kept.work.push(work);
            self.0.is_some.store(true, Ordering::Release);
            return;
        };
        // Without the lock: the work may end in there, and hand over more.
        drop(kept);
        late(work);
    }

    /// Whether there is something to be done, or may come to be, because somebody else has this as well.
    #[cfg(feature = "server")]
    pub(crate) fn may_have_work(&self) -> bool {
        // In this order: whoever else has it may hand something over, and let go of it, in between.
        if Arc::strong_count(&self.0) > 1 {
            return true;
        }
        std::sync::atomic::fence(Ordering::Acquire);
        self.has_work()
    }

    /// Whether there is something to be done.
    pub(crate) fn has_work(&self) -> bool {
        self.0.is_some.load(Ordering::Acquire)
    }

    /// What there is to be done. What comes later is kept for later.
    #[cfg(feature = "lambda")]
    pub(crate) fn take(&self) -> Vec<Work> {
        let mut kept = self.kept();
        self.0.is_some.store(false, Ordering::Release);
        take(&mut kept.work)
    }

    /// What there is to be done. What comes later is for `late`.
    #[cfg(feature = "server")]
    pub(crate) fn take_all(&self, late: impl Fn(Work) + Send + Sync + 'static) -> Vec<Work> {
        let mut kept = self.kept();
        kept.late = Some(Arc::new(late));
        take(&mut kept.work)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for AfterResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AfterResponse")
    }
}

/// Does `work`, for a response to `what`. Its panic goes into the log.
pub(crate) async fn done(work: Work, what: impl fmt::Display) {
    if let Err(Panicked(message)) = work.await {
        log::error!("{what}: the work after the response panicked: {message}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_may_keep_it_wherever_it_likes() {
        fn fits<T: Clone + Send + Sync + 'static>() {}
        fits::<AfterResponse>();
    }

    #[cfg(feature = "server")]
    #[test]
    fn what_is_handed_over_by_who_lets_go_of_it_is_not_overlooked() {
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

    #[test]
    fn what_never_runs_panics_for_itself_alone() {
        struct PanicsOnDrop;
        impl Drop for PanicsOnDrop {
            fn drop(&mut self) {
                panic!("in drop");
            }
        }
        let (after, held) = (AfterResponse::new(), PanicsOnDrop);
        after.run(async move {
            let _held = held;
        });
        drop(after);
    }
}
