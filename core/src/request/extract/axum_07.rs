//! axum 0.7. Its `Option<T>` extracts any `T`.

use std::{
    future::{Ready, ready},
    pin::Pin,
};

use axum_core_04::response::{IntoResponse as _, Response};
use http::{StatusCode, request::Parts};

use super::missing::missing;

pub(crate) type BoxFuture<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

macro_rules! impl_extractor {
    ($type:ty, $path:literal, $place:literal) => {
        /// An extractor for handlers of axum 0.7. The response is 500 if the request does not have the extension.
        impl<S: Send + Sync> ::axum_core_04::extract::FromRequestParts<S> for $type {
            type Rejection = ::axum_core_04::response::Response;

            fn from_request_parts<'a, 's, 'f>(
                parts: &'a mut ::http::request::Parts,
                _: &'s S,
            ) -> $crate::request::extract::axum_07::BoxFuture<'f, Result<Self, Self::Rejection>>
            where
                'a: 'f,
                's: 'f,
                Self: 'f,
            {
                Box::pin($crate::request::extract::axum_07::extract::<Self>(parts, $path, $place))
            }
        }
    };
}
pub(crate) use impl_extractor;

/// Returns the extension, or the response to a request without the extension.
pub(crate) fn extract<T: Clone + Send + Sync + 'static>(
    parts: &Parts,
    path: &str,
    place: &str,
) -> Ready<Result<T, Response>> {
    let rejection = || (StatusCode::INTERNAL_SERVER_ERROR, missing(path, place)).into_response();
    ready(parts.extensions.get::<T>().cloned().ok_or_else(rejection))
}

#[cfg(test)]
mod tests {
    use axum_core_04::extract::FromRequestParts as _;

    use super::*;
    use crate::PathPrefix;

    #[tokio::test]
    async fn extracts_an_extension_or_responds_with_500() {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        let response = PathPrefix::from_request_parts(&mut parts, &()).await.unwrap_err();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(Option::<PathPrefix>::from_request_parts(&mut parts, &()).await.unwrap(), None);
        parts.extensions.insert("/prod".parse::<PathPrefix>().unwrap());
        assert_eq!(PathPrefix::from_request_parts(&mut parts, &()).await.unwrap().as_str(), "/prod");
        assert!(Option::<PathPrefix>::from_request_parts(&mut parts, &()).await.unwrap().is_some());
    }
}
