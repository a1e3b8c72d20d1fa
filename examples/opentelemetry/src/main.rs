//! Traces with OpenTelemetry. The spans of a request belong to the trace of the host, and are sent before the host may freeze
//! the process.
//!
//! ```text
//! cargo run -p example-opentelemetry
//! curl -H 'x-amzn-trace-id: Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1' http://127.0.0.1:3000/
//! ```
//!
//! `cargo lodger dev -p example-opentelemetry` serves it behind every front, such as <http://rest-api.localhost:4000>.

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use lodger::Lodger;
use opentelemetry::{propagation::TextMapPropagator as _, trace::TracerProvider as _};
use opentelemetry_aws::trace::XrayPropagator;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter};
use tracing::{Instrument as _, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer as _, filter::Targets, prelude::*};

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    let spans = init_tracing(opentelemetry_stdout::SpanExporter::default());
    flush_before_freeze(Lodger::new(), spans.clone()).run(app()).await?;
    // A server does not freeze, so it sends the last spans here.
    flush(spans).await;
    Ok(())
}

/// Installs the log of the host, and a layer that sends spans to `exporter` in batches.
fn init_tracing(exporter: impl SpanExporter + 'static) -> SdkTracerProvider {
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    // Lodger's own span begins before the trace is read from the request, and would be in a trace of its own.
    let levels = Targets::new().with_default(LevelFilter::INFO).with_target("lodger", LevelFilter::OFF);
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("example")).with_filter(levels);
    tracing_subscriber::registry().with(lodger::logs::layer()).with(spans).init();
    provider
}

/// Makes `provider` send its spans before each freeze.
fn flush_before_freeze(lodger: Lodger, provider: SdkTracerProvider) -> Lodger {
    lodger.before_freeze(move || flush(provider.clone()))
}

async fn flush(provider: SdkTracerProvider) {
    // `force_flush` blocks its thread.
    match tokio::task::spawn_blocking(move || provider.force_flush()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "cannot send spans"),
        Err(error) => tracing::warn!(%error, "cannot send spans"),
    }
}

/// Makes the app. Apart from `main`, so that tests can use it.
fn app() -> Router {
    // Only requests that match a route get a span, because the span has the name of the route.
    Router::new().route("/", get(hello)).route_layer(middleware::from_fn(trace))
}

async fn hello() -> &'static str {
    let work = tracing::info_span!("work");
    work.in_scope(|| tracing::info!("hello"));
    "hello\n"
}

/// Opens a span around the request, in the trace of its headers. On Lambda, `x-amzn-trace-id` is the trace of the invocation.
async fn trace(path: MatchedPath, request: Request, next: Next) -> Response {
    let span = tracing::info_span!(
        "http",
        otel.name = path.as_str(),
        otel.kind = "server",
        otel.status_code = tracing::field::Empty
    );
    let parent = XrayPropagator::default().extract(&HeaderExtractor(request.headers()));
    if let Err(error) = span.set_parent(parent) {
        tracing::debug!(%error, "cannot join the trace of the request");
    }
    let response = next.run(request).instrument(span.clone()).await;
    if response.status().is_server_error() {
        span.record("otel.status_code", "error");
    }
    response
}

#[cfg(test)]
mod tests;
