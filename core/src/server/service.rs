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

use http::{HeaderValue, Uri, header::HOST, uri::PathAndQuery};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tokio::sync::Notify;

use crate::{App, Body, ClientAddr, PathPrefix, Request, prefix};

/// An app and what one connection knows.
pub(super) struct Service<A> {
    app: A,
    peer: SocketAddr,
    base_path: Option<Arc<str>>,
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
    pub(super) fn new(app: A, peer: SocketAddr, base_path: Option<Arc<str>>) -> Self {
        Self { app, peer, base_path, first_request: FirstRequest::default() }
    }

    pub(super) fn first_request(&self) -> FirstRequest {
        self.first_request.clone()
    }
}

impl<A: App> hyper::service::Service<http::Request<Incoming>> for Service<A> {
    type Response = http::Response<A::Body>;
    type Error = Infallible;
    type Future = Response<A::Future>;

    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        self.first_request.set();
        let mut request = request.map(Body::from);
        if request.uri().authority().is_some() && request.uri().path_and_query().is_some() {
            make_origin_form(&mut request);
        }
        request.extensions_mut().insert(ClientAddr(self.peer));
        if let Some(base_path) = &self.base_path
            && let Some((uri, taken)) = without(base_path, request.uri())
        {
            *request.uri_mut() = uri;
            request.extensions_mut().insert(taken);
        }
        Response { future: self.app.call(request) }
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

/// `uri` without `base_path` before its path, and what was taken off; `None` where it is not there.
fn without(base_path: &str, uri: &Uri) -> Option<(Uri, PathPrefix)> {
    let whole = uri.path_and_query()?;
    let taken = prefix::matched(uri.path().as_bytes(), base_path.as_bytes())?;
    let rest = whole.as_str().get(taken..)?;
    let rest: Result<PathAndQuery, _> = if rest.starts_with('/') { rest.parse() } else { format!("/{rest}").parse() };
    // From a path alone, so that two slashes do not make a host of what follows them.
    let uri = Uri::from(rest.ok()?);
    Some((uri, PathPrefix::new(base_path.to_owned().into())))
}

pin_project! {
    /// The app's response, in the shape that hyper wants.
    pub(super) struct Response<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Response<F> {
    type Output = Result<F::Output, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(ready!(self.project().future.poll(cx))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(base_path: &str, uri: &'static str) -> Option<String> {
        without(base_path, &Uri::from_static(uri)).map(|(uri, _)| uri.to_string())
    }

    #[test]
    fn a_base_path_comes_off_once_and_the_rest_stays_as_it_was() {
        assert_eq!(taken("/api", "/api/x%2Fy//z?q=%20&q").unwrap(), "/x%2Fy//z?q=%20&q");
        assert_eq!(taken("/api", "/api").unwrap(), "/");
        assert_eq!(taken("/api", "/api?q").unwrap(), "/?q");
        assert_eq!(taken("/api", "/api/api/x").unwrap(), "/api/x");
        assert_eq!(taken("/api", "/apix"), None);
        assert_eq!(taken("/api", "/x/api"), None);
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

    #[test]
    fn two_slashes_after_it_do_not_make_a_host() {
        assert_eq!(taken("/api", "/api//evil.example/x").unwrap(), "//evil.example/x");
        let (uri, _) = without("/api", &Uri::from_static("/api//evil.example/x")).unwrap();
        assert_eq!(uri.host(), None);
    }
}
