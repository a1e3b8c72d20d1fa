//! The extensions of a function.

mod api;
mod event;
mod extension;
#[cfg(feature = "process")]
mod process;
mod registry;

#[cfg(feature = "process")]
pub(crate) use self::event::SHUTDOWN_TIMEOUT;
pub(crate) use self::registry::Extensions;
pub(super) use self::{event::ExtensionEvent, extension::Subscriptions, registry::Rejection};
pub use self::{event::ShutdownReason, extension::ExtensionError};
