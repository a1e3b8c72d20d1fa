//! Vercel as the platform of a server: the data that its proxy adds to requests, and the reports that it expects.

use std::{fmt, net::SocketAddr, pin::Pin, sync::Arc};

use http::{HeaderValue, StatusCode, header::HOST};
use tokio::runtime::Handle;
use tracing::{Level, Span};

use crate::{
    BeforeFreeze, Host, RequestHead, Settings,
    log::{
        sink::{self, LogSink},
        span,
    },
    request::{
        new_extensions::new_extensions,
        vercel_headers::{VercelHeaders, secret},
    },
    server::platform::{Platform, PlatformAdmission, PlatformRequest, RequestEndGuard},
    util::spawn::TaskFuture,
    vercel::{Context, ipc::Ipc},
};

/// The path of Vercel's health check.
const PING: &str = "/_vercel/ping";

/// Vercel as the platform of a server.
#[derive(Debug)]
pub(crate) struct VercelPlatform {
    ipc: Arc<Ipc>,
    /// For requests without a token.
    oidc_token: Option<HeaderValue>,
    before_freeze: Option<Arc<FreezeHooks>>,
    path_prefix: Option<String>,
}

/// The hooks before a freeze, and the runtime that runs them.
#[derive(Debug)]
struct FreezeHooks {
    hooks: BeforeFreeze,
    runtime: Handle,
}

impl VercelPlatform {
    pub(crate) fn new(ipc: Arc<Ipc>, settings: &Settings) -> Self {
        let oidc_token = std::env::var("VERCEL_OIDC_TOKEN").ok().and_then(|token| secret(token.as_bytes()));
        let hooks = settings.before_freeze.clone();
        let before_freeze = hooks.is_some().then(|| Arc::new(FreezeHooks { hooks, runtime: Handle::current() }));
        Self { ipc, oidc_token, before_freeze, path_prefix: settings.vercel_service_prefix.clone() }
    }
}

impl Platform for VercelPlatform {
    fn host(&self) -> Host {
        Host::Vercel
    }

    fn path_prefix(&self) -> Option<&str> {
        self.path_prefix.as_deref()
    }

    fn catches_panics(&self) -> bool {
        true
    }

    fn admit(&self, head: &mut dyn RequestHead) -> PlatformAdmission {
        if head.target().split('?').next() == Some(PING) {
            return PlatformAdmission::Response(StatusCode::OK, "OK");
        }
        let mut headers = VercelHeaders::read(head);
        let context = Context::from_headers(&mut headers);
        if let Some(host) = headers.host.take() {
            head.set_header(HOST, host);
        }
        // First, because `extend` is cheapest for a request that has no extensions yet.
        if let Some(context) = &context {
            let mut extensions = new_extensions();
            extensions.insert(context.clone());
            head.extend_extensions(extensions);
        }
        headers.apply(head, self.oidc_token.as_ref());
        let Some(context) = context else {
            return PlatformAdmission::ToApp { span: Span::none(), end: None };
        };
        self.ipc.begin_request();
        let before_freeze = self.before_freeze.clone();
        let request = Arc::new(VercelRequest { ipc: Arc::clone(&self.ipc), context, before_freeze });
        // Before the span: a layer of the app's subscriber may panic, and the platform waits for the end of each request.
        let end = RequestEndGuard::new(Arc::clone(&request) as _);
        let context = &request.context;
        if span::has_no_subscriber() {
            return PlatformAdmission::ToApp { span: Span::none(), end: Some(end) };
        }
        // In the scope of the sink, which the layer of `logs` keeps in the span.
        let span = sink::with_request(Arc::clone(&request) as _, || {
            span::for_vercel(context.request_id(), context.invocation_id(), context.trace_id())
        });
        PlatformAdmission::ToApp { span, end: Some(end) }
    }

    fn report_listening(&self, addr: SocketAddr) -> bool {
        self.ipc.send_started(addr.port());
        sink::register(&(Arc::clone(&self.ipc) as _));
        true
    }

    fn lost(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.ipc.wait_until_broken())
    }
}

/// A request that Vercel has given an id.
struct VercelRequest {
    ipc: Arc<Ipc>,
    context: Context,
    before_freeze: Option<Arc<FreezeHooks>>,
}

