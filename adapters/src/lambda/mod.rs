//! Extensions of requests on AWS Lambda, and handlers for events that are not HTTP requests.
//!
//! The types of handlers need the feature `handlers`, and [`events`] the feature `events`. The book
//! (`docs/src/guides/events.md` in the repository) shows how they fit together.

#[cfg(feature = "events")]
mod aws_events;
#[cfg(feature = "handlers")]
mod batch;
#[cfg(feature = "handlers")]
mod diagnostic;
#[cfg(feature = "handlers")]
mod function;
#[cfg(feature = "handlers")]
pub(crate) mod handlers;
#[cfg(feature = "handlers")]
mod into_result;
#[cfg(feature = "handlers")]
mod known;
#[cfg(feature = "handlers")]
mod local;
#[cfg(feature = "handlers")]
pub(crate) mod selector;

/// The types of events of the crate [`aws_lambda_events`].
///
/// Each module has the events of one service, such as `sqs::SqsEvent`.
#[cfg(feature = "events")]
#[doc(no_inline)]
pub use aws_lambda_events::event as events;
#[doc(inline)]
pub use lodger_core::lambda::{Context, Event, EventKind, EventSource, RequestContext, SyntheticRequest};

#[cfg(feature = "handlers")]
#[doc(inline)]
pub use lodger_core::{
    BoxError as Error,
    lambda::{ErrorReport, FromEvent, HandlerResult},
};

#[cfg(feature = "handlers")]
pub use self::{
    batch::{Batch, BatchResponse, BatchSource, FromRecord, ItemIdentifier, Raw, Record, Whole},
    diagnostic::{Diagnostic, IntoErrorReport},
    function::{FunctionMarker, LambdaEvent, ServiceFn, run, service_fn},
    into_result::{HandlerOutput, IntoResult, LocalOutput, StreamResponse},
    known::{EventPattern, KnownEvent},
    local::local,
};
