//! The service that hyper calls for each request of a connection, and that calls the app.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use http::{HeaderValue, Version, header::HOST};
use hyper::body::{Body as _, Incoming};

use crate::{
    App, Host, Request,
    body::BodyDemand,
    request::new_extensions::new_extensions,
    server::{
        activity::ConnectionStage,
        discard_on_drop::DiscardOnDrop,
        flush_tracker::{PendingFlush, TrackedBody},
        ingress::{Admission, Ingress},
        message,
        response_future::{AppBody, ResponseFuture, text_response},
    },
};

/// An app with the state of one connection.
pub(crate) struct ConnectionService<A> {
    app: A,
    peer: SocketAddr,
    ingress: Ingress,
    pending: PendingFlush,
}

impl<A> ConnectionService<A> {
    pub(crate) fn new(app: A, peer: SocketAddr, ingress: Ingress) -> Self {
        Self { app, peer, ingress, pending: PendingFlush::default() }
    }

    /// The requests of the connection whose responses are not flushed yet.
    pub(crate) fn pending_flush(&self) -> PendingFlush {
        self.pending.clone()
    }

    pub(crate) fn host(&self) -> Host {
        self.ingress.host()
    }

    /// Converts the body of a request for the app. Last, because each conversion moves the request. `demand` is that of an upload.
    fn with_body(&self, request: http::Request<Incoming>, demand: Option<Arc<BodyDemand>>) -> Request {
        let reads_rest = self.ingress.reads_whole_requests();
        request.map(|body| match demand {
            _ if reads_rest && !body.is_end_stream() => crate::Body::new(DiscardOnDrop::new(body)),
            Some(demand) => crate::Body::watched(body, demand),
            None => crate::Body::from(body),
        })
    }
}

impl<A> hyper::service::Service<http::Request<Incoming>> for ConnectionService<A>
where
    A: App<Future: Send, Body: Send> + Clone + Send,
{
    type Response = http::Response<AppBody<A::Body>>;
    type Error = Infallible;
    type Future = ResponseFuture<A::Future, A::Body>;

    fn call(&self, mut request: http::Request<Incoming>) -> Self::Future {
        let has_body = !request.body().is_end_stream();
        let demand = self.pending.activity().begin_request(match request.version() {
            Version::HTTP_2 => ConnectionStage::Overlapping,
            _ if has_body && self.ingress.reads_whole_requests() => ConnectionStage::Overlapping,
            _ if has_body => ConnectionStage::Upload,
            _ => ConnectionStage::Busy,
        });
        // A platform brings extensions of its own.
        if self.ingress.platform().is_none() && request.extensions().is_empty() {
            *request.extensions_mut() = new_extensions();
        }
        if request.uri().authority().is_some() && request.uri().path_and_query().is_some() {
            make_origin_form(&mut request);
        }
        // Not for HTTP/2: there a task of each response drops the body, maybe after the connection's own task has flushed the last
        // byte. No other flush may follow.
        let pending = Some(&self.pending).filter(|_| request.version() != Version::HTTP_2);
        match self.ingress.admit(&mut request, Some(self.peer)) {
            Admission::ToApp(guard) if guard.is_message => ResponseFuture::Message {
                call: guard.call(|| {
                    message::respond(
                        self.app.clone(),
                        self.with_body(request, demand),
                        self.ingress.platform().cloned(),
                    )
                }),
                pending: pending.cloned(),
            },
            Admission::ToApp(guard) if guard.has_scope() => ResponseFuture::App {
                call: guard.call(|| self.app.call(self.with_body(request, demand))),
                pending: pending.cloned(),
            },
            Admission::ToApp(guard) => ResponseFuture::Direct {
                future: self.app.call(self.with_body(request, demand)),
                guard,
                pending: pending.cloned(),
            },
            Admission::Response { status, text, guard } => ResponseFuture::Ready {
                response: Some(text_response(status, text).map(|body| TrackedBody::new(body, guard, pending))),
            },
        }
    }
}

/// Converts the target of HTTP/2, and the absolute form of HTTP/1.1, into origin form: a path and a query. The host goes into its
/// header (RFC 9112, section 3.2.2; RFC 9113, section 8.3.1).
fn make_origin_form<B>(request: &mut http::Request<B>) {
    let parts = std::mem::take(request.uri_mut()).into_parts();
    if let Some(target) = parts.path_and_query {
        *request.uri_mut() = target.into();
    }
    // Without user information, which a host header cannot contain.
    let host = parts.authority.map(|authority| match authority.port() {
        Some(port) => HeaderValue::from_str(&format!("{}:{port}", authority.host())),
        None => HeaderValue::from_str(authority.host()),
    });
    if let Some(Ok(host)) = host {
        request.headers_mut().insert(HOST, host);
    }
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::*;
    use crate::{PathPrefix, Settings};

    #[test]
    fn two_slashes_after_a_prefix_do_not_become_a_host() {
        let ingress = Ingress::new(&Settings { base_path: Some("/api".into()), ..Settings::default() });
        let mut request = Request::default();
        *request.uri_mut() = Uri::from_static("/api//evil.example/x");
        assert!(matches!(ingress.admit(&mut request, None), Admission::ToApp(_)));
        assert_eq!((request.uri().to_string().as_str(), request.uri().host()), ("//evil.example/x", None));
        assert_eq!(request.extensions().get::<PathPrefix>().unwrap().as_str(), "/api");
    }

    #[test]
    fn converts_an_absolute_target_into_a_path_and_a_header() {
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
