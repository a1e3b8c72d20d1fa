//! The future of a response, which hyper polls.

use std::{
    convert::Infallible,
    mem::take,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use http_body_util::{Either, Full};
use pin_project_lite::pin_project;

use crate::server::{
    flush_tracker::{PendingFlush, TrackedBody},
    guarded_call::GuardedCall,
    message::MessageFuture,
    request_guard::RequestGuard,
};

/// The body of the app, or the text of a response of the server.
pub(crate) type AppBody<B> = TrackedBody<Either<B, Full<Bytes>>>;

pin_project! {
    /// The future of a response: the app's, or one that the server makes without the app.
    #[project = ResponseFutureProjection]
    pub(crate) enum ResponseFuture<F: Future, B> {
        /// The call of an app without a scope. Separate, because a call in a [`GuardedCall`] is moved more often.
        Direct {
            #[pin]
            future: F,
            guard: RequestGuard,
            pending: Option<PendingFlush>,
        },
        App {
            #[pin]
            call: GuardedCall<F>,
            pending: Option<PendingFlush>,
        },
        Message {
            #[pin]
            call: GuardedCall<MessageFuture>,
            pending: Option<PendingFlush>,
        },
        Ready { response: Option<http::Response<AppBody<B>>> },
    }
}

impl<F, B> Future for ResponseFuture<F, B>
where
    F: Future<Output = http::Response<B>>,
{
    type Output = Result<http::Response<AppBody<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            ResponseFutureProjection::Direct { future, guard, pending } => {
                let response = ready!(future.poll(cx));
                let guard = take(guard);
                Poll::Ready(Ok(respond(response, guard, pending.as_ref())))
            }
            ResponseFutureProjection::App { call, pending } => {
                let (response, guard) = ready!(call.poll(cx));
                Poll::Ready(Ok(match response {
                    Some(response) => respond(response, guard, pending.as_ref()),
                    None => text_response(StatusCode::INTERNAL_SERVER_ERROR, "internal server error")
                        .map(|body| TrackedBody::new(body, guard, pending.as_ref())),
                }))
            }
            ResponseFutureProjection::Message { call, pending } => {
                let (response, guard) = ready!(call.poll(cx));
                let response = match response {
                    Some(response) => response.map(|body| Either::Right(Full::from(body))),
                    None => text_response(StatusCode::INTERNAL_SERVER_ERROR, "internal server error"),
                };
                Poll::Ready(Ok(response.map(|body| TrackedBody::new(body, guard, pending.as_ref()))))
            }
            // Like every future, this one returns its value once.
            ResponseFutureProjection::Ready { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
        }
    }
}

/// Completes the response of the app.
fn respond<B>(
    mut response: http::Response<B>,
    guard: RequestGuard,
    pending: Option<&PendingFlush>,
) -> http::Response<AppBody<B>> {
    guard.restore_location(response.headers_mut());
    response.map(|body| TrackedBody::new(Either::Left(body), guard, pending))
}

/// Creates a response of the server itself.
pub(super) fn text_response<B>(status: StatusCode, text: &'static str) -> http::Response<Either<B, Full<Bytes>>> {
    let mut response = http::Response::new(Either::Right(Full::from(text)));
    *response.status_mut() = status;
    if !text.is_empty() {
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, plain);
    }
    response
}
