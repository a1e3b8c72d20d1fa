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

mod app;
mod body;
mod error;
#[cfg(feature = "lambda")]
mod json;
mod lifecycle;
mod log;
mod path;
mod request;
mod settings;
mod util;

#[cfg(feature = "lambda")]
pub mod lambda;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "vercel")]
pub mod vercel;

pub use app::{App, Request};
pub use body::Body;
pub use error::{BoxError, Error};
pub use lifecycle::{before_freeze::BeforeFreeze, shutdown::Shutdown, snapshot_hooks::SnapshotHooks};
pub use log::log;
#[cfg(feature = "logs")]
pub use log::subscriber as logs;
#[cfg(any(feature = "lambda", feature = "server"))]
pub use request::after_response::AfterResponse;
pub use request::{
    extensions::{ClientAddr, PathPrefix},
    head::RequestHead,
};
pub use settings::{Host, ResponseMode, Settings, Stage, VARIABLES, Variable};
