//! What stands for a request while it is answered, from the gate until its response has been sent.

use std::{
    fmt,
    mem::{replace, take},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::HeaderMap;
use pin_project_lite::pin_project;
use tracing::{Instrument as _, Span};

use crate::{
    AfterResponse, PathPrefix,
    log::{self, span},
    path::location,
    request::after_response::{self, Work},
    server::tasks::Tasks,
    util::catch_panic::{CatchPanic, Panicked, catch_panic},
};

/// Stands for a request that is being answered: to be kept until the body of its response has been sent entirely, or is dropped.
/// What is to be done [after the response](AfterResponse) begins then.
#[must_use = "the request counts as answered once this is dropped"]
pub struct RequestGuard {
    /// It is closed before the request is at its end.
    span: Span,
    #[cfg(feature = "vercel")]
    end: Option<crate::vercel::RequestEndGuard>,
    after: Option<(AfterResponse, Arc<Tasks>)>,
    /// Boxed, because few requests have one and every pass is moved several times.
    prefix: Option<Box<PathPrefix>>,
    catches_panics: bool,
}

/// That of nothing.
impl Default for RequestGuard {
    fn default() -> Self {
        Self::of(Span::none())
    }
}

impl RequestGuard {
    /// That of a request to a server, of which nobody has to be told.
    pub(crate) fn on_server() -> Self {
        Self::of(span::on_server())
    }

    fn of(span: Span) -> Self {
        Self {
            #[cfg(feature = "vercel")]
            end: None,
            after: None,
            prefix: None,
            span,
            catches_panics: false,
        }
    }

    /// That of a request that Vercel brings.
    #[cfg(feature = "vercel")]
    pub(crate) fn on_vercel(end: Option<crate::vercel::RequestEndGuard>) -> Self {
        let span = end.as_ref().map_or_else(Span::none, crate::vercel::RequestEndGuard::span);
        Self { end, after: None, prefix: None, span, catches_panics: true }
    }

    /// Has `tasks` do what `after` is given.
    pub(crate) fn take_work(&mut self, after: AfterResponse, tasks: &Arc<Tasks>) {
        self.after = Some((after, Arc::clone(tasks)));
    }

    /// Has the `Location` of the response begin with `prefix`.
    pub(crate) fn put_back(&mut self, prefix: PathPrefix) {
        self.prefix = Some(Box::new(prefix));
    }

    /// Adds the prefix that was removed from the request's path to each `Location` of the response that is an absolute
    /// path without it. Does nothing if no prefix was removed, or [`Settings`](crate::Settings) turn it off.
    pub fn restore_location(&self, headers: &mut HeaderMap) {
        if let Some(prefix) = &self.prefix {
            location::restore(prefix, headers);
        }
    }

    /// The value that replaces a `Location`, for a framework with header types of its own. `None` if the header stays as
    /// it is. `location` is called only if a prefix was removed.
    pub fn restored_location<'a>(&self, location: impl FnOnce() -> Option<&'a [u8]>) -> Option<Vec<u8>> {
        let prefix = self.prefix.as_deref()?;
        location::restored(prefix, location()?)
    }

    /// Calls the app. What comes of it is the app's answer, and this again. Where the host wants every request answered, a panic
    /// is [`None`], has been logged, and is to be answered with 500; elsewhere it is let through.
    pub fn call<F: Future>(self, call: impl FnOnce() -> F) -> GuardedCall<F> {
        let state = match self.catches_panics {
            false => State::Plain { future: self.within(call) },
            true => match self.within(|| CatchPanic::new(call)) {
                Ok(future) => State::Caught { future },
                Err(panicked) => State::Panicked { panicked },
            },
        };
        GuardedCall { state, pass: self }
    }

    /// Calls `work` as work on the request: what it logs is the request's.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        #[cfg(feature = "vercel")]
        if let Some(end) = &self.end {
            return end.within(|| self.span.in_scope(work));
        }
        self.span.in_scope(work)
    }

    /// Polls the response's body, if there is any left. After a panic, which is as [`call`](Self::call) has it, there is none: the
    /// answer has been begun, and ends with an error, so that it is cut off.
    pub fn poll_body<B, T, E, X>(
        &self,
        mut body: Pin<&mut Option<B>>,
        poll: impl FnOnce(Pin<&mut B>) -> Poll<Option<Result<T, E>>>,
    ) -> Poll<Option<Result<T, X>>>
    where
        E: Into<X>,
        X: From<&'static str>,
    {
        let Some(rest) = body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        match self.within_body(|| poll(rest)) {
            Some(polled) => polled.map_err(Into::into),
            None => {
                // What is left of it may panic again.
                self.drop_body(body);
                Poll::Ready(Some(Err("the app panicked".into())))
            }
        }
    }

    /// Drops the response's body, as work on the request.
    pub fn drop_body<B>(&self, mut body: Pin<&mut Option<B>>) {
        let _ = self.within_body(|| body.set(None));
    }

    /// Calls `work`, which is that of the response's body. What comes of it; nothing if it panicked.
    fn within_body<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        if !self.catches_panics {
            return Some(self.within(work));
        }
        match self.within(|| catch_panic(work)) {
            Ok(value) => Some(value),
            Err(Panicked(message)) => {
                self.within(|| log::error!("{self}: the app panicked in the body of its response: {message}"));
                None
            }
        }
    }

    /// Whether there is something to be done once the response has been sent.
    pub(crate) fn is_awaited(&self) -> bool {
        #[cfg(feature = "vercel")]
        if self.end.is_some() {
            return true;
        }
        self.after.as_ref().is_some_and(|(after, _)| after.may_have_work())
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let Some((after, tasks)) = self.after.take() else { return };
        if !after.may_have_work() {
            return;
        }
        let answered = Arc::new(AfterTasks {
            span: replace(&mut self.span, Span::none()),
            #[cfg(feature = "vercel")]
            end: self.end.take(),
        });
        let (of, late) = (Arc::downgrade(&answered), Arc::clone(&tasks));
        // Such as what work hands over. Where there is none any more, the request has been at its end.
        let late = move |work| match of.upgrade() {
            Some(answered) => late.spawn(answered.does(work)),
            None => late.spawn(after_response::done(work, "a request")),
        };
        for work in after.take_all(late) {
            tasks.spawn(Arc::clone(&answered).does(work));
        }
    }
}

