use std::{fmt, sync::Arc};

/// The ids that Lambda Web Functions give a request. An extension of every request on [`Host::WebFunctions`](crate::Host).
///
/// In axum and actix-web the type is an extractor: `async fn handler(context: Option<web_functions::Context>)`. In warp, use the
/// filter `lodger::warp::web_functions_context()`.
///
/// Cloning is cheap.
///
/// Source: [HTTP requests and responses](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html).
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::{Request, web_functions::Context};
///
/// fn name(request: &Request) -> String {
///     match request.extensions().get::<Context>() {
///         Some(context) => format!("request {} to {}", context.request_id(), context.endpoint_name()),
///         None => "a request".to_owned(),
///     }
/// }
///
/// let mut request = Request::default();
/// request.extensions_mut().insert(Context::new("8476a536", "default"));
/// assert_eq!(name(&request), "request 8476a536 to default");
/// ```
#[derive(Clone)]
pub struct Context(Arc<Ids>);

struct Ids {
    request_id: String,
    endpoint_name: String,
}

impl Context {
    /// Creates a context. For tests of an app.
    pub fn new(request_id: impl Into<String>, endpoint_name: impl Into<String>) -> Self {
        Self(Arc::new(Ids { request_id: request_id.into(), endpoint_name: endpoint_name.into() }))
    }

    /// The id of the request, which is also the header `lambda-web-request-id` of the response to the client.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The name of the endpoint that received the request, such as `default`.
    pub fn endpoint_name(&self) -> &str {
        &self.0.endpoint_name
    }
}

#[cfg(any(feature = "actix-web", feature = "axum", feature = "axum-07"))]
crate::request::extract::impl_extractors!(Context, "web_functions::Context", "Lambda Web Functions");

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("request_id", &self.request_id())
            .field("endpoint_name", &self.endpoint_name())
            .finish()
    }
}
