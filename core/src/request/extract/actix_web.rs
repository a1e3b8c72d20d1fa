//! actix-web 4. Its `Option<T>` extracts any `T`.

use std::future::{Ready, ready};

use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest, dev::Payload, error::ErrorInternalServerError};

use super::{for_each_extension, missing};

macro_rules! implement {
    ($type:ty, $place:literal) => {
        /// An extractor for handlers of actix-web. The response is 500 if the request does not have the extension.
        impl FromRequest for $type {
            type Error = Error;
            type Future = Ready<Result<Self, Error>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let error = || ErrorInternalServerError(missing(stringify!($type), $place));
                ready(request.extensions().get::<Self>().cloned().ok_or_else(error))
            }
        }
    };
}
for_each_extension!(implement);

#[cfg(test)]
mod tests {
    use actix_web::{http::StatusCode, test::TestRequest};

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
