//! Building blocks that know nothing of Lodger.

#[cfg(feature = "lambda")]
pub(crate) mod abort_on_drop;
pub(crate) mod catch_panic;
#[cfg(feature = "lambda")]
pub(crate) mod guarded_body;
#[cfg(feature = "lambda")]
pub(crate) mod join_all;
