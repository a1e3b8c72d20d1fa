//! What becomes of a service's errors: the seam has no place for them.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::{Either, Full};
use pin_project_lite::pin_project;

use crate::BoxError;

/// A body of the app's, or the one that stands in for it.
pub(crate) type Body<B> = Either<B, Full<Bytes>>;

pin_project! {
    /// A response, with 500 in the place of an error.
    pub(crate) struct OrServerError<F> {
        #[pin]
        pub(crate) future: F,
    }
}

impl<F, B, E> Future for OrServerError<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Response<Body<B>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.project().future.poll(cx)) {
            Ok(response) => response.map(Either::Left),
            Err(error) => server_error(error.into()).map(Either::Right),
        })
    }
}

/// 500, and a line in the log: what went wrong is not the client's to know.
fn server_error(error: BoxError) -> Response<Full<Bytes>> {
    let error = crate::Error::new("the service failed and was answered for with 500").with_source(error);
    lodger_core::log(tracing::Level::ERROR, format_args!("{error:?}"));
    let mut response = Response::new(Full::from("internal server error"));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let text = header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}
