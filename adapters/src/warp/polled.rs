//! A filter that is called in process, for what is polled for.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use ::warp::{Filter, Reply, reply::Response};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt as _, Either, Full};

use super::request;
use crate::{App, Request};

/// The filter as an [`App`].
pub(super) fn app<F, R>(filter: F) -> impl App<Future: Send, Body: Send> + Clone + Send
where
    F: Filter<Extract = (R,)> + Clone + Send + Sync + 'static,
    R: Reply + 'static,
{
    InProcess(filter.map(|reply: R| Kept(reply.into_response())))
}

#[derive(Clone)]
struct InProcess<F>(F);

impl<F> App for InProcess<F>
where
    F: Filter<Extract = (Kept,)> + Clone + Send + Sync + 'static,
{
    type Body = Either<Body, Full<Bytes>>;
    type Future = Pin<Box<dyn Future<Output = http::Response<Self::Body>> + Send>>;

    fn call(&self, request: Request) -> Self::Future {
        let Self(filter) = self.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            // It is at hand: no byte is waited for, or copied.
            let Ok(body) = body.collect().await else {
                return bad_request();
            };
            given_back(request::of(parts, body.to_bytes()).reply(&filter).await)
        })
    }
}

/// The body of warp's responses, which it gives no name to.
type Body = <Response as HasBody>::Body;

trait HasBody {
    type Body;
}

impl<B> HasBody for http::Response<B> {
    type Body = B;
}

/// A reply whose body is put aside, so that it is not read to its end before anything is answered.
struct Kept(Response);

type PutAside = Arc<Mutex<Option<Body>>>;

impl Reply for Kept {
    fn into_response(self) -> Response {
        let Self(mut response) = self;
        let body = std::mem::take(response.body_mut());
        response.extensions_mut().insert(PutAside::new(Mutex::new(Some(body))));
        response
    }
}

/// The response with the body that was put aside. A rejection's has none: what warp writes itself is short.
fn given_back(mut response: http::Response<Bytes>) -> http::Response<Either<Body, Full<Bytes>>> {
    let put_aside = response.extensions_mut().remove::<PutAside>();
    let body = put_aside.and_then(|body| body.lock().unwrap_or_else(PoisonError::into_inner).take());
    match body {
        Some(body) => response.map(|_| Either::Left(body)),
        None => response.map(|bytes| Either::Right(Full::new(bytes))),
    }
}

fn bad_request() -> http::Response<Either<Body, Full<Bytes>>> {
    let mut response = http::Response::new(Either::Right(Full::default()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
