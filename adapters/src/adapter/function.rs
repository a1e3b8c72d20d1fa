use std::fmt;

use bytes::Bytes;

use lodger_core::{App, BoxError, Request};

/// Makes an app from a function that responds to requests.
///
/// The function is called for every request, and requests may run at the same time. The function does not return
/// errors: an error is a response too, such as [`adapter::server_error`](crate::adapter::server_error).
///
/// For tests and for adapters of [frameworks that Lodger does not know](crate::adapter).
///
/// # Example
///
/// ```
/// use http::Response;
/// use lodger::{Body, Request};
///
/// let app = lodger::app(async |request: Request| {
///     Response::new(Body::from(format!("{} {}", request.method(), request.uri().path())))
/// });
/// let run = lodger::run(app);
/// ```
pub fn app<F, R, B>(respond: F) -> FunctionApp<F>
where
    F: Fn(Request) -> R + Clone + Send + 'static,
    R: Future<Output = http::Response<B>> + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    FunctionApp(respond)
}

/// An app made from a function by [`lodger::app`](crate::app).
#[derive(Clone)]
pub struct FunctionApp<F>(F);

impl<F, R, B> App for FunctionApp<F>
where
    F: Fn(Request) -> R + 'static,
    R: Future<Output = http::Response<B>> + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + 'static,
{
    type Body = B;
    type Future = R;

    fn call(&self, request: Request) -> R {
        (self.0)(request)
    }
}

impl<F> fmt::Debug for FunctionApp<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FunctionApp")
    }
}
