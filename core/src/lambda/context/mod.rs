//! Extensions of requests on Lambda: the invocation, the event, and the request context of the front.

mod event;
mod invocation;
mod request_context;

pub use event::{Event, SyntheticRequest};
pub use invocation::Context;
pub use request_context::RequestContext;