/// A request whose response has been sent, for as long as there is work on it.
struct AfterTasks {
    /// Dropped before the end is.
    span: Span,
    #[cfg(feature = "vercel")]
    end: Option<crate::vercel::RequestEndGuard>,
}

impl AfterTasks {
    /// Does `work`, for the request, which is not at its end before that, and in its span.
    async fn does(self: Arc<Self>, work: Work) {
        let span = self.span.clone();
        #[cfg(feature = "vercel")]
        if let Some(end) = &self.end {
            return end.during(after_response::done(work, format!("request {end}")).instrument(span)).await;
        }
        after_response::done(work, "a request").instrument(span).await;
    }
}

impl fmt::Display for RequestGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "vercel")]
        if let Some(end) = &self.end {
            return write!(f, "request {end}");
        }
        f.write_str("a request")
    }
}

impl fmt::Debug for RequestGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pass({self})")
    }
}

pin_project! {
    /// The app's answer to come, from [`RequestGuard::call`].
    #[must_use = "futures do nothing unless polled"]
    pub struct GuardedCall<F> {
        #[pin]
        state: State<F>,
        pass: RequestGuard,
    }

    impl<F> PinnedDrop for GuardedCall<F> {
        fn drop(this: Pin<&mut Self>) {
            // Of a call that is given up, because the client has left, the destructors are work on the request.
            let mut this = this.project();
            this.pass.within(|| this.state.set(State::GivenUp));
        }
    }
}

pin_project! {
    #[project = Projected]
    enum State<F> {
        Plain { #[pin] future: F },
        Caught { #[pin] future: CatchPanic<F> },
        Panicked { panicked: Panicked },
        GivenUp,
    }
}

impl<F: Future> Future for GuardedCall<F> {
    type Output = (Option<F::Output>, RequestGuard);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let message = match this.state.project() {
            Projected::Plain { future } => {
                let answer = ready!(this.pass.within(|| future.poll(cx)));
                return Poll::Ready((Some(answer), take(this.pass)));
            }
            Projected::Caught { future } => match ready!(this.pass.within(|| future.poll(cx))) {
                Ok(answer) => return Poll::Ready((Some(answer), take(this.pass))),
                Err(Panicked(message)) => message,
            },
            Projected::Panicked { panicked } => take(&mut panicked.0),
            Projected::GivenUp => return Poll::Pending,
        };
        let pass = &*this.pass;
        pass.within(|| log::error!("{pass}: answered with 500: the app panicked: {message}"));
        Poll::Ready((None, take(this.pass)))
    }
}

impl<F> fmt::Debug for GuardedCall<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("pass", &self.pass).finish_non_exhaustive()
    }
}
