//! Extensions of requests on AWS Lambda, and events that are not HTTP requests.

#[cfg(feature = "events")]
mod aws_events;
#[cfg(feature = "handlers")]
mod known;

/// The types of events of the crate [`aws_lambda_events`].
///
/// Each module has the events of one service, such as `sqs::SqsEvent`.
#[cfg(feature = "events")]
#[doc(no_inline)]
pub use aws_lambda_events::event as events;
#[cfg(feature = "handlers")]
pub use known::{EventPattern, KnownEvent};
#[doc(inline)]
pub use lodger_core::lambda::{Context, Event, EventKind, EventSource, RequestContext, SyntheticRequest};
