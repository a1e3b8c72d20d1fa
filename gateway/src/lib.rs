//! The platform around an AWS Lambda function, a Lambda Web Function or a Vercel function, for tests and local work.
//!
//! - A [`Front`] turns an HTTP request into the event that AWS would send, and a reply into the response that AWS would give. A
//!   [`WebSocketApi`] does the same for a WebSocket connection.
//! - A [`RuntimeApi`] delivers events to a function, and receives its replies. Extensions register with it, and get telemetry.
//! - [`events`] are test events of other services, such as the messages of a queue.
//! - A [`Server`] puts a front on a port.
//! - A `Function` is a program that runs as a child process (feature `process`).
//!
//! Everything else runs in the process of a test. The function may be any program that speaks the Lambda Runtime API. This crate
//! does not depend on Lodger.
//!
//! | front | name | payload |
//! |---|---|---|
//! | [`Front::function_url`] | `function-url` | 2.0 |
//! | [`Front::http_api`] | `http-api` | 2.0 |
//! | [`Front::http_api_v1`] | `http-api-v1` | 1.0 |
//! | [`Front::rest_api`] | `rest-api` | REST API |
//! | [`Front::alb`] | `alb` | one value for each header |
//! | [`Front::alb_multi_value`] | `alb-multi-value` | all values of each header |
//! | [`Front::lattice_v1`] | `lattice-v1` | event structure 1 |
//! | [`Front::lattice_v2`] | `lattice-v2` | event structure 2 |
//! | [`Front::vercel`] | `vercel` | Vercel, runtime `provided.al2023` |
//!
//! The path of a request is the path below the stage: a [`Front`] adds its stage. Clients of a [`Server`] send the stage, as they
//! do on AWS, unless the front has a [custom domain](Front::custom_domain).
//!
//! # In a test
//!
//! The tests also need `bytes`, `http`, and `tokio` with the feature `macros`. This test checks that a function behaves the same
//! behind all fronts:
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
//! // The function follows the protocol,
//! assert_eq!(api.protocol_errors(), [""; 0]);
//! // and no client loses data because settings do not match.
//! assert_eq!(api.warnings(), []);
//! # Ok(())
//! # }
//! ```
//!
//! If a function reports an initialization error, its requests fail at once: the response is a 502 with the error message. A
//! test can also wait for the error with [`RuntimeApi::init_error`]:
//!
//! ```
//! # use lodger_gateway::RuntimeApi;
//! # async fn function_without_a_database(addr: String) {}
//! # async fn test() -> std::io::Result<()> {
//! let api = RuntimeApi::start().await?;
//! tokio::spawn(function_without_a_database(api.address()));
//! let error = api.init_error().await;
//! assert!(error.to_string().ends_with(": no database"), "{error}");
//! # Ok(())
//! # }
//! ```
//!
//! Behind a front that [streams](Front::streaming), a test can read a streamed reply chunk by chunk:
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
//! A test of a single handler does not need a Runtime API:
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
//! `Function` starts the program that is deployed, with the environment of Lambda:
//!
//! ```no_run
//! # #[cfg(feature = "process")]
//! # async fn test() -> std::io::Result<()> {
//! use std::process::Command;
//! use bytes::Bytes;
//! use lodger_gateway::{Front, Function, RuntimeApi};
//!
//! let api = RuntimeApi::start().await?;
//! // In a test of the app: Command::new(env!("CARGO_BIN_EXE_my-app"))
//! let mut function = Function::spawn(Command::new("target/debug/my-app"), &api)?;
//! let request = http::Request::get("/hello").body(Bytes::new()).unwrap();
//! assert_eq!(api.send(&Front::http_api(), &request).await.status(), 200);
//! function.shut_down().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Extensions
//!
//! A [`RuntimeApi`] has the Extensions API, the Telemetry API and the older Logs API. `Function::builder` starts the executables of
//! a folder as external extensions, like those in `/opt/extensions`, and can freeze all processes between invocations. A test can
//! also run an extension itself. It [announces](RuntimeApi::external_extension) an external one:
//!
//! ```
//! use lodger_gateway::{RuntimeApi, ShutdownReason};
//!
//! # async fn function(addr: String) {}
//! # async fn extension(addr: String) {}
//! # async fn test() -> std::io::Result<()> {
//! let api = RuntimeApi::start().await?.external_extension("my-extension");
//! let extension = tokio::spawn(extension(api.address()));
//! tokio::spawn(function(api.address()));
//!
//! // The extension receives INVOKE, and telemetry if it has subscribed: the log line, and the records of the platform.
//! api.function_log("a line of the function\n");
//! api.invoke("{}").await?.unwrap();
//! // It receives SHUTDOWN, and ends.
//! api.shut_down(ShutdownReason::Spindown).await?;
//! extension.await.unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! # Vercel
//!
//! [`Vercel`] is the platform around a function of the runtime `executable`: a socket for the messages of the process, and a proxy
//! that sends requests. `Server::start_vercel` puts the proxy on a port. Unix only.
//!
//! # Lambda Web Functions
//!
//! [`WebFunction`] is the platform around a process that is an HTTP server: its address, and a proxy that sends requests.
//! [`Server::start_web_function`] puts the proxy on a port.
//!
//! # On the command line
//!
//! The command `cargo lodger dev` of the crate `cargo-lodger` builds a function, and serves it behind every front.
//!
//! # Features
//!
//! - `process`, on by default: `Function`, which starts a function as a child process.
//! - `websocket`: `Server::start_websocket` and `WebSocketServer`.

mod accept;
mod access;
mod body;
mod discard;
mod event;
mod event_name;
pub mod events;
mod front;
mod front_settings;
mod fronts;
#[cfg(feature = "process")]
mod function;
mod invocation;
mod log;
mod media_type;
mod observer;
mod response;
mod runtime_api;
mod server;
mod streamed;
#[cfg(test)]
mod testing;
#[cfg(unix)]
mod vercel;
mod warning;
mod web_function;
mod websocket_api;
#[cfg(feature = "websocket")]
mod websocket_server;

pub use access::Hosts;
pub use front::Front;
pub use front_settings::{Authorizer, Cors, InvalidRoute, Route, Routes};
pub use fronts::UnknownFront;
#[cfg(feature = "process")]
pub use function::{Function, FunctionBuilder};
pub use invocation::{FunctionError, FunctionResult, Invocation};
pub use log::LogEntry;
pub use observer::{EventDelivery, ObservedReply, Observer};
pub use runtime_api::{ExtensionError, RuntimeApi, ShutdownReason};
pub use server::Server;
pub use streamed::{Chunk, StreamEnd, StreamedResponse};
#[cfg(unix)]
pub use vercel::{Vercel, VercelMessage};
pub use warning::Warning;
pub use web_function::{WebFunction, WebFunctionBody};
pub use websocket_api::{Message, WebSocketApi};
#[cfg(feature = "websocket")]
pub use websocket_server::WebSocketServer;
