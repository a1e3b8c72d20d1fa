//! The guard of a request, from its admission until its response has been sent.

use std::{fmt, pin::Pin, sync::Arc, task::Poll};

use http::HeaderMap;
use tracing::{Instrument as _, Span};

use crate::{
    AfterResponse, PathPrefix,
    log::{self, sink, span},
    path::location,
    request::after_response::{Work, run_logged},
    server::{platform::RequestEndGuard, tasks::Tasks},
    util::catch_panic::{Panicked, catch_panic},
};

/// A guard to keep until the response body of a request has been sent completely, or was dropped.
///
/// Dropping the guard begins the work [after the response](AfterResponse).
#[must_use = "dropping the guard ends the request"]
pub struct RequestGuard {
    /// Dropped before `end`, so that the span closes before the platform hears of the end. `None` if the span is disabled.
    ///
    /// Boxed, because few requests have a span and the guard is moved several times. So is `prefix`.
    span: Option<Box<Span>>,
    end: Option<RequestEndGuard>,
    after: Option<(AfterResponse, Arc<Tasks>)>,
    prefix: Option<Box<PathPrefix>>,
    pub(super) catches_panics: bool,
    /// Whether the body of the request is a message of the platform.
    pub(super) is_message: bool,
}

/// Creates a guard that does nothing on drop.
impl Default for RequestGuard {
    fn default() -> Self {
        Self { span: None, end: None, after: None, prefix: None, catches_panics: false, is_message: false }
    }
}

impl RequestGuard {
    /// Creates the guard of a request that a client sent directly.
    pub(crate) fn for_client() -> Self {
        let mut guard = Self::default();
        guard.span = span::for_server().map(Box::new);
        guard
    }

    /// Creates the guard of a request that a platform sent.
    pub(crate) fn for_platform(span: Span, end: Option<RequestEndGuard>, catches_panics: bool) -> Self {
        let span = (!span.is_disabled()).then(|| Box::new(span));
        Self { span, end, after: None, prefix: None, catches_panics, is_message: false }
    }

    /// Sets the work after the response, and the tasks that run the work.
    pub(crate) fn set_after_response(&mut self, after: AfterResponse, tasks: &Arc<Tasks>) {
        self.after = Some((after, Arc::clone(tasks)));
    }

    /// Sets the prefix that is added to the `Location` of the response.
    pub(crate) fn set_prefix(&mut self, prefix: PathPrefix) {
        self.prefix = Some(Box::new(prefix));
    }

    /// Adds the prefix that was removed from the request's path to each `Location` of the response that is an absolute
    /// path without it. Does nothing if no prefix was removed, or [`Settings`](crate::Settings) turn it off.
    pub fn restore_location(&self, headers: &mut HeaderMap) {
        if let Some(prefix) = &self.prefix {
            location::restore(prefix, headers);
        }
    }

    /// Returns the value that replaces a `Location`, for a framework with its own header types. Returns `None` if the header stays
    /// unchanged. `location` is called only if a prefix was removed.
    pub fn restored_location<'a>(&self, location: impl FnOnce() -> Option<&'a [u8]>) -> Option<Vec<u8>> {
        let prefix = self.prefix.as_deref()?;
        location::restored(prefix, location()?)
    }

    /// Returns whether the app has to be called through the guard, which enters a scope or catches panics.
    pub(super) fn has_scope(&self) -> bool {
        self.span.is_some() || self.end.is_some() || self.catches_panics
    }

    /// Calls `work`, whose log lines belong to the request.
    pub fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        match (&self.span, &self.end) {
            (None, None) => work(),
            (Some(span), None) => span.in_scope(work),
            (None, Some(end)) => sink::with_request(end.log_sink(), work),
            (Some(span), Some(end)) => sink::with_request(end.log_sink(), || span.in_scope(work)),
        }
    }

    /// Polls the response body. Returns `None` after the end, or after a panic.
    ///
    /// If [`call`](Self::call) catches panics, so does this method: the body ends with an error, and the response is cut off.
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
        match self.in_scope_of_body(|| poll(rest)) {
            Some(polled) => polled.map_err(Into::into),
            None => {
                // The destructor of the body may panic again.
                self.drop_body(body);
                Poll::Ready(Some(Err("the app panicked".into())))
            }
        }
    }

    /// Drops the response body. Its log lines belong to the request.
    pub fn drop_body<B>(&self, mut body: Pin<&mut Option<B>>) {
        let _ = self.in_scope_of_body(|| body.set(None));
    }

    /// Calls `work` of the response body. Returns `None` after a panic that was caught.
    fn in_scope_of_body<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        if !self.catches_panics {
            return Some(self.in_scope(work));
        }
        match self.in_scope(|| catch_panic(work)) {
            Ok(value) => Some(value),
            Err(Panicked(message)) => {
                self.in_scope(|| log::error!("{self}: the app panicked in the body of its response: {message}"));
                None
            }
        }
    }

    /// Returns whether dropping the guard has an effect, so that the response has to be sent first.
    pub(crate) fn is_awaited(&self) -> bool {
        self.end.is_some() || self.after.as_ref().is_some_and(|(after, _)| after.may_have_work())
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let Some((after, tasks)) = self.after.take() else { return };
        if !after.may_have_work() {
            return after.keep_for_reuse();
        }
        let span = self.span.take().map_or_else(Span::none, |span| *span);
        let request = Arc::new(FinishedRequest { span, end: self.end.take() });
        let (weak, late_tasks) = (Arc::downgrade(&request), Arc::clone(&tasks));
        // Work that other work adds delays the end of the request too. Any later work runs after that end.
        let run_late = move |work| match weak.upgrade() {
            Some(request) => late_tasks.spawn(request.run(work)),
            None => late_tasks.spawn(run_logged(work, "a request")),
        };
        for work in after.take_all(run_late) {
            tasks.spawn(Arc::clone(&request).run(work));
        }
    }
}

/// A request whose response has been sent, and whose work after the response is not complete yet.
struct FinishedRequest {
    /// Dropped before `end`, so that the span closes before the platform hears of the end.
    span: Span,
    end: Option<RequestEndGuard>,
}

impl FinishedRequest {
    /// Runs work after the response, in the span of the request.
    async fn run(self: Arc<Self>, work: Work) {
        let span = self.span.clone();
        match &self.end {
            Some(end) => {
                let work = run_logged(work, format!("request {end}")).instrument(span);
                sink::with_request_async(&end.log_sink(), work).await;
            }
            None => run_logged(work, "a request").instrument(span).await,
        }
    }
}

impl fmt::Display for RequestGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.end {
            Some(end) => write!(f, "request {end}"),
            None => f.write_str("a request"),
        }
    }
}

impl fmt::Debug for RequestGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestGuard({self})")
    }
}
