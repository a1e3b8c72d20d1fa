use std::{fmt, sync::Arc};

/// The invocation of Azure Functions that a request belongs to. An extension of every request on
/// [`Host::AzureFunctions`](crate::Host).
///
/// In axum and actix-web the type is an extractor: `async fn handler(context: Option<azure_functions::Context>)`. In warp, use the
/// filter `lodger::warp::azure_functions_context()`.
///
/// Cloning is cheap.
///
/// Source: [Custom handlers](https://learn.microsoft.com/en-us/azure/azure-functions/functions-custom-handlers).
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::{Request, azure_functions::Context};
///
/// /// The function whose event the app receives.
/// fn function(request: &Request) -> Option<&str> {
///     request.extensions().get::<Context>()?.function_name()
/// }
///
/// let mut request = Request::default();
/// request.extensions_mut().insert(Context::new("6e4a2b1c").with_function_name("orders"));
/// assert_eq!(function(&request), Some("orders"));
/// ```
#[derive(Clone)]
pub struct Context(Arc<Ids>);

#[derive(Clone)]
struct Ids {
    invocation_id: String,
    function_name: Option<String>,
}

impl Context {
    /// Creates a context without the name of a function. For tests of an app.
    pub fn new(invocation_id: impl Into<String>) -> Self {
        Self(Arc::new(Ids { invocation_id: invocation_id.into(), function_name: None }))
    }

    /// Sets the name of the function. For tests of an app.
    #[must_use]
    pub fn with_function_name(mut self, name: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).function_name = Some(name.into());
        self
    }

    /// The id of the invocation, which the logs of Azure contain. Empty if the Functions host sent none.
    pub fn invocation_id(&self) -> &str {
        &self.0.invocation_id
    }

    /// The name of the function. `None` for a forwarded request, because the Functions host does not send the name with it.
    pub fn function_name(&self) -> Option<&str> {
        self.0.function_name.as_deref()
    }
}

#[cfg(any(feature = "actix-web", feature = "axum", feature = "axum-07"))]
crate::request::extract::impl_extractors!(Context, "azure_functions::Context", "Azure Functions");

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("invocation_id", &self.invocation_id())
            .field("function_name", &self.function_name())
            .finish()
    }
}
