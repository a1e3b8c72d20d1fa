//! Guides: how hosts and fronts change what an app sees, and how to work with that.

pub mod events;
pub mod fronts;
pub mod lambda;
pub mod logging;
pub mod redirects;
pub mod snap_start;
pub mod vercel;
