//! Prefixes that Lodger removes from paths, and paths that are reserved for events.

pub(crate) mod location;
pub(crate) mod prefix;
#[cfg(feature = "server")]
pub(crate) mod public_paths;
pub(crate) mod reserved;
