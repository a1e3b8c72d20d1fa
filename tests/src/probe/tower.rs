//! The app as a tower service: as under hyper, behind a layer.

use bytes::Bytes;
use http::{Request, Response};
use lodger::{Error, adapter::BoxError};
use tower::{Service, ServiceBuilder};

use super::hyper;

/// The app.
pub fn app<B>() -> impl Service<
    Request<B>,
    Response = Response<impl http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send>,
    Error = Error,
    Future: Send,
> + Clone
+ Send
where
    B: http_body::Body<Data = Bytes, Error: std::fmt::Debug> + Send + 'static,
{
    ServiceBuilder::new().concurrency_limit(64).service_fn(hyper::app::<B>)
}
