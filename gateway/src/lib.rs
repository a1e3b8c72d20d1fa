//! The other side of an AWS Lambda function, for tests.
//!
//! A [`Front`] is what stands between an HTTP client and a function: it makes the event that AWS would make of a request,
//! and the HTTP response that AWS would make of a reply. A [`RuntimeApi`] is what a function gets its events from. Both
//! run in the process of a test; the function may be any, written with Lodger or not, and this crate depends on none.
//!
//! The path of a request is the one that the client asks for below the stage: a [`Front`] with a stage puts it before.
//!
//! As a dev-dependency it wants company: `bytes`, `http`, and `tokio` with its macros.
//!
//! ```
//! use bytes::Bytes;
//! use lodger_gateway::{Front, RuntimeApi};
//!
//! # async fn function(addr: String) {}
//! # async fn example() -> std::io::Result<()> {
//! let api = RuntimeApi::start().await?;
//! // For an app: lodger::Lodger::new().host(lodger::Host::Lambda).runtime_api(api.address()).run(app())
//! tokio::spawn(function(api.address()));
//!
//! let request = http::Request::get("/hello?name=you").body(Bytes::new()).unwrap();
//! let response = api.send(&Front::function_url(), &request).await;
//! assert_eq!(response.status(), 200);
//! assert_eq!(api.complaints(), [""; 0]);
//! # Ok(())
//! # }
//! ```

mod event;
mod front;
mod invocation;
mod kind;
mod media_type;
mod response;
mod runtime_api;
mod server;
mod state;
mod websocket_api;

pub use front::{Front, UnknownFront};
pub use invocation::{Invocation, Outcome, Reported};
pub use runtime_api::RuntimeApi;
pub use server::Server;
pub use websocket_api::{Message, WebSocketApi};
