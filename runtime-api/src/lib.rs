//! A client of the [Lambda Runtime API][runtime] and the [Extensions API][extensions].
//!
//! Use this crate to write a custom runtime for AWS Lambda. The crate contains the protocol and nothing else: no HTTP events,
//! no web frameworks, no handler traits. [Lodger](https://docs.rs/lodger), which runs web apps on Lambda, is built on this
//! crate.
//!
//! A [`Client`] waits for one [`Invocation`] at a time. An invocation gets exactly one response, because [`respond`],
//! [`stream`] and [`fail`] consume the invocation.
//!
//! ```no_run
//! use lodger_runtime_api::{Client, Error};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     let mut client = Client::from_env()?;
//!     loop {
//!         let invocation = client.next().await?;
//!         let response = format!(r#"{{"bytes":{}}}"#, invocation.event().len());
//!         if let Err(error) = invocation.respond(response).await {
//!             if error.is_fatal() {
//!                 return Err(error);
//!             }
//!             eprintln!("{error}");
//!         }
//!     }
//! }
//! ```
//!
//! The examples in this crate's `examples/` folder are complete runtimes:
//!
//! - `uppercase` is thirty lines long.
//! - `host_service` hosts the handler of another library: a tower `Service` with layers around it.
//!
//! # Concurrency
//!
//! On [Managed Instances][lmi], Lambda sends several invocations at once. Each concurrent loop needs a client of its own:
//! create the others with [`Client::sibling`]. Siblings share no connection, only a counter: a process gives up after *all*
//! siblings have failed to reach the Runtime API for a minute.
//!
//! # Retries
//!
//! [`Client::next`] retries for a minute. A response is sent again only if Lambda cannot have received it, or if the
//! connection had been idle before. The second case does no harm, because Lambda rejects a second response to an invocation.
//!
//! # Extensions
//!
//! [`ExtensionClient`] registers an extension, polls for its events, and subscribes to telemetry. It returns JSON as bytes. The
//! crate [lodger-extension](https://docs.rs/lodger-extension) has typed events and records, and calls handlers.
//!
//! # Compared with `lambda_runtime_api_client`
//!
//! The crate [`lambda_runtime_api_client`](https://docs.rs/lambda_runtime_api_client/1.1.1) is the HTTP client of
//! `lambda_runtime`: the caller builds each request and reads each response. This crate contains the protocol.
//!
//! | | `lambda_runtime_api_client` 1.1.1 | this crate |
//! |---|---|---|
//! | requests to any path, with any method and headers | `build_request`, `Client::call` | no: a method for each request of the protocol |
//! | request bodies of any type | `body::Body`, `body::channel` | [`Payload`] for known lengths, [`ResponseStream`] for streams |
//! | a connector or an endpoint of your own | `ClientBuilder::with_connector`, `with_endpoint` | an address: [`Client::new`] |
//! | a pool of connections for concurrent requests | `with_pool_size` | one connection for each [`Client`]; [`Client::sibling`] |
//! | a client behind a trait, for mocks | `RuntimeApiClient` | no; test against `lodger-gateway`, or a server of yours |
//! | a `User-Agent` chosen at build time | `LAMBDA_RUNTIME_USER_AGENT` | no: `lodger/` and the version |
//! | a default subscriber of `tracing` | `tracing::init_default_subscriber` | no: events of `tracing` only |
//! | new connections after a restore from a snapshot | `PooledClient::reset_pool` | a `sibling` for [`wait_for_restore`]; [`InternalExtension::reconnect`] |
//! | metadata of an invocation | headers of the response | [`Context`], with the remaining time |
//! | exactly one response to an invocation | no | [`Invocation`], by ownership |
//! | retries and replacement of closed connections | idle connections only | polls for a minute; responses where that is safe |
//! | timeouts, and detection of a dead peer | no | yes, except while waiting for an event |
//! | limits of the sizes of heads and bodies | those of hyper | 64 KiB and 64 MiB |
//! | error trailers of streams | `Sender::send_trailers`, written by the caller | [`ResponseStream::fail`] |
//! | the end of a stream that its reader has rejected | no | [`ResponseStream::rejected`] |
//! | reports of errors in the JSON that Lambda expects | no | [`fail`], [`fail_with_trace`], [`Client::fail_initialization`] |
//! | an invalid `AWS_LAMBDA_RUNTIME_API` | a panic | an [`Error`] that names the value |
//! | registration, events and subscriptions of extensions | no (in `lambda-extension`) | [`ExtensionClient`] |
//! | HTTP | hyper and hyper-util | a client for this protocol, with half the instructions for each invocation |
//!
//! [runtime]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//! [extensions]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
//! [lmi]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
//! [`respond`]: Invocation::respond
//! [`stream`]: Invocation::stream
//! [`fail`]: Invocation::fail
//! [`fail_with_trace`]: Invocation::fail_with_trace
//! [`wait_for_restore`]: Client::wait_for_restore

mod address;
mod client;
mod context;
mod error;
mod extension;
mod http1;
mod invocation;
mod next;
mod outage;
mod payload;
mod post;
mod report;
mod stream;
mod timer;

pub use client::Client;
pub use context::Context;
pub use error::Error;
pub use extension::{ExtensionClient, InternalExtension, LifecycleEvent, Registration};
pub use invocation::Invocation;
pub use payload::Payload;
pub use stream::ResponseStream;
pub use timer::ReusableTimer;

/// Entries for the fuzz targets in `fuzz/`. A [`Client`] retries after an invalid response, and hides the headers.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing {
    pub use crate::http1::fuzzing::{Response, read_response};
}
