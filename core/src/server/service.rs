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
use http::{HeaderValue, StatusCode, header::HOST};
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tokio::sync::Notify;

use super::paths::Paths;
use crate::{App, Body, ClientAddr, Request};

/// An app and what one connection knows.
pub(super) struct Service<A> {
    app: A,
    peer: SocketAddr,
    paths: Arc<Paths>,
    first_request: FirstRequest,
}

/// The first request of a connection: whether it has come, and when it does.
#[derive(Clone, Default)]
pub(super) struct FirstRequest(Arc<(AtomicBool, Notify)>);

impl FirstRequest {
    pub(super) fn has_come(&self) -> bool {
        self.0.0.load(Relaxed)
    }

    pub(super) async fn comes(&self) {
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
    pub(super) fn new(app: A, peer: SocketAddr, paths: Arc<Paths>) -> Self {
        Self { app, peer, paths, first_request: FirstRequest::default() }
    }

    pub(super) fn first_request(&self) -> FirstRequest {
        self.first_request.clone()
    }
}

impl<A: App> hyper::service::Service<http::Request<Incoming>> for Service<A> {
    type Response = http::Response<Either<A::Body, Empty<Bytes>>>;
    type Error = Infallible;
    type Future = Response<A::Future>;

    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        self.first_request.set();
        let mut request = request.map(Body::from);
        if request.uri().authority().is_some() && request.uri().path_and_query().is_some() {
            make_origin_form(&mut request);
        }
        request.extensions_mut().insert(ClientAddr(self.peer));
        if self.paths.admit_request(&mut request) {
            Response::OfApp { future: self.app.call(request) }
        } else {
            Response::NotFound
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

pin_project! {
    /// The app's response, in the shape that hyper wants, or the one to a request that the app is not to see.
    #[project = Projected]
    pub(super) enum Response<F> {
        OfApp {
            #[pin]
            future: F,
        },
        NotFound,
    }
}

impl<F, B> Future for Response<F>
where
    F: Future<Output = http::Response<B>>,
{
    type Output = Result<http::Response<Either<B, Empty<Bytes>>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(match self.project() {
            Projected::OfApp { future } => ready!(future.poll(cx)).map(Either::Left),
            Projected::NotFound => {
                let mut response = http::Response::new(Either::Right(Empty::new()));
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::*;

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
