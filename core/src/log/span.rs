//! The span around each request, in which whatever is logged of it happens: by the name `request` and of the target `lodger` on
//! every host, so that a subscriber can tell it from others.
//!
//! It says nothing of the path: that is for those who know the routes, and clients put secrets there. Where nobody subscribes, it
//! costs a look at a flag.

#[cfg(feature = "lambda")]
use tracing::field::Empty;
use tracing::{Span, level_filters::LevelFilter};

/// That of an invocation. Its front is recorded once it is known, as `front`.
#[cfg(feature = "lambda")]
pub(crate) fn of_invocation(context: &crate::lambda::Context) -> Span {
    if has_no_subscriber() {
        return Span::none();
    }
    tracing::info_span!(
        target: "lodger",
        "request",
        request_id = context.request_id(),
        front = Empty,
        trace_id = context.trace_id(),
        tenant_id = context.tenant_id(),
    )
}

/// That of a request that Vercel brings.
#[cfg(feature = "vercel")]
pub(crate) fn on_vercel(context: &crate::vercel::Context) -> Span {
    if has_no_subscriber() {
        return Span::none();
    }
    tracing::info_span!(
        target: "lodger",
        "request",
        request_id = context.request_id(),
        front = "vercel",
        invocation_id = context.invocation_id(),
        trace_id = context.trace_id(),
    )
}

/// That of a request to a server. It has a number, for nobody has given it a name; and since a server has other ways to
/// say so, it is for those who want detail.
#[cfg(feature = "server")]
pub(crate) fn on_server() -> Span {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    static REQUESTS: AtomicU64 = AtomicU64::new(1);
    if has_no_subscriber() {
        return Span::none();
    }
    tracing::debug_span!(target: "lodger", "request", request_id = REQUESTS.fetch_add(1, Relaxed), front = "server")
}

/// Whether no subscriber takes any span.
///
/// The macros of `tracing` check more than that: with its feature `log`, which actix-web, warp and tower switch on, they send each
/// span to the crate `log` while there is no subscriber. An app with `env_logger` would get two lines for each request.
fn has_no_subscriber() -> bool {
    LevelFilter::current() == LevelFilter::OFF
}
