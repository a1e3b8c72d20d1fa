//! Responses in the types of hosts.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_http::{
    Response,
    body::{BodySize, BoxBody, EitherBody, MessageBody},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_LENGTH};
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::Error;

/// Converts a response of actix.
pub(super) fn to_host<B: MessageBody + 'static>(response: Response<EitherBody<B>>) -> http::Response<HostBody<B>> {
    let (head, body) = response.into_parts();
    let is_empty = matches!(body.size(), BodySize::Sized(0));
    let mut response = http::Response::new(HostBody { body });
    *response.status_mut() = StatusCode::from_u16(head.status().as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().reserve(head.headers().len());
    for (name, value) in head.headers() {
        // Both versions of `http` allow the same bytes.
        if let Ok(name) = HeaderName::from_bytes(name.as_str().as_bytes())
            && let Ok(value) = HeaderValue::from_bytes(value.as_bytes())
        {
            response.headers_mut().append(name, value);
        }
    }
    if is_empty {
        // As actix's own server does. A front adds the header to the response to a GET, but not to a HEAD.
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
    }
    response
}

/// Converts an error of the app to a response, as actix's own server does.
pub(super) fn from_error<B: MessageBody + 'static>(error: &actix_web::Error) -> http::Response<HostBody<B>> {
    let response: Response<BoxBody> = error.error_response().into();
    to_host(response.map_body(|_, body| EitherBody::right(body)))
}

/// The response to a request that actix cannot represent.
pub(super) fn bad_request<B: MessageBody + 'static>() -> http::Response<HostBody<B>> {
    to_host(Response::bad_request().map_body(|_, body| EitherBody::right(body)))
}

pin_project! {
    /// A body of actix as an [`http_body::Body`].
    pub(super) struct HostBody<B> {
        #[pin]
        body: EitherBody<B>,
    }
}

impl<B: MessageBody + 'static> http_body::Body for HostBody<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(ready!(self.project().body.poll_next(cx)).map(|data| {
            // The errors of actix are not `Send`: only their text is.
            data.map(Frame::data).map_err(|error| {
                let error: Box<dyn std::error::Error> = error.into();
                Error::new(error.to_string())
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.size().is_eof()
    }

    fn size_hint(&self) -> SizeHint {
        match self.body.size() {
            BodySize::None => SizeHint::with_exact(0),
            BodySize::Sized(size) => SizeHint::with_exact(size),
            BodySize::Stream => SizeHint::default(),
        }
    }
}
