//! The core of [Lodger](https://docs.rs/lodger): what a web app is to a host, and the hosts.
//!
//! People who have an app depend on the crate `lodger`. This one is for those who write an adapter for a framework that
//! `lodger` does not know: implement [`App`] for it, and the hosts do the rest. There is no framework in this crate.
//!
//! An [`App`] answers one [`Request`] at a time and never fails. A host brings the requests: [`server`] from a socket,
//! [`lambda`] from the Lambda Runtime API, [`vercel`] from a socket again, which it has a word in. Adapters never see hosts, and
//! hosts never see frameworks.

// Without a host there is nobody to use what hosts share.
#![cfg_attr(not(any(feature = "server", feature = "lambda")), allow(dead_code, unused_imports, unused_macros))]

#[cfg(any(feature = "lambda", feature = "server"))]
mod after;
mod app;
mod body;
mod error;
mod facts;
mod freeze;
mod head;
mod host;
mod location;
mod log;
mod once;
#[cfg(any(feature = "lambda", feature = "vercel"))]
mod only_run;
mod panic;
mod prefix;
mod reserved;
mod settings;
mod shutdown;
#[cfg(any(feature = "lambda", feature = "server"))]
mod signals;
mod snapshot_hooks;
#[cfg(any(feature = "lambda", feature = "server"))]
mod span;
#[cfg(any(feature = "lambda", feature = "vercel"))]
mod vercel_headers;

#[cfg(feature = "lambda")]
pub mod lambda;
#[cfg(feature = "logs")]
pub mod logs;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "vercel")]
pub mod vercel;

#[cfg(any(feature = "lambda", feature = "server"))]
pub use after::AfterResponse;
pub use app::{App, Request};
pub use body::Body;
pub use error::{BoxError, Error};
pub use facts::{ClientAddr, PathPrefix};
pub use freeze::BeforeFreeze;
pub use head::Head;
pub use host::Host;
pub use settings::{ResponseMode, Settings, Stage};
pub use shutdown::Shutdown;
pub use snapshot_hooks::SnapshotHooks;

pub use log::log;
