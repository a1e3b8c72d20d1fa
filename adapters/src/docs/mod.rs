//! Guides: how to deploy an app, and how each host and front changes requests and responses.

#[cfg(feature = "handlers")]
pub mod batches;
pub mod deploy;
pub mod events;
pub mod fronts;
pub mod lambda;
pub mod local;
pub mod logging;
pub mod redirects;
pub mod snap_start;
pub mod vercel;
