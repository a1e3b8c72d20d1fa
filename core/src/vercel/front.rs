//! What the platform puts into a request, and what is said of it once it is answered.

use std::{fmt, future::poll_fn, pin::pin, sync::Arc};

use http::{HeaderValue, header::HOST};
use tokio::runtime::Handle;
use tracing::Span;

use crate::{
    BeforeFreeze, RequestHead, Settings,
    log::span,
    request::platform_headers::{PlatformHeaders, secret},
    vercel::{Context, ipc::Ipc, log_sink},
};

/// The path at which the platform asks whether the server answers.
const PING: &str = "/_vercel/ping";

/// The platform, as it stands before a server.
#[derive(Debug, Clone)]
pub(crate) struct Front {
    ipc: Arc<Ipc>,
    /// For requests that come without one.
    oidc_token: Option<HeaderValue>,
    before_freeze: Option<Arc<Freezing>>,
}

/// What is done before a freeze, and where.
#[derive(Debug)]
struct Freezing {
    hook: BeforeFreeze,
    runtime: Handle,
}

impl Front {
    pub(crate) fn new(ipc: Arc<Ipc>, settings: &Settings) -> Self {
        let oidc_token = std::env::var("VERCEL_OIDC_TOKEN").ok().and_then(|token| secret(token.as_bytes()));
        let hook = settings.before_freeze.clone();
        let before_freeze = hook.is_some().then(|| Arc::new(Freezing { hook, runtime: Handle::current() }));
        Self { ipc, oidc_token, before_freeze }
    }

    /// Says that the server listens.
    pub(crate) fn started(&self, port: u16) {
        self.ipc.started(port);
        log_sink::process_has_started(&self.ipc);
    }

    /// Waits until the platform is out of reach.
    pub(crate) async fn goes(&self) {
        self.ipc.breaks().await;
    }

    /// Takes out of a request what the platform has put there, and tells it. `None` if the request is the platform's own; else
    /// what is to be dropped once it is answered, if the platform has said which one it is.
    #[expect(clippy::option_option, reason = "the one is about the app, the other about the platform")]
    pub(crate) fn take<H: RequestHead>(&self, head: &mut H) -> Option<Option<RequestEndGuard>> {
        if head.target().split('?').next() == Some(PING) {
            return None;
        }
        let mut said = PlatformHeaders::of(head);
        let context = Context::of(&mut said);
        if let Some(host) = said.host.take() {
            head.set_header(HOST, host);
        }
        said.take_out(head, self.oidc_token.as_ref());
        Some(context.map(|context| {
            head.tell(context.clone());
            self.ipc.begin();
            RequestEndGuard { ipc: Arc::clone(&self.ipc), context, before_freeze: self.before_freeze.clone() }
        }))
    }
}

/// Tells the platform, when it is dropped, that a request is at its end. The platform may suspend the process then.
///
/// Work that goes on after the response has to hold on to this: it is to be dropped when that is done as well.
pub(crate) struct RequestEndGuard {
    ipc: Arc<Ipc>,
    context: Context,
    before_freeze: Option<Arc<Freezing>>,
}

impl RequestEndGuard {
    /// Calls `work` as work on the request, so that the lines that it logs are the request's.
    pub(crate) fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        log_sink::within(&self.ipc, &self.context, work)
    }

    /// That of the request, for what is logged of it.
    pub(crate) fn span(&self) -> Span {
        self.within(|| span::on_vercel(&self.context))
    }

    /// Awaits `work` as work on the request.
    pub(crate) async fn during(&self, work: impl Future<Output = ()>) {
        let mut work = pin!(work);
        poll_fn(|cx| self.within(|| work.as_mut().poll(cx))).await;
    }
}

impl Drop for RequestEndGuard {
    fn drop(&mut self) {
        let Some(freezing) = self.before_freeze.take() else { return self.ipc.end(&self.context) };
        // Whatever becomes of the task, it is dropped once.
        let end = Self { ipc: Arc::clone(&self.ipc), context: self.context.clone(), before_freeze: None };
        freezing.runtime.clone().spawn(async move { end.during(freezing.hook.run()).await });
    }
}

impl fmt::Display for RequestEndGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of the invocation {}", self.context.request_id(), self.context.invocation_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;

    fn request(headers: &[(&'static str, &[u8])]) -> Request {
        let mut request = Request::default();
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        request
    }

    #[test]
    fn whatever_stands_in_the_headers_is_read() {
        let read = |headers: &[(&'static str, &[u8])]| {
            let context = Context::of(&mut PlatformHeaders::of(&request(headers)))?;
            Some((context.invocation_id().to_owned(), context.request_id()))
        };
        let (invocation, number) = ("x-vercel-internal-invocation-id", "x-vercel-internal-request-id");
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[(invocation, b"a")]), None);
        assert_eq!(read(&[(number, b"1")]), None);
        assert_eq!(read(&[(invocation, b"a"), (number, b"42")]), Some(("a".into(), 42)));
        for garbage in [&b"x"[..], b"", b"-1", b"1.5", b"0x10", b"99999999999999999999999", b"\xff", b"1, 2"] {
            assert_eq!(read(&[(invocation, b"a"), (number, garbage)]), Some(("a".into(), 0)), "{garbage:?}");
        }
        assert_eq!(
            read(&[(invocation, b"a"), (invocation, b"b"), (number, b"1"), (number, b"2")]),
            Some(("a".into(), 1))
        );
        assert_eq!(read(&[(invocation, b"\xff\""), (number, b"1")]), Some(("\u{fffd}\"".into(), 1)));
    }
}
