//! A call of the app, with the guard of its request.

use std::{
    fmt,
    mem::take,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use crate::{
    log,
    server::request_guard::RequestGuard,
    util::catch_panic::{CatchPanic, Panicked},
};

impl RequestGuard {
    /// Calls the app. The future returns the app's response and the guard.
    ///
    /// If the platform requires a response to every request, a panic of the app is logged, and the response is `None`: respond with
    /// 500. Otherwise the panic propagates.
    pub fn call<F: Future>(self, call: impl FnOnce() -> F) -> GuardedCall<F> {
        let state = match self.catches_panics {
            false => CallState::Uncaught { future: self.in_scope(call) },
            true => match self.in_scope(|| CatchPanic::new(call)) {
                Ok(future) => CallState::Caught { future },
                Err(panicked) => CallState::Panicked { panicked },
            },
        };
        GuardedCall { state, guard: self }
    }
}

pin_project! {
    /// The future of [`RequestGuard::call`].
    #[must_use = "futures do nothing unless polled"]
    pub struct GuardedCall<F> {
        #[pin]
        state: CallState<F>,
        guard: RequestGuard,
    }

    impl<F> PinnedDrop for GuardedCall<F> {
        fn drop(this: Pin<&mut Self>) {
            // If the client has left, destructors run here. Their log lines belong to the request.
            let mut this = this.project();
            this.guard.in_scope(|| this.state.set(CallState::Dropped));
        }
    }
}

pin_project! {
    #[project = CallStateProjection]
    enum CallState<F> {
        Uncaught { #[pin] future: F },
        Caught { #[pin] future: CatchPanic<F> },
        Panicked { panicked: Panicked },
        Dropped,
    }
}

impl<F: Future> Future for GuardedCall<F> {
    type Output = (Option<F::Output>, RequestGuard);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let message = match this.state.project() {
            CallStateProjection::Uncaught { future } => {
                let response = ready!(this.guard.in_scope(|| future.poll(cx)));
                return Poll::Ready((Some(response), take(this.guard)));
            }
            CallStateProjection::Caught { future } => match ready!(this.guard.in_scope(|| future.poll(cx))) {
                Ok(response) => return Poll::Ready((Some(response), take(this.guard))),
                Err(Panicked(message)) => message,
            },
            CallStateProjection::Panicked { panicked } => take(&mut panicked.0),
            CallStateProjection::Dropped => return Poll::Pending,
        };
        let guard = &*this.guard;
        guard.in_scope(|| log::error!("{guard}: responding with 500: the app panicked: {message}"));
        Poll::Ready((None, take(this.guard)))
    }
}

impl<F> fmt::Debug for GuardedCall<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedCall").field("guard", &self.guard).finish_non_exhaustive()
    }
}
