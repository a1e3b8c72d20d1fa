//! What a request carries besides the message of the client.

#[cfg(any(feature = "lambda", feature = "server"))]
pub(crate) mod after_response;
pub(crate) mod extensions;
pub(crate) mod head;
#[cfg(any(feature = "lambda", feature = "vercel"))]
pub(crate) mod platform_headers;
