//! axum 0.8.

use axum_core::response::{IntoResponse as _, Response};
use http::{StatusCode, request::Parts};

use super::missing::missing;

macro_rules! impl_extractor {
    ($type:ty, $path:literal, $place:literal) => {
        /// An extractor for handlers of axum 0.8. The response is 500 if the request does not have the extension.
        impl<S: Send + Sync> ::axum_core::extract::FromRequestParts<S> for $type {
            type Rejection = ::axum_core::response::Response;

            async fn from_request_parts(
                parts: &mut ::http::request::Parts,
                _: &S,
            ) -> Result<Self, ::axum_core::response::Response> {
                $crate::request::extract::axum::extract(parts, $path, $place)
            }
        }

        /// Lets handlers of axum 0.8 take an `Option` of the extension.
        impl<S: Send + Sync> ::axum_core::extract::OptionalFromRequestParts<S> for $type {
            type Rejection = ::std::convert::Infallible;

            async fn from_request_parts(
                parts: &mut ::http::request::Parts,
                _: &S,
            ) -> Result<Option<Self>, ::std::convert::Infallible> {
                Ok(parts.extensions.get::<Self>().cloned())
            }
        }
    };
}
pub(crate) use impl_extractor;

/// Returns the extension, or the response to a request without the extension.
#[expect(clippy::result_large_err, reason = "the type of axum's rejections")]
pub(crate) fn extract<T: Clone + Send + Sync + 'static>(parts: &Parts, path: &str, place: &str) -> Result<T, Response> {
    let rejection = || (StatusCode::INTERNAL_SERVER_ERROR, missing(path, place)).into_response();
    parts.extensions.get::<T>().cloned().ok_or_else(rejection)
}

#[cfg(test)]
mod tests {
    use axum_core::extract::FromRequestParts;
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::{ClientAddr, PathPrefix};

    async fn extract<T: FromRequestParts<(), Rejection = Response>>(
        extensions: http::Extensions,
    ) -> Result<T, Response> {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.extensions = extensions;
        T::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn extracts_an_extension_of_the_request() {
        let mut extensions = http::Extensions::new();
        extensions.insert(ClientAddr::UNKNOWN);
        extensions.insert("/prod".parse::<PathPrefix>().unwrap());
        assert_eq!(extract::<ClientAddr>(extensions.clone()).await.unwrap(), ClientAddr::UNKNOWN);
        assert_eq!(extract::<PathPrefix>(extensions.clone()).await.unwrap().as_str(), "/prod");
        let (mut parts, ()) = http::Request::new(()).into_parts();
        assert_eq!(Option::<PathPrefix>::from_request_parts(&mut parts, &()).await.unwrap(), None);
        parts.extensions = extensions;
        let prefix = Option::<PathPrefix>::from_request_parts(&mut parts, &()).await.unwrap();
        assert_eq!(prefix.unwrap().as_str(), "/prod");
    }

    #[tokio::test]
    async fn responds_with_500_if_the_extension_is_missing() {
        let response = extract::<PathPrefix>(http::Extensions::new()).await.unwrap_err();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let text = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(
            text,
            "the extension `lodger::PathPrefix` exists only on requests from whose path a prefix was removed; use \
             `Option<lodger::PathPrefix>` if the app also runs elsewhere"
        );
    }

    #[cfg(all(feature = "lambda", feature = "vercel"))]
    #[test]
    fn every_extension_is_an_extractor() {
        use axum_core::extract::OptionalFromRequestParts;

        fn check<T: FromRequestParts<()> + OptionalFromRequestParts<()>>() {}
        check::<ClientAddr>();
        check::<PathPrefix>();
        check::<crate::AfterResponse>();
        check::<crate::lambda::Context>();
        check::<crate::lambda::RequestContext>();
        check::<crate::lambda::Event>();
        check::<crate::lambda::SyntheticRequest>();
        check::<crate::vercel::Context>();
    }
}
