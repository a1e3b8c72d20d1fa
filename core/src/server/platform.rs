//! The interface of a host that brings HTTP requests over a socket.

use std::{fmt, net::SocketAddr, pin::Pin, sync::Arc};

use bytes::Bytes;
use http::StatusCode;
use tracing::Span;

use crate::{Host, Request, RequestHead, log::sink::LogSink};

/// A host whose proxy sends HTTP requests to the server.
///
/// A server without a platform serves clients directly.
pub(crate) trait Platform: Send + Sync + 'static {
    /// The host that the app sees.
    fn host(&self) -> Host;

    /// The prefix that the platform adds to the path of each request. The ingress removes this prefix before the base path.
    fn path_prefix(&self) -> Option<&str> {
        None
    }

    /// Returns whether a panic of the app becomes a response with 500. Otherwise the panic ends the connection.
    fn catches_panics(&self) -> bool;

    /// Returns whether the server reads the rest of a request body that the app does not read.
    ///
    /// For a proxy that sends the whole request before it reads the response.
    fn reads_whole_requests(&self) -> bool {
        false
    }

    /// Returns whether some requests are [messages](PlatformAdmission::Message).
    fn sends_messages(&self) -> bool {
        false
    }

    /// Decodes a message into a request for the app.
    ///
    /// # Errors
    /// The response to a message that is not valid.
    fn decode(&self, message: http::Request<Bytes>) -> Result<DecodedMessage, Box<http::Response<Bytes>>> {
        drop(message);
        Err(Box::default())
    }

    /// Moves the platform's data from the headers into extensions, or responds to the request.
    fn admit(&self, head: &mut dyn RequestHead) -> PlatformAdmission;

    /// Reports to the platform that the server accepts connections on `addr`. Returns `false` if the platform expects no report, so
    /// that the address has to be logged.
    fn report_listening(&self, addr: SocketAddr) -> bool;

    /// Completes when the platform is gone and the server should shut down.
    fn lost(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// Not a supertrait, which would put the `Debug` implementations of everything that a platform owns into every binary.
impl fmt::Debug for dyn Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Platform({})", self.host())
    }
}

/// The decision of a platform about a request.
#[allow(dead_code, reason = "each platform is a feature")]
pub(crate) enum PlatformAdmission {
    /// The app responds.
    ToApp {
        span: Span,
        /// `None` if the platform expects no report of the end of this request.
        end: Option<RequestEndGuard>,
    },
    /// The body of the request is a message that describes the request for the app. The path is the platform's own.
    Message { span: Span },
    /// The platform responds with this status and text.
    Response(StatusCode, &'static str),
}

/// The request in a message.
#[allow(dead_code, reason = "each platform is a feature")]
pub(crate) struct DecodedMessage {
    pub(crate) request: Request,
    /// Encodes the response of the app for the platform.
    pub(crate) encode: Box<dyn FnOnce(http::Response<Bytes>) -> http::Response<Bytes> + Send>,
}

/// A request, if its platform expects a report of its end.
///
/// The request is also the sink of its log lines. `Display` writes the id of the request in these lines.
pub(crate) trait PlatformRequest: LogSink + fmt::Display + 'static {
    /// Reports the end of the request: the response and the work after it are complete. The platform may freeze the process then.
    fn end(self: Arc<Self>);
}

/// A guard that reports the end of a platform's request on drop.
///
/// Work after the response keeps the guard until the work is complete.
pub(crate) struct RequestEndGuard(Arc<dyn PlatformRequest>);

impl RequestEndGuard {
    #[allow(dead_code, reason = "each platform is a feature")]
    pub(crate) fn new(request: Arc<dyn PlatformRequest>) -> Self {
        Self(request)
    }

    /// The sink of the request's log lines.
    pub(crate) fn log_sink(&self) -> Arc<dyn LogSink> {
        Arc::clone(&self.0) as _
    }
}

impl Drop for RequestEndGuard {
    fn drop(&mut self) {
        Arc::clone(&self.0).end();
    }
}

impl fmt::Display for RequestEndGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
    };

    use tracing::Level;

    use super::*;
    use crate::{
        AfterResponse, Settings,
        server::{Admission, Ingress},
    };

    /// A platform that counts the ends of requests, and responds to `/ping`.
    #[derive(Debug, Default)]
    struct FakePlatform(Arc<AtomicUsize>);

    impl Platform for FakePlatform {
        fn host(&self) -> Host {
            Host::Vercel
        }

        fn path_prefix(&self) -> Option<&str> {
            Some("/prefix")
        }

        fn catches_panics(&self) -> bool {
            true
        }

        fn admit(&self, head: &mut dyn RequestHead) -> PlatformAdmission {
            if head.target() == "/ping" {
                return PlatformAdmission::Response(StatusCode::OK, "pong");
            }
            let mut extensions = http::Extensions::new();
            extensions.insert("of the platform");
            head.extend_extensions(extensions);
            let end = RequestEndGuard::new(Arc::new(FakeRequest(Arc::clone(&self.0))));
            PlatformAdmission::ToApp { span: Span::none(), end: Some(end) }
        }

        fn report_listening(&self, _: SocketAddr) -> bool {
            true
        }

        fn lost(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            Box::pin(pending())
        }
    }

    struct FakeRequest(Arc<AtomicUsize>);

    impl PlatformRequest for FakeRequest {
        fn end(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    impl LogSink for FakeRequest {
        fn log(&self, _: Level, _: &str) {}
    }

    impl fmt::Display for FakeRequest {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("7")
        }
    }

    fn ingress() -> (Ingress, Arc<AtomicUsize>) {
        let platform = FakePlatform::default();
        let ends = Arc::clone(&platform.0);
        (Ingress::with_platform(&Settings::default(), Some(Arc::new(platform))), ends)
    }

    fn request(target: &'static str) -> Request {
        let mut request = Request::default();
        *request.uri_mut() = http::Uri::from_static(target);
        request
    }

    #[test]
    fn a_platform_adds_extensions_and_removes_its_prefix() {
        let (ingress, ends) = ingress();
        let mut request = request("/prefix/x");
        let Admission::ToApp(guard) = ingress.admit(&mut request, None) else { panic!("it has to be admitted") };
        assert_eq!((request.uri().path(), request.extensions().get()), ("/x", Some(&"of the platform")));
        assert_eq!((guard.to_string().as_str(), ingress.host(), ends.load(SeqCst)), ("request 7", Host::Vercel, 0));
        drop(request);
        drop(guard);
        assert_eq!(ends.load(SeqCst), 1);
    }

    #[test]
    fn a_platform_responds_without_the_app() {
        let (ingress, ends) = ingress();
        let Admission::Response { status, text, guard } = ingress.admit(&mut request("/ping"), None) else {
            panic!("the platform has to respond")
        };
        assert_eq!((status, text), (StatusCode::OK, "pong"));
        drop(guard);
        assert_eq!(ends.load(SeqCst), 0);
    }

    #[tokio::test]
    async fn a_request_ends_after_its_work() {
        let (ingress, ends) = ingress();
        let mut request = request("/x");
        let Admission::ToApp(guard) = ingress.admit(&mut request, None) else { panic!("it has to be admitted") };
        let (finish, finished) = tokio::sync::oneshot::channel::<()>();
        request.extensions().get::<AfterResponse>().unwrap().run(async { drop(finished.await) });
        drop(request);
        drop(guard);
        tokio::task::yield_now().await;
        assert_eq!(ends.load(SeqCst), 0);
        finish.send(()).unwrap();
        ingress.tasks().wait().await;
        assert_eq!(ends.load(SeqCst), 1);
    }
}
