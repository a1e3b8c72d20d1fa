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
//! The example `uppercase` in this crate's `examples/` folder is a complete runtime in thirty lines.
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
//! [runtime]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//! [extensions]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
//! [lmi]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
//! [`respond`]: Invocation::respond
//! [`stream`]: Invocation::stream
//! [`fail`]: Invocation::fail

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
pub use extension::{Extension, ExtensionClient, LifecycleEvent, Registration};
pub use invocation::Invocation;
pub use payload::Payload;
pub use stream::ResponseStream;
pub use timer::ReusableTimer;
