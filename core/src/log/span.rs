//! The span around each request. On every host its name is `request` and its target is `lodger`, so that a subscriber can
//! recognize it.
//!
//! The span does not contain the path: the app knows its routes, and clients put secrets into paths. Without a subscriber the span
//! costs one read of an atomic.

#[cfg(feature = "lambda")]
use tracing::field::Empty;
use tracing::{Span, level_filters::LevelFilter};

/// The span of an invocation. The field `front` is recorded once the front is known. `fields` returns the ids of the request, the
/// trace and the tenant.
#[cfg(feature = "lambda")]
pub(crate) fn for_invocation<'a>(fields: impl FnOnce() -> (&'a str, Option<&'a str>, Option<&'a str>)) -> Span {
    if has_no_subscriber() {
        return Span::none();
    }
    let (request_id, trace_id, tenant_id) = fields();
    tracing::info_span!(
        target: "lodger",
        "request",
        request_id,
        front = Empty,
        trace_id,
        tenant_id,
    )
}

/// The span of a request from Vercel.
#[cfg(feature = "vercel")]
pub(crate) fn for_vercel(request_id: u64, invocation_id: &str, trace_id: Option<&str>) -> Span {
    if has_no_subscriber() {
        return Span::none();
    }
    tracing::info_span!(
        target: "lodger",
        "request",
        request_id,
        front = "vercel",
        invocation_id,
        trace_id,
    )
}

/// The span of a request of Lambda Web Functions.
#[cfg(feature = "server")]
pub(crate) fn for_web_functions(request_id: &str, endpoint_name: &str) -> Span {
    if has_no_subscriber() {
        return Span::none();
    }
    tracing::info_span!(target: "lodger", "request", request_id, front = "web-functions", endpoint_name)
}

/// The span of a request of Azure Functions.
#[cfg(feature = "azure-functions")]
pub(crate) fn for_azure_functions(invocation_id: &str, function_name: Option<&str>) -> Span {
    if has_no_subscriber() {
        return Span::none();
    }
    tracing::info_span!(
        target: "lodger",
        "request",
        request_id = invocation_id,
        front = "azure-functions",
        function_name,
    )
}

/// The span of a request to a server. Servers do not give requests an id, so the span counts them.
///
/// The level is `DEBUG`: most apps on a server have a span of their own, for example from `TraceLayer`.
#[cfg(feature = "server")]
pub(crate) fn for_server() -> Option<Span> {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    static REQUESTS: AtomicU64 = AtomicU64::new(1);
    if has_no_subscriber() {
        return None;
    }
    // The macro evaluates its values for an enabled span only.
    let span = tracing::debug_span!(target: "lodger", "request", request_id = REQUESTS.fetch_add(1, Relaxed), front = "server");
    (!span.is_disabled()).then_some(span)
}

/// Returns whether `metadata` belongs to a span of this module.
#[cfg(feature = "logs")]
pub(crate) fn is_request(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == "lodger" && metadata.name() == "request"
}

/// Returns whether no subscriber takes any span.
///
/// The macros of `tracing` check more: with its feature `log`, which actix-web, warp and tower turn on, they send each span to the
/// crate `log` until a subscriber is set. An app with `env_logger` would get two lines for each request.
pub(crate) fn has_no_subscriber() -> bool {
    LevelFilter::current() == LevelFilter::OFF
}
