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

use http::Uri;
use hyper::body::Incoming;
use pin_project_lite::pin_project;

use crate::{App, Body, ClientAddr, PathPrefix, prefix};

/// An app and what one connection knows.
pub(super) struct Service<A> {
    app: A,
    peer: SocketAddr,
    base_path: Option<Arc<str>>,
    first_request: FirstRequest,
}

/// Whether the first request of a connection has come.
#[derive(Clone, Default)]
pub(super) struct FirstRequest(Arc<AtomicBool>);

impl FirstRequest {
    pub(super) fn has_come(&self) -> bool {
        self.0.load(Relaxed)
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
        self.first_request.0.store(true, Relaxed);
        let mut request = request.map(Body::from);
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

/// `uri` without `base_path` before its path, and what was taken off; `None` where it is not there.
fn without(base_path: &str, uri: &Uri) -> Option<(Uri, PathPrefix)> {
    let whole = uri.path_and_query()?;
    let taken = prefix::matched(uri.path().as_bytes(), base_path.as_bytes())?;
    let rest = whole.as_str().get(taken..)?;
    let rest = if rest.starts_with('/') { rest.parse() } else { format!("/{rest}").parse() };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest.ok()?);
    let uri = Uri::from_parts(parts).ok()?;
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
        assert_eq!(taken("/api", "http://h:1/api/x").unwrap(), "http://h:1/x");
        assert_eq!(taken("/api", "/apix"), None);
        assert_eq!(taken("/api", "/x/api"), None);
    }

    #[test]
    fn two_slashes_after_it_do_not_make_a_host() {
        assert_eq!(taken("/api", "/api//evil.example/x").unwrap(), "//evil.example/x");
        let (uri, _) = without("/api", &Uri::from_static("/api//evil.example/x")).unwrap();
        assert_eq!(uri.host(), None);
    }
}
