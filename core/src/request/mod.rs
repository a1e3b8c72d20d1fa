//! The extensions of a request, and the parts of its head that hosts change.

#[cfg(any(feature = "lambda", feature = "server"))]
pub(crate) mod address;
#[cfg(any(feature = "lambda", feature = "server"))]
pub(crate) mod after_response;
pub(crate) mod extensions;
#[cfg(any(feature = "actix-web", feature = "axum", feature = "axum-07"))]
pub(crate) mod extract;
pub(crate) mod head;
#[cfg(any(feature = "lambda", feature = "server"))]
pub(crate) mod new_extensions;
pub(crate) mod proxies;
#[cfg(any(feature = "lambda", feature = "vercel"))]
pub(crate) mod vercel_headers;
