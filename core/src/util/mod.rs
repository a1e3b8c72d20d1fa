//! Building blocks that depend on no other folder of this crate. Of its types, they use only `BoxError`.

#[cfg(feature = "lambda")]
pub(crate) mod abort_on_drop;
pub(crate) mod catch_panic;
#[cfg(feature = "lambda")]
pub(crate) mod guarded_body;
#[cfg(feature = "lambda")]
pub(crate) mod join_all;
#[cfg(any(feature = "lambda", feature = "server"))]
pub(crate) mod spawn;
