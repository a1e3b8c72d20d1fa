//! Results of handlers.

use bytes::Bytes;
use http::HeaderValue;
use lodger_core::{Body, BoxError, lambda::HandlerResult};
use serde_core::Serialize;

use super::{BatchResponse, Diagnostic, IntoErrorReport, diagnostic::report};

/// A value that a handler returns as the result of the invocation: any [`Serialize`] value, or a [`StreamResponse`].
pub trait IntoResult {
    /// Converts the value into the result for Lambda.
    fn into_result(self) -> HandlerResult;
}

impl<T: Serialize> IntoResult for T {
    fn into_result(self) -> HandlerResult {
        match serde_json::to_vec(&self) {
            Ok(json) => HandlerResult::Json(json),
            Err(error) => {
                let error =
                    Diagnostic::new("InvalidResult", "cannot serialize the result of the handler").with_source(error);
                HandlerResult::Error(report(error))
            }
        }
    }
}

impl IntoResult for StreamResponse {
    fn into_result(self) -> HandlerResult {
        HandlerResult::Stream { content_type: self.content_type, body: self.body }
    }
}

/// A result that is streamed to a caller who invokes the function with response streaming.
///
/// The caller receives the bytes as they are, each frame when it exists, up to 200 MB. To a caller who does not ask for a stream,
/// Lambda returns all bytes at once, if there are at most 6 MB.
///
/// A stream that fails ends the invocation with an error after the bytes that were sent. HTTP responses that are streamed come from
/// the app, not from a handler.
///
/// Source: [response streaming](https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html).
///
/// # Example
///
/// ```
/// use lodger::{Body, lambda::{Error, LambdaEvent, StreamResponse}};
/// use serde_json::Value;
///
/// async fn export(_: LambdaEvent<Value>) -> Result<StreamResponse, Error> {
///     // `Body::from_stream` makes a body of a stream of chunks.
///     let body = Body::from("id,name\n1,Ada\n");
///     Ok(StreamResponse::new(body).content_type("text/csv".parse()?))
/// }
/// ```
#[derive(Debug)]
pub struct StreamResponse {
    content_type: HeaderValue,
    body: Body,
}

impl StreamResponse {
    /// Streams the frames of `body`, with the content type `application/octet-stream`.
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + Sync + 'static,
    {
        Self { content_type: HeaderValue::from_static("application/octet-stream"), body: Body::new(body) }
    }

    /// Sets the content type, which the caller of the function receives with the stream.
    #[must_use]
    pub fn content_type(mut self, content_type: HeaderValue) -> Self {
        self.content_type = content_type;
        self
    }
}

/// The output of a handler: a `Result` whose error is any error, or one of the results that cannot fail.
///
/// The values besides `Result` are `()`, [`serde_json::Value`], [`StreamResponse`] and [`BatchResponse`](super::BatchResponse).
/// A handler with another result returns it in `Ok`. An error becomes the error of the invocation: see [`Diagnostic`].
///
/// A type of yours can implement the trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the output of a handler",
    label = "not the output of a handler",
    note = "return `Result<T, E>`, where `T` implements `Serialize` and `E` is an error"
)]
pub trait HandlerOutput {
    /// Converts the output into the result for Lambda.
    fn into_result(self) -> HandlerResult;
}

impl<T: IntoResult, E: IntoErrorReport> HandlerOutput for Result<T, E> {
    fn into_result(self) -> HandlerResult {
        self.map_or_else(|error| HandlerResult::Error(error.into_error_report()), IntoResult::into_result)
    }
}

macro_rules! infallible_outputs {
    ($($output:ty),*) => {$(
        impl HandlerOutput for $output {
            fn into_result(self) -> HandlerResult {
                IntoResult::into_result(self)
            }
        }
    )*};
}

infallible_outputs!((), serde_json::Value, BatchResponse, StreamResponse);

/// The output of a [`local`](super::local) handler.
#[derive(Debug)]
pub struct LocalOutput(pub(crate) HandlerResult);

impl HandlerOutput for LocalOutput {
    fn into_result(self) -> HandlerResult {
        self.0
    }
}
