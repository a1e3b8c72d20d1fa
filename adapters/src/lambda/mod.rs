//! Extensions of requests on AWS Lambda.

#[doc(inline)]
pub use lodger_core::lambda::{Context, Event, EventKind, EventSource, RequestContext, SyntheticRequest};
