use std::{fmt, sync::Arc};

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
pub struct Context(Arc<Said>);

#[derive(Default)]
pub(super) struct Said {
    pub(super) invocation_id: String,
    pub(super) request_id: u64,
    pub(super) span_id: Option<String>,
    pub(super) trace_id: Option<String>,
}

impl Context {
    pub(super) fn new(said: Said) -> Self {
        Self(Arc::new(said))
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
