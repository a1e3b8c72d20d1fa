//! The app of each framework, with the same routes:
//!
//! | route | response |
//! |---|---|
//! | `GET /hello` | a short text |
//! | `POST /text` | the text of the request |
//! | `POST /bytes` | the bytes of the request |
//! | `GET /bytes/{count}` | so many bytes that are not text |

#[cfg(feature = "app-actix-web")]
pub mod actix_web_app;
#[cfg(feature = "app-axum")]
pub mod axum_app;
#[cfg(feature = "app-events")]
pub mod events;
#[cfg(feature = "app-axum")]
mod ticks;
#[cfg(feature = "app-warp")]
pub mod warp_app;

/// The response to `GET /hello`.
pub const HELLO: &str = "Hello, world!";

/// The content type of bytes.
pub const OCTETS: &str = "application/octet-stream";

/// Returns bytes that are not UTF-8. The harness expects the same.
pub fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at * 7 + at / 256) as u8 | 0x80).collect()
}
