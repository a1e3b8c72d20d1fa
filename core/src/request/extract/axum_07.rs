//! axum 0.7. Its `Option<T>` extracts any `T`.

use std::{
    future::{Ready, ready},
    pin::Pin,
};

use axum_core_04::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};

use super::{for_each_extension, missing};

type BoxFuture<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

macro_rules! implement {
    ($type:ty, $place:literal) => {
        /// An extractor for handlers of axum 0.7. The response is 500 if the request does not have the extension.
        impl<S: Send + Sync> FromRequestParts<S> for $type {
            type Rejection = Response;

            fn from_request_parts<'a, 's, 'f>(parts: &'a mut Parts, _: &'s S) -> BoxFuture<'f, Result<Self, Response>>
            where
                'a: 'f,
                's: 'f,
                Self: 'f,
            {
                Box::pin(extract::<Self>(parts, stringify!($type), $place))
            }
        }
    };
}
for_each_extension!(implement);

fn extract<T: Clone + Send + Sync + 'static>(parts: &Parts, name: &str, place: &str) -> Ready<Result<T, Response>> {
    let rejection = || (StatusCode::INTERNAL_SERVER_ERROR, missing(name, place)).into_response();
    ready(parts.extensions.get::<T>().cloned().ok_or_else(rejection))
}

#[cfg(test)]
mod tests {
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
