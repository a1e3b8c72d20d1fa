//! What stands before an app on a server: what is done about each request before the app sees it, and after its response.

use std::{
    fmt,
    mem::{replace, take},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::StatusCode;
use pin_project_lite::pin_project;
use tracing::{Instrument as _, Span};

use super::{
    paths::{Paths, Seen},
    tasks::Tasks,
};
use crate::{
    AfterResponse, Head, Host, Settings, after,
    log::say,
    panic::{CatchPanic, Panicked},
    span,
};

/// What stands before an app: it takes prefixes off paths, keeps clients away from what is for events, and, where the server
/// stands behind a host's own, takes off what that has put into the request.
///
/// A server of Lodger's asks it about each request, and so does the adapter of a framework that brings a server of its own:
///
/// - before the app is called, [`admit`](Self::admit), which says whether it is to be called;
/// - the call itself goes through [`Pass::call`];
/// - the [`Pass`] is kept until the body of the response has been sent, or is dropped without that.
#[derive(Debug)]
pub struct Gate {
    paths: Paths,
    /// Work after responses.
    tasks: Arc<Tasks>,
    #[cfg(feature = "vercel")]
    vercel: Option<crate::vercel::Front>,
    #[cfg(feature = "vercel")]
    is_behind_vercels_proxy: bool,
}

impl Clone for Gate {
    fn clone(&self) -> Self {
        Self {
            paths: self.paths.clone(),
            // Each request counts what it holds. One count for all connections would have their threads wait for each other.
            tasks: Arc::new(Tasks::clone(&self.tasks)),
            #[cfg(feature = "vercel")]
            vercel: self.vercel.clone(),
            #[cfg(feature = "vercel")]
            is_behind_vercels_proxy: self.is_behind_vercels_proxy,
        }
    }
}

/// Whether an app sees a request.
#[derive(Debug)]
pub enum Admission {
    /// It does.
    ToApp(Pass),
    /// It does not: the request is answered with this status and this text.
    Answered(StatusCode, &'static str, Pass),
}

impl Gate {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            paths: Paths::new(settings, None),
            tasks: Arc::new(Tasks::new()),
            #[cfg(feature = "vercel")]
            vercel: None,
            #[cfg(feature = "vercel")]
            is_behind_vercels_proxy: settings.is_behind_vercels_proxy,
        }
    }

    /// The one on Vercel.
    #[cfg(feature = "vercel")]
    pub(super) fn on_vercel(settings: &Settings, vercel: crate::vercel::Front) -> Self {
        Self {
            paths: Paths::new(settings, settings.service_prefix.as_deref()),
            tasks: Arc::new(Tasks::new()),
            vercel: Some(vercel),
            is_behind_vercels_proxy: false,
        }
    }

    /// Lets a request pass, changed as the app is to see it, or answers for the app. `peer` is the other end of the connection.
    pub fn admit<H: Head>(&self, head: &mut H, peer: Option<SocketAddr>) -> Admission {
        #[cfg(feature = "vercel")]
        if let Some(vercel) = &self.vercel {
            return match vercel.take(head) {
                Some(end) => self.admit_to_paths(head, Pass::on_vercel(end)),
                None => Admission::Answered(StatusCode::OK, "OK", Pass::default()),
            };
        }
        #[cfg(feature = "vercel")]
        if self.is_behind_vercels_proxy {
            // It takes out some, and its own address is that of no client.
            crate::vercel_headers::Said::of(head).take_out(head, None);
            return self.admit_to_paths(head, Pass::of(span::on_server()));
        }
        if let Some(peer) = peer {
            head.set_client(peer);
        }
        self.admit_to_paths(head, Pass::of(span::on_server()))
    }

    fn admit_to_paths<H: Head>(&self, head: &mut H, mut pass: Pass) -> Admission {
        let is_seen = match self.paths.seen(head.target()) {
            Seen::AsItIs => true,
            Seen::Never => false,
            Seen::Shortened(rest, taken) => {
                let is_set = head.set_target(rest);
                head.tell(taken);
                is_set
            }
        };
        if !is_seen {
            return Admission::Answered(StatusCode::NOT_FOUND, "", pass);
        }
        let after = AfterResponse::new();
        head.tell(after.clone());
        pass.after = Some((after, Arc::clone(&self.tasks)));
        Admission::ToApp(pass)
    }

    /// Whether every request passes as it came: no path is changed or kept away from the app.
    pub fn is_open(&self) -> bool {
        self.paths.are_none() && self.peers_are_clients()
    }

    /// Whether the other end of a connection is the client, rather than the proxy of a host.
    pub fn peers_are_clients(&self) -> bool {
        #[cfg(feature = "vercel")]
        if self.vercel.is_some() || self.is_behind_vercels_proxy {
            return false;
        }
        true
    }

    /// What may be taken off a path, in the order in which it stands there.
    pub fn prefixes(&self) -> &[String] {
        self.paths.prefixes()
    }

    /// Work after responses.
    pub(super) fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    pub(super) fn host(&self) -> Host {
        #[cfg(feature = "vercel")]
        if self.vercel.is_some() {
            return Host::Vercel;
        }
        Host::Server
    }

    /// Tells whose server this is that it serves; whether there is anybody to be told.
    pub(super) fn tell_started(&self, addr: SocketAddr) -> bool {
        #[cfg(feature = "vercel")]
        if let Some(vercel) = &self.vercel {
            vercel.started(addr.port());
            return true;
        }
        let _ = addr;
        false
    }

    /// Waits until the host that the server stands behind has gone.
    pub(super) async fn host_goes(&self) {
        #[cfg(feature = "vercel")]
        if let Some(vercel) = &self.vercel {
            return vercel.goes().await;
        }
        std::future::pending().await
    }
}

