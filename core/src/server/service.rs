//! What hyper calls for each request: hands it to the app as a [`Request`](crate::Request).

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{
    HeaderValue, StatusCode, Version,
    header::{CONTENT_TYPE, HOST},
};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tokio::sync::Notify;

use crate::{
    App, Host, Request,
    server::{
        flush_tracker::{GuardedBody, PendingFlush},
        ingress::{Admission, Ingress},
        request_guard::GuardedCall,
    },
};

/// An app and what one connection knows.
pub(crate) struct Service<A> {
    app: A,
    peer: SocketAddr,
    gate: Ingress,
    unsent: PendingFlush,
    first_request: FirstRequest,
}

/// The first request of a connection: whether it has come, and when it does.
#[derive(Clone, Default)]
pub(crate) struct FirstRequest(Arc<(AtomicBool, Notify)>);

impl FirstRequest {
    pub(crate) fn has_come(&self) -> bool {
        self.0.0.load(Relaxed)
    }

    pub(crate) async fn comes(&self) {
        self.0.1.notified().await;
    }

    fn set(&self) {
        if !self.has_come() {
            self.0.0.store(true, Relaxed);
            self.0.1.notify_one();
        }
    }
}

impl<A> Service<A> {
    pub(crate) fn new(app: A, peer: SocketAddr, gate: Ingress) -> Self {
        Self { app, peer, gate, unsent: PendingFlush::default(), first_request: FirstRequest::default() }
    }

    /// What is to be told of once it has left for the client.
    pub(crate) fn unsent(&self) -> PendingFlush {
        self.unsent.clone()
    }

    pub(crate) fn host(&self) -> Host {
        self.gate.host()
    }

    pub(crate) fn first_request(&self) -> FirstRequest {
        self.first_request.clone()
    }
}

impl<A: App> hyper::service::Service<http::Request<Incoming>> for Service<A> {
    type Response = http::Response<Body<A::Body>>;
    type Error = Infallible;
    type Future = Response<A::Future, A::Body>;

    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        self.first_request.set();
        let mut request = request.map(crate::Body::from);
        if request.uri().authority().is_some() && request.uri().path_and_query().is_some() {
            make_origin_form(&mut request);
        }
        // In HTTP/2 a task for each response lets go of its body, maybe when another one, for the connection, has flushed the
        // last of it, and will not flush again.
        let unsent = Some(&self.unsent).filter(|_| request.version() != Version::HTTP_2);
        match self.gate.admit(&mut request, Some(self.peer)) {
            Admission::ToApp(pass) => {
                Response::OfApp { answer: pass.call(|| self.app.call(request)), unsent: unsent.cloned() }
            }
            Admission::Answered(status, text, pass) => Response::Ready {
                response: Some(answered(status, text).map(|body| GuardedBody::new(body, pass, unsent))),
            },
        }
    }
}

/// Makes of the target that HTTP/2 has, and of the absolute form of HTTP/1.1, what every other request has: a path and a
/// query, and the host in its header (RFC 9112, section 3.2.2; RFC 9113, section 8.3.1).
fn make_origin_form(request: &mut Request) {
    let parts = std::mem::take(request.uri_mut()).into_parts();
    if let Some(target) = parts.path_and_query {
        *request.uri_mut() = target.into();
    }
    // Without what stands before an `@`: a host header has no place for it.
    let host = parts.authority.map(|authority| match authority.port() {
        Some(port) => HeaderValue::from_str(&format!("{}:{port}", authority.host())),
        None => HeaderValue::from_str(authority.host()),
    });
    if let Some(Ok(host)) = host {
        request.headers_mut().insert(HOST, host);
    }
}

/// The body of a response: the app's, or the text that stands for an answer of it.
pub(crate) type Body<B> = GuardedBody<Either<B, Full<Bytes>>>;

pin_project! {
    /// The app's response, in the shape that hyper wants, or one that the app has no part in.
    #[project = Projected]
    pub(crate) enum Response<F: Future, B> {
        OfApp {
            #[pin]
            answer: GuardedCall<F>,
            unsent: Option<PendingFlush>,
        },
        Ready { response: Option<http::Response<Body<B>>> },
    }
}

impl<F, B> Future for Response<F, B>
where
    F: Future<Output = http::Response<B>>,
{
    type Output = Result<http::Response<Body<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Projected::OfApp { answer, unsent } => {
                let (response, pass) = ready!(answer.poll(cx));
                let response = match response {
                    Some(mut response) => {
                        pass.restore_location(response.headers_mut());
                        response.map(Either::Left)
                    }
                    None => answered(StatusCode::INTERNAL_SERVER_ERROR, "internal server error"),
                };
                Poll::Ready(Ok(response.map(|body| GuardedBody::new(body, pass, unsent.as_ref()))))
            }
            // It is taken once.
            Projected::Ready { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
        }
    }
}

/// An answer of the server's own.
fn answered<B>(status: StatusCode, text: &'static str) -> http::Response<Either<B, Full<Bytes>>> {
    let mut response = http::Response::new(Either::Right(Full::from(text)));
    *response.status_mut() = status;
    if !text.is_empty() {
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, plain);
    }
    response
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::*;
    use crate::{PathPrefix, Settings};

    #[test]
    fn two_slashes_after_a_prefix_do_not_make_a_host() {
        let gate = Ingress::new(&Settings { base_path: Some("/api".into()), ..Settings::default() });
        let mut request = Request::default();
        *request.uri_mut() = Uri::from_static("/api//evil.example/x");
        assert!(matches!(gate.admit(&mut request, None), Admission::ToApp(_)));
        assert_eq!((request.uri().to_string().as_str(), request.uri().host()), ("//evil.example/x", None));
        assert_eq!(request.extensions().get::<PathPrefix>().unwrap().as_str(), "/api");
    }

    #[test]
    fn a_target_with_a_host_becomes_a_path_and_a_header() {
        for (target, host) in [("http://example.com/x?y", "example.com"), ("https://u:p@[::1]:8080/x?y", "[::1]:8080")]
        {
            let mut request = Request::default();
            *request.uri_mut() = Uri::from_static(target);
            request.headers_mut().insert(HOST, HeaderValue::from_static("other.example"));
            make_origin_form(&mut request);
            assert_eq!(
                (request.uri().to_string().as_str(), &request.headers()[HOST]),
                ("/x?y", &HeaderValue::from_static(host))
            );
        }
    }
}
