//! The start, the freezes and the end of a process.

pub(crate) mod before_freeze;
#[cfg(any(feature = "lambda", feature = "vercel"))]
pub(crate) mod build;
#[cfg(any(feature = "lambda", feature = "vercel"))]
pub(crate) mod only_run;
pub(crate) mod shutdown;
#[cfg(any(feature = "lambda", feature = "server"))]
pub(crate) mod signals;
pub(crate) mod snapshot_hooks;
