use std::{fmt, sync::Arc};

use crate::request::vercel_headers::VercelHeaders;

/// The ids that Vercel has given a request.
///
/// It is an extension of every request on Vercel, with the runtime `executable`, and cheap to clone.
///
/// In axum and actix-web the type is an extractor: `async fn handler(context: Option<vercel::Context>)`. In warp, use the filter
/// `lodger::warp::vercel_context()`.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::{Request, vercel::Context};
///
/// fn name(request: &Request) -> String {
///     match request.extensions().get::<Context>() {
///         Some(context) => format!("request {} of {}", context.request_id(), context.invocation_id()),
///         None => "a request".to_owned(),
///     }
/// }
///
/// let mut request = Request::default();
/// request.extensions_mut().insert(Context::new("sfo1:abc", 7));
/// assert_eq!(name(&request), "request 7 of sfo1:abc");
/// ```
#[derive(Clone)]
pub struct Context(Arc<RequestIds>);

#[derive(Clone)]
struct RequestIds {
    invocation_id: String,
    request_id: u64,
    span_id: Option<String>,
    trace_id: Option<String>,
}

impl Context {
    /// Creates a context without a span and a trace, for tests of an app.
    pub fn new(invocation_id: impl Into<String>, request_id: u64) -> Self {
        let invocation_id = invocation_id.into();
        Self(Arc::new(RequestIds { invocation_id, request_id, span_id: None, trace_id: None }))
    }

    /// Sets the id of the span, for tests of an app.
    #[must_use]
    pub fn with_span_id(mut self, span_id: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).span_id = Some(span_id.into());
        self
    }

    /// Sets the id of the trace, for tests of an app.
    #[must_use]
    pub fn with_trace_id(mut self, trace_id: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).trace_id = Some(trace_id.into());
        self
    }

    /// Takes the ids out of `headers`. Returns `None` if the invocation id or the request id is missing.
    pub(crate) fn from_headers(headers: &mut VercelHeaders) -> Option<Self> {
        let (invocation_id, request_id) = headers.invocation_id.take().zip(headers.request_id)?;
        let (span_id, trace_id) = (headers.span_id.take(), headers.trace_id.take());
        Some(Self(Arc::new(RequestIds { invocation_id, request_id, span_id, trace_id })))
    }

    /// The id of the invocation, which Vercel's log lines contain.
    pub fn invocation_id(&self) -> &str {
        &self.0.invocation_id
    }

    /// The number of the request among those of the instance. It is 0 if Vercel's value is not a number.
    pub fn request_id(&self) -> u64 {
        self.0.request_id
    }

    /// The id of Vercel's span around the request.
    pub fn span_id(&self) -> Option<&str> {
        self.0.span_id.as_deref()
    }

    /// The id of Vercel's trace of the request.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }
}

#[cfg(any(feature = "actix-web", feature = "axum", feature = "axum-07"))]
crate::request::extract::impl_extractors!(Context, "vercel::Context", "Vercel");

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("invocation_id", &self.invocation_id())
            .field("request_id", &self.request_id())
            .field("span_id", &self.span_id())
            .field("trace_id", &self.trace_id())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_for_tests_has_the_given_ids() {
        let context = Context::new("a", 1);
        let traced = context.clone().with_span_id("span").with_trace_id("trace");
        assert_eq!((traced.invocation_id(), traced.request_id()), ("a", 1));
        assert_eq!((traced.span_id(), traced.trace_id()), (Some("span"), Some("trace")));
        assert_eq!((context.span_id(), context.trace_id()), (None, None));
    }
}
