//! actix-web 4. Its `Option<T>` extracts any `T`.

use actix_web::{Error, HttpMessage as _, HttpRequest, error::ErrorInternalServerError};

use super::missing::missing;

macro_rules! impl_extractor {
    ($type:ty, $path:literal, $place:literal) => {
        /// An extractor for handlers of actix-web. The response is 500 if the request does not have the extension.
        impl ::actix_web::FromRequest for $type {
            type Error = ::actix_web::Error;
            type Future = ::std::future::Ready<Result<Self, Self::Error>>;

            fn from_request(request: &::actix_web::HttpRequest, _: &mut ::actix_web::dev::Payload) -> Self::Future {
                ::std::future::ready($crate::request::extract::actix_web::extract(request, $path, $place))
            }
        }
    };
}
pub(crate) use impl_extractor;

/// Returns the extension, or the error of a request without the extension.
pub(crate) fn extract<T: Clone + 'static>(request: &HttpRequest, path: &str, place: &str) -> Result<T, Error> {
    request.extensions().get::<T>().cloned().ok_or_else(|| ErrorInternalServerError(missing(path, place)))
}

#[cfg(test)]
mod tests {
    use actix_web::{FromRequest as _, http::StatusCode, test::TestRequest};

    use super::*;
    use crate::PathPrefix;

    #[tokio::test]
    async fn extracts_an_extension_or_responds_with_500() {
        let request = TestRequest::default().to_http_request();
        let error = PathPrefix::extract(&request).await.unwrap_err();
        assert_eq!(error.as_response_error().status_code(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(error.to_string().contains("use `Option<lodger::PathPrefix>`"), "{error}");
        assert_eq!(Option::<PathPrefix>::extract(&request).await.unwrap(), None);
        request.extensions_mut().insert("/prod".parse::<PathPrefix>().unwrap());
        assert_eq!(PathPrefix::extract(&request).await.unwrap().as_str(), "/prod");
        assert!(Option::<PathPrefix>::extract(&request).await.unwrap().is_some());
    }
}
