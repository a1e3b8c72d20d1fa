//! Extensions of requests on AWS Lambda.

#[cfg(feature = "handlers")]
mod batch;

#[cfg(feature = "handlers")]
pub use batch::{Batch, BatchResponse, BatchSource, FromRecord, ItemIdentifier, Raw, Record, Whole};
#[doc(inline)]
pub use lodger_core::lambda::{Context, Event, RequestContext, SyntheticRequest};
