//! A filter that Lodger calls in process, for events.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use ::warp::{Filter, Reply, reply::Response};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt as _, Either, Full};

use super::request;
use crate::{Request, adapter::App};

/// A filter as an [`App`].
#[derive(Clone)]
pub(super) struct FilterApp<F>(F);

impl<F, R> FilterApp<F>
where
    F: Filter<Extract = (R,)> + Clone + Send + Sync + 'static,
    R: Reply + 'static,
{
    pub(super) fn new(filter: F) -> FilterApp<impl Filter<Extract = (DetachedReply,)> + Clone + Send + Sync + 'static> {
        FilterApp(filter.map(|reply: R| DetachedReply(reply.into_response())))
    }
}

impl<F> App for FilterApp<F>
where
    F: Filter<Extract = (DetachedReply,)> + Clone + Send + Sync + 'static,
{
    type Body = Either<WarpBody, Full<Bytes>>;
    type Future = Pin<Box<dyn Future<Output = http::Response<Self::Body>> + Send>>;

    fn call(&self, request: Request) -> Self::Future {
        let Self(filter) = self.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            // The body of an event is in memory: this neither waits nor copies.
            let Ok(body) = body.collect().await else {
                return bad_request();
            };
            reattach_body(request::builder(parts, body.to_bytes()).reply(&filter).await)
        })
    }
}

/// The body of warp's responses, whose type warp does not export.
type WarpBody = <Response as HasBody>::Body;

pub(super) trait HasBody {
    type Body;
}

impl<B> HasBody for http::Response<B> {
    type Body = B;
}

/// A reply whose body travels in the extensions of its response.
///
/// The builder of test requests would read the body to its end before it returns the response.
pub(super) struct DetachedReply(Response);

type DetachedBody = Arc<Mutex<Option<WarpBody>>>;

impl Reply for DetachedReply {
    fn into_response(self) -> Response {
        let Self(mut response) = self;
        let body = std::mem::take(response.body_mut());
        response.extensions_mut().insert(DetachedBody::new(Mutex::new(Some(body))));
        response
    }
}

/// Puts the body back into the response. The response to a rejection has no detached body, but a short text of warp's.
fn reattach_body(mut response: http::Response<Bytes>) -> http::Response<Either<WarpBody, Full<Bytes>>> {
    let detached = response.extensions_mut().remove::<DetachedBody>();
    let body = detached.and_then(|body| body.lock().unwrap_or_else(PoisonError::into_inner).take());
    match body {
        Some(body) => response.map(|_| Either::Left(body)),
        None => response.map(|bytes| Either::Right(Full::new(bytes))),
    }
}

fn bad_request() -> http::Response<Either<WarpBody, Full<Bytes>>> {
    let mut response = http::Response::new(Either::Right(Full::default()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
