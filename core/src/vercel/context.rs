use std::{fmt, sync::Arc};

use crate::request::platform_headers;

/// What Vercel says of a request. An extension of every request that it brings.
///
/// It is cheap to clone. What is not there, or no text, is `None`, or empty, or 0.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// # let request: lodger::Request = http::Request::default();
/// if let Some(context) = request.extensions().get::<lodger::vercel::Context>() {
///     println!("request {} of the invocation {}", context.request_id(), context.invocation_id());
/// }
/// ```
#[derive(Clone)]
pub struct Context(Arc<PlatformHeaders>);

struct PlatformHeaders {
    invocation_id: String,
    request_id: u64,
    span_id: Option<String>,
    trace_id: Option<String>,
}

impl Context {
    /// That of a request, if the platform says which it is.
    pub(crate) fn of(said: &mut platform_headers::PlatformHeaders) -> Option<Self> {
        let (invocation_id, request_id) = said.invocation_id.take().zip(said.request_id)?;
        let (span_id, trace_id) = (said.span_id.take(), said.trace_id.take());
        Some(Self(Arc::new(PlatformHeaders { invocation_id, request_id, span_id, trace_id })))
    }

    /// The id of the invocation, as it is in the log lines of the platform.
    pub fn invocation_id(&self) -> &str {
        &self.0.invocation_id
    }

    /// The number of the request among those of the instance.
    pub fn request_id(&self) -> u64 {
        self.0.request_id
    }

    /// The id of the platform's span that the request is in.
    pub fn span_id(&self) -> Option<&str> {
        self.0.span_id.as_deref()
    }

    /// The id of the platform's trace that the request is in.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }
}

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
