//! Extractors for the request extensions, in the frameworks that have extractors.
//!
//! The implementations are in this crate because Rust allows them only beside the type or beside the trait. Each host calls
//! [`impl_extractors`] for its own extensions.

#[cfg(feature = "actix-web")]
pub(crate) mod actix_web;
#[cfg(feature = "axum")]
pub(crate) mod axum;
#[cfg(feature = "axum-07")]
pub(crate) mod axum_07;
mod missing;

/// Makes a request extension an extractor in each framework whose feature is on.
///
/// Takes the type, its public path in the crate `lodger`, and the requests that have the extension.
macro_rules! impl_extractors {
    ($type:ty, $path:literal, $place:literal) => {
        #[cfg(feature = "actix-web")]
        $crate::request::extract::actix_web::impl_extractor!($type, $path, $place);
        #[cfg(feature = "axum")]
        $crate::request::extract::axum::impl_extractor!($type, $path, $place);
        #[cfg(feature = "axum-07")]
        $crate::request::extract::axum_07::impl_extractor!($type, $path, $place);
    };
}
#[cfg(any(feature = "lambda", feature = "server"))]
pub(crate) use impl_extractors;

impl_extractors!(crate::ClientAddr, "ClientAddr", "requests that Lodger passes to the app");
impl_extractors!(crate::PathPrefix, "PathPrefix", "requests from whose path a prefix was removed");
#[cfg(any(feature = "lambda", feature = "server"))]
impl_extractors!(crate::AfterResponse, "AfterResponse", "requests that Lodger passes to the app");