/// Stands for a request that is being answered: to be kept until the body of its response has been sent entirely, or is dropped.
/// What is to be done [after the response](AfterResponse) begins then.
#[must_use = "the request counts as answered once this is dropped"]
pub struct Pass {
    /// It is closed before the request is at its end.
    span: Span,
    #[cfg(feature = "vercel")]
    end: Option<crate::vercel::End>,
    after: Option<(AfterResponse, Arc<Tasks>)>,
    catches_panics: bool,
}

/// That of nothing.
impl Default for Pass {
    fn default() -> Self {
        Self::of(Span::none())
    }
}

impl Pass {
    /// That of a request to a server, of which nobody has to be told.
    fn of(span: Span) -> Self {
        Self {
            #[cfg(feature = "vercel")]
            end: None,
            after: None,
            span,
            catches_panics: false,
        }
    }

    #[cfg(feature = "vercel")]
    fn on_vercel(end: Option<crate::vercel::End>) -> Self {
        let span = end.as_ref().map_or_else(Span::none, crate::vercel::End::span);
        Self { end, after: None, span, catches_panics: true }
    }

    /// Calls the app. What comes of it is the app's answer, and this again. Where the host wants every request answered, a panic
    /// is [`None`], has been logged, and is to be answered with 500; elsewhere it is let through.
    pub fn call<F: Future>(self, call: impl FnOnce() -> F) -> Call<F> {
        let state = match self.catches_panics {
            false => State::Plain { future: self.within(call) },
            true => match self.within(|| CatchPanic::new(call)) {
                Ok(future) => State::Caught { future },
                Err(panicked) => State::Panicked { panicked },
            },
        };
        Call { state, pass: self }
    }

    /// Calls `work` as work on the request: what it logs is the request's.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        #[cfg(feature = "vercel")]
        if let Some(end) = &self.end {
            return end.within(|| self.span.in_scope(work));
        }
        self.span.in_scope(work)
    }

    /// Whether there is something to be done once the response has been sent.
    pub(super) fn is_awaited(&self) -> bool {
        #[cfg(feature = "vercel")]
        if self.end.is_some() {
            return true;
        }
        self.after.as_ref().is_some_and(|(after, _)| after.may_have_work())
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let Some((after, tasks)) = self.after.take() else { return };
        if !after.may_have_work() {
            return;
        }
        #[cfg(feature = "vercel")]
        let end = self.end.take().map(Arc::new);
        // Dropped before the end is.
        let span = replace(&mut self.span, Span::none());
        let late = Arc::clone(&tasks);
        for work in after.take_all(move |work| late.spawn(after::done(work, "a request"))) {
            #[cfg(feature = "vercel")]
            if let Some(end) = &end {
                tasks.spawn(crate::vercel::End::kept_by(Arc::clone(end), work, span.clone()));
                continue;
            }
            tasks.spawn(after::done(work, "a request").instrument(span.clone()));
        }
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "vercel")]
        if let Some(end) = &self.end {
            return write!(f, "request {end}");
        }
        f.write_str("a request")
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pass({self})")
    }
}

pin_project! {
    /// The app's answer to come, from [`Pass::call`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Call<F> {
        #[pin]
        state: State<F>,
        pass: Pass,
    }
}

pin_project! {
    #[project = Projected]
    enum State<F> {
        Plain { #[pin] future: F },
        Caught { #[pin] future: CatchPanic<F> },
        Panicked { panicked: Panicked },
    }
}

impl<F: Future> Future for Call<F> {
    type Output = (Option<F::Output>, Pass);

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
        };
        let pass = &*this.pass;
        pass.within(|| say!(ERROR, "{pass}: answered with 500: the app panicked: {message}"));
        Poll::Ready((None, take(this.pass)))
    }
}

impl<F> fmt::Debug for Call<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("pass", &self.pass).finish_non_exhaustive()
    }
}
