//! Paths: the prefixes that are removed from them, and those that are reserved.

pub(crate) mod location;
pub(crate) mod prefix;
#[cfg(feature = "server")]
pub(crate) mod public_paths;
pub(crate) mod reserved;
