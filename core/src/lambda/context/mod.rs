//! Extensions of requests on Lambda: the invocation, the event, and the request context of the front.

mod event;
mod invocation;
mod request_context;

pub use event::{Event, SyntheticRequest};
pub use invocation::Context;
pub use request_context::RequestContext;

#[cfg(any(feature = "actix-web", feature = "axum", feature = "axum-07"))]
mod extractors {
    use super::{Context, Event, RequestContext, SyntheticRequest};
    use crate::request::extract::impl_extractors;

    impl_extractors!(Context, "lambda::Context", "Lambda");
    impl_extractors!(RequestContext, "lambda::RequestContext", "Lambda, behind a front that sends a request context");
    impl_extractors!(Event, "lambda::Event", "Lambda");
    impl_extractors!(SyntheticRequest, "lambda::SyntheticRequest", "requests that were made from events");
}
