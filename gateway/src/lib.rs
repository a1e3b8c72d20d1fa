//! The other side of an AWS Lambda function, and of a Vercel function, for tests and local work.
//!
//! A [`Front`] is what stands between an HTTP client and a function: it makes the event that AWS would make of a request,
//! and the HTTP response that AWS would make of a reply. A [`WebSocketApi`] does the same for a connection. A
//! [`RuntimeApi`] is what a function gets its events from, and a [`Server`] puts a front on a port. All run in the process
//! of a test; the function may be any, written with Lodger or not, and this crate depends on none.
//!
//! | front | name | payload |
//! |---|---|---|
//! | [`Front::function_url`] | `function-url` | 2.0 |
//! | [`Front::http_api`] | `http-api` | 2.0 |
//! | [`Front::http_api_v1`] | `http-api-v1` | 1.0 |
//! | [`Front::rest_api`] | `rest-api` | that of a REST API |
//! | [`Front::alb`] | `alb` | with one value for each header |
//! | [`Front::alb_multi_value`] | `alb-multi-value` | with all of them |
//! | [`Front::lattice_v1`] | `lattice-v1` | event structure 1 |
//! | [`Front::lattice_v2`] | `lattice-v2` | event structure 2 |
//! | [`Front::vercel`] | `vercel` | that of Vercel, for the runtime `provided.al2023` |
//!
//! The path of a request is the one that the client asks for below the stage: a [`Front`] with a stage puts it before. The
//! clients of a [`Server`] send the stage, as on AWS, unless the front has a [custom domain](Front::custom_domain).
//!
//! # In a test
//!
//! As a dev-dependency it wants company: `bytes`, `http`, and `tokio` with its macros. A function that is the same behind
//! all fronts:
//!
//! ```
//! use bytes::Bytes;
//! use lodger_gateway::{Front, RuntimeApi};
//!
//! # async fn function(addr: String) {}
//! # async fn test() -> std::io::Result<()> {
//! let api = RuntimeApi::start().await?;
//! // For an app: lodger::Lodger::new().host(lodger::Host::Lambda).lambda_runtime_api(api.address()).run(app())
//! tokio::spawn(function(api.address()));
//!
//! for front in Front::all() {
//!     let request = http::Request::get("/hello?name=you").header("x-twice", "1").header("x-twice", "2");
//!     let response = api.send(&front, &request.body(Bytes::new()).unwrap()).await;
//!     assert_eq!(response.status(), 200, "{front}");
//!     assert_eq!(response.body(), "hello, you", "{front}");
//! }
//! // What the function did that the protocol does not allow.
//! assert_eq!(api.protocol_errors(), [""; 0]);
//! // What a client lost because settings do not match.
//! assert_eq!(api.warnings(), []);
//! # Ok(())
//! # }
//! ```
//!
//! A function that reports that it cannot start fails what is sent to it at once: the response is a 502 with the error in
//! words. A test of the report itself waits for it with [`RuntimeApi::init_error`]:
//!
//! ```
//! # use lodger_gateway::RuntimeApi;
//! # async fn function_without_a_database(addr: String) {}
//! # async fn test() -> std::io::Result<()> {
//! let api = RuntimeApi::start().await?;
//! tokio::spawn(function_without_a_database(api.address()));
//! let reported = api.init_error().await;
//! assert!(reported.to_string().ends_with(": no database"), "{reported}");
//! # Ok(())
//! # }
//! ```
//!
//! A reply that is streamed can be followed as it arrives, behind a front that [streams](Front::streaming):
//!
//! ```
//! use bytes::Bytes;
//! use lodger_gateway::{Front, RuntimeApi, StreamEnd};
//!
//! # async fn function(addr: String) {}
//! # async fn test() -> std::io::Result<()> {
//! let api = RuntimeApi::start().await?;
//! tokio::spawn(function(api.address()));
//!
//! let request = http::Request::get("/ticks").body(Bytes::new()).unwrap();
//! let mut response = api.stream(&Front::rest_api().streaming(), &request).await;
//! assert_eq!(response.status(), 200);
//! while let Some(chunk) = response.chunk().await {
//!     println!("{:?} {:?}", chunk.at, chunk.bytes);
//! }
//! assert_eq!(response.end().await, StreamEnd::Complete);
//! # Ok(())
//! # }
//! ```
//!
//! A function that is no more than a handler needs no Runtime API:
//!
//! ```
//! use bytes::Bytes;
//! use lodger_gateway::Front;
//!
//! # fn handler(event: &[u8]) -> Vec<u8> { br#"{"statusCode":200,"headers":{"set-cookie":"a=1"}}"#.to_vec() }
//! let front = Front::rest_api().stage("dev").client([198, 51, 100, 4].into());
//! let event = front.event(&http::Request::get("/pets").body(Bytes::new()).unwrap()).unwrap();
//! let response = front.response(&Ok(handler(&event).into()));
//! assert_eq!(response.headers()["set-cookie"], "a=1");
//! ```
//!
//! # Vercel
//!
//! On Unix, [`Vercel`] is the platform of that name, as a process finds it that is started there: the socket that it reports to,
//! and the proxy that brings requests. `Server::start_vercel` puts it on a port.
//!
//! # On the command line
//!
//! The command `lodger-gateway` starts a function, unmodified, behind a front on a port, and writes a line for each invocation.
//! This crate is not on the package registry yet. With a checkout of Lodger beside the current folder:
//!
//! ```text
//! cargo install --locked --path ../lodger/gateway
//! lodger-gateway --front rest-api --listen 127.0.0.1:3000 -- ./bootstrap
//! ```
//!
//! With `--event` it invokes the function once instead, with an event of any kind, and prints the reply:
//!
//! ```text
//! lodger-gateway --event message.json -- ./bootstrap
//! ```
//!
//! With `--vercel` it starts a function of Vercel's, on a port as well; what that logs is on standard error:
//!
//! ```text
//! lodger-gateway --vercel --listen 127.0.0.1:3000 -- ./executable
//! ```
//!
//! # Features
//!
//! - `cli`, on by default: the command. It includes `process`.
//! - `process`: `Function`, which starts a function as a child process.
//! - `websocket`: `Server::start_websocket`, and `--front websocket-api` of the command.

mod access;
mod discard;
mod event;
mod event_name;
mod front;
mod front_settings;
mod fronts;
#[cfg(feature = "process")]
mod function;
mod invocation;
mod log;
mod media_type;
mod response;
mod runtime_api;
mod server;
mod streamed;
#[cfg(test)]
mod testing;
#[cfg(unix)]
mod vercel;
mod warning;
mod websocket_api;
#[cfg(feature = "websocket")]
mod websocket_server;

pub use front::Front;
pub use fronts::UnknownFront;
#[cfg(feature = "process")]
pub use function::Function;
pub use invocation::{FunctionError, FunctionResult, Invocation};
pub use log::LogEntry;
pub use runtime_api::RuntimeApi;
pub use server::Server;
pub use streamed::{Chunk, StreamEnd, StreamedResponse};
#[cfg(unix)]
pub use vercel::{Vercel, VercelMessage};
pub use warning::Warning;
pub use websocket_api::{Message, WebSocketApi};
