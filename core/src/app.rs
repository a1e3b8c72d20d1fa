use std::sync::Arc;

use bytes::Bytes;

use crate::{Body, BoxError};

/// A request in the form in which a host passes it to an app: as the client sent it.
///
/// The URI is in origin form on every host and for every version of HTTP: a path and a query. The headers `x-forwarded-proto` and
/// `host` contain the scheme and the host.
///
/// Further facts are extensions and never headers, because a client can send headers. Each type is an extractor in axum and
/// actix-web, and warp has a filter for it:
///
/// | extension | requests that have it |
/// |---|---|
/// | [`ClientAddr`](crate::ClientAddr), [`AfterResponse`](crate::AfterResponse) | all, except under warp's own server |
/// | [`PathPrefix`](crate::PathPrefix) | those whose path was shortened, except under warp's own server |
/// | [`lambda::Context`](crate::lambda::Context), [`lambda::Event`](crate::lambda::Event) | all on Lambda |
/// | [`lambda::RequestContext`](crate::lambda::RequestContext) | those on Lambda whose event contains `requestContext` |
/// | [`lambda::SyntheticRequest`](crate::lambda::SyntheticRequest) | those on Lambda that Lodger made from an event that is not HTTP |
/// | [`vercel::Context`](crate::vercel::Context) | all on Vercel |
/// | [`azure_functions::Context`](crate::azure_functions::Context) | all on Azure Functions |
/// | [`web_functions::Context`](crate::web_functions::Context) | all on Lambda Web Functions |
pub type Request = http::Request<Body>;

/// An HTTP application of any framework: the seam between adapters and hosts.
///
/// # Design
///
/// - **An app cannot fail.** The adapter converts the error of a framework's service into a response, so that hosts have no error
///   path.
/// - **`call` takes `&self`** and returns a future that does not borrow from the app, so that requests can run concurrently.
/// - **Nothing is `Send`**, because some frameworks keep each request on one thread. A host that moves requests between threads
///   requires `A: App<Future: Send, Body: Send>`. That is the reason why the future is an associated type.
/// - **Readiness is the adapter's concern.** An adapter for a service with readiness clones the service, waits inside the future until
///   the clone is ready, and calls the clone.
///
/// # Example
///
/// ```
/// # mod lodger { pub use lodger_core::{Body, Request}; pub mod adapter { pub use lodger_core::App; } }
/// use lodger::{Request, adapter::App};
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
    /// The body of a response: complete, or a stream.
    type Body: http_body::Body<Data = Bytes, Error: Into<BoxError>> + 'static;

    /// The future of a response.
    type Future: Future<Output = http::Response<Self::Body>> + 'static;

    /// Responds to a request.
    fn call(&self, request: Request) -> Self::Future;
}

/// An app that is shared, such as between concurrent invocations on one thread.
impl<A: App> App for Arc<A> {
    type Body = A::Body;
    type Future = A::Future;

    fn call(&self, request: Request) -> Self::Future {
        A::call(self, request)
    }
}
