use std::sync::Arc;

use bytes::Bytes;

use crate::{Body, BoxError};

/// What a host hands to an app: the request as the client sent it.
///
/// The URI is in origin form on every host and for every version of HTTP: a path and a query. Scheme and host are in the
/// headers `x-forwarded-proto` and `host`. What the host knows besides travels as extensions, never as headers, because a
/// client can send those too: [`ClientAddr`](crate::ClientAddr) and [`AfterResponse`](crate::AfterResponse) always,
/// [`PathPrefix`](crate::PathPrefix) where a prefix was taken off the path, on Lambda what the module `lambda`
/// lists, and on Vercel its [`Context`](crate::vercel::Context).
pub type Request = http::Request<Body>;

/// An HTTP application, whatever framework it was written with: the seam between adapters and hosts.
///
/// # Why it has this shape
///
/// - **It cannot fail.** An error of a framework's service is made a response by its adapter, once, so that no host has
///   an error arm.
/// - **`call` takes `&self`** and gives a future of its own, so that many requests may be under way at once.
/// - **Nothing is `Send`**, because some frameworks keep each request on one thread. A host that moves requests between
///   threads asks for it where it does so: `A: App<Future: Send, Body: Send>`. That is why the future has a name.
/// - **There is no readiness.** An adapter for a service that has it waits for it inside the future, on the very clone
///   that it then calls.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::{App, Request};
/// use std::future::{Ready, ready};
///
/// struct Hello;
///
/// impl App for Hello {
///     type Body = lodger::Body;
///     type Future = Ready<http::Response<Self::Body>>;
///
///     fn call(&self, _: Request) -> Self::Future {
///         ready(http::Response::new("hello".into()))
///     }
/// }
/// ```
pub trait App: 'static {
    /// The body of a response: bytes at hand or a stream of them.
    type Body: http_body::Body<Data = Bytes, Error: Into<BoxError>> + 'static;

    /// The response to come.
    type Future: Future<Output = http::Response<Self::Body>> + 'static;

    /// Answers one request.
    fn call(&self, request: Request) -> Self::Future;
}

/// An app that several have in common, such as the invocations that one thread answers at once.
impl<A: App> App for Arc<A> {
    type Body = A::Body;
    type Future = A::Future;

    fn call(&self, request: Request) -> Self::Future {
        A::call(self, request)
    }
}
