//! The extensions of a request, and the parts of its head that hosts change.

#[cfg(any(feature = "lambda", feature = "server"))]
pub(crate) mod after_response;
pub(crate) mod extensions;
pub(crate) mod head;
#[cfg(any(feature = "lambda", feature = "server"))]
pub(crate) mod platform_headers;