impl PlatformRequest for VercelRequest {
    fn end(self: Arc<Self>) {
        let before_freeze = self.before_freeze.clone();
        let end = EndOnDrop(self);
        let Some(before_freeze) = before_freeze else { return drop(end) };
        // `end` is dropped even if the runtime aborts the task.
        let runtime = before_freeze.runtime.clone();
        let hooks: TaskFuture = Box::pin(async move {
            let sink: Arc<dyn LogSink> = Arc::clone(&end.0) as _;
            sink::with_request_async(&sink, before_freeze.hooks.run()).await;
            drop(end);
        });
        runtime.spawn(hooks);
    }
}

impl LogSink for VercelRequest {
    fn log(&self, level: Level, line: &str) {
        self.ipc.send_log(Some(&self.context), level, line);
    }
}

impl fmt::Display for VercelRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of the invocation {}", self.context.request_id(), self.context.invocation_id())
    }
}

/// Reports the end of a request when it is dropped.
struct EndOnDrop(Arc<VercelRequest>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.ipc.end_request(&self.0.context);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::vercel_headers::tests::request;

    #[test]
    fn reads_the_ids_of_a_request_from_any_header_values() {
        let read = |headers: &[(&'static str, &[u8])]| {
            let context = Context::from_headers(&mut VercelHeaders::read(&request(headers)))?;
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

    #[cfg(unix)]
    #[tokio::test]
    async fn reports_the_end_of_a_request_whose_span_panics() {
        use tracing_subscriber::{Layer, layer::SubscriberExt as _, registry::Registry};

        use crate::vercel::ipc::tests::{connected, read};

        struct PanicsOnNewSpan;

        impl<S: tracing::Subscriber> Layer<S> for PanicsOnNewSpan {
            fn on_new_span(
                &self,
                _: &tracing::span::Attributes<'_>,
                _: &tracing::span::Id,
                _: tracing_subscriber::layer::Context<'_, S>,
            ) {
                panic!("in a layer");
            }
        }

        let (ipc, mut vercel) = connected().await;
        let platform = VercelPlatform::new(Arc::clone(&ipc), &Settings::default());
        let mut request = request(&[("x-vercel-internal-invocation-id", b"a"), ("x-vercel-internal-request-id", b"7")]);
        let admit = std::panic::AssertUnwindSafe(|| {
            let subscriber = Registry::default().with(PanicsOnNewSpan);
            tracing::subscriber::with_default(subscriber, || drop(platform.admit(&mut request)));
        });
        assert!(std::panic::catch_unwind(admit).is_err());
        let messages = read(&mut vercel, 1).await;
        assert_eq!(messages[0]["type"], "end");
        assert_eq!(messages[0]["payload"]["context"]["requestId"], 7);
        ipc.wait_until_idle().await;
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_nested_request_restores_the_sink_of_the_outer_one() {
        use crate::vercel::ipc::tests::{connected, read};

        let (ipc, mut platform) = connected().await;
        let request = |id| -> Arc<dyn LogSink> {
            Arc::new(VercelRequest { ipc: Arc::clone(&ipc), context: Context::new("a", id), before_freeze: None })
        };
        let (outer, inner) = (request(1), request(2));
        sink::with_request(outer, || {
            assert!(sink::send(Level::INFO, "before"));
            sink::with_request(Arc::clone(&inner), || assert!(sink::send(Level::INFO, "inner")));
            assert!(sink::send(Level::INFO, "between"));
            // A panic restores the sink too.
            let panicking = std::panic::AssertUnwindSafe(|| {
                sink::with_request(Arc::clone(&inner), || std::panic::resume_unwind(Box::new(())))
            });
            assert!(std::panic::catch_unwind(panicking).is_err());
            assert!(sink::send(Level::INFO, "after"));
        });
        assert!(sink::of_request().is_none());
        let messages = read(&mut platform, 4).await;
        let ids: Vec<_> =
            messages.iter().map(|line| line["payload"]["context"]["requestId"].as_u64().unwrap()).collect();
        assert_eq!(ids, [1, 2, 1, 1]);
    }
}
