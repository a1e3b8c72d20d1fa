use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{Either, Full};
use pin_project_lite::pin_project;

use lodger_core::{BoxError, Error};

/// The body of a [`FallibleResponse`]: the app's, or the text of a 500.
pub type FallibleBody<B> = Either<B, Full<Bytes>>;

pin_project! {
    /// The response of a service that can fail, with [`server_error`] in place of an error.
    ///
    /// For adapters whose framework returns `Result<Response, E>`: an [`App`](crate::adapter::App) never fails.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct FallibleResponse<F> {
        #[pin]
        future: F,
    }
}

impl<F> FallibleResponse<F> {
    /// Wraps the future of a service.
    pub fn new(future: F) -> Self {
        Self { future }
    }
}

impl<F, B, E> Future for FallibleResponse<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Response<FallibleBody<B>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx).map(into_response)
    }
}

/// Returns the response of a service, or a 500 if the service failed.
pub(crate) fn into_response<B, E: Into<BoxError>>(result: Result<Response<B>, E>) -> Response<FallibleBody<B>> {
    match result {
        Ok(response) => response.map(Either::Left),
        Err(error) => server_error(error).map(Either::Right),
    }
}

impl<F> fmt::Debug for FallibleResponse<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FallibleResponse")
    }
}

/// Logs `error` and returns a response with the status 500.
///
/// The response does not contain the error, which may contain secrets.
pub fn server_error(error: impl Into<BoxError>) -> Response<Full<Bytes>> {
    let error = Error::new("service returned an error; responding with 500").with_source(error);
    lodger_core::log(tracing::Level::ERROR, format_args!("{error:?}"));
    text_response(StatusCode::INTERNAL_SERVER_ERROR, "internal server error")
}

/// Makes a response with a text of Lodger's own.
pub(super) fn text_response(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
