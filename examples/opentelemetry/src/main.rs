//! Traces by OpenTelemetry: the spans of a request are in the trace that the host says it is in, and are sent before the host may
//! freeze the process.
//!
//! ```text
//! cargo run -p example-opentelemetry
//! curl -H 'x-amzn-trace-id: Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1' http://127.0.0.1:3000/
//! ```

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
    let spans = collect(opentelemetry_stdout::SpanExporter::default());
    flushed_by(Lodger::new(), spans.clone()).run(app()).await?;
    // On a server, and at the end everywhere.
    flush(spans).await;
    Ok(())
}

/// Has spans sent by `exporter`, in batches. The log is the host's.
fn collect(exporter: impl SpanExporter + 'static) -> SdkTracerProvider {
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    // Lodger's own span begins before anybody can say which trace it is in.
    let levels = Targets::new().with_default(LevelFilter::INFO).with_target("lodger", LevelFilter::OFF);
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("example")).with_filter(levels);
    tracing_subscriber::registry().with(lodger::logs::layer()).with(spans).init();
    provider
}

/// Has `provider` send what it has before each freeze.
fn flushed_by(lodger: Lodger, provider: SdkTracerProvider) -> Lodger {
    lodger.before_freeze(move || flush(provider.clone()))
}

async fn flush(provider: SdkTracerProvider) {
    // It blocks its thread.
    match tokio::task::spawn_blocking(move || provider.force_flush()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "spans were not sent"),
        Err(error) => tracing::warn!(%error, "spans were not sent"),
    }
}

/// The app, apart from `main`, so that tests can have it as well.
fn app() -> Router {
    // Of those that match a route, which has a name.
    Router::new().route("/", get(hello)).route_layer(middleware::from_fn(traced))
}

async fn hello() -> &'static str {
    let work = tracing::info_span!("work");
    work.in_scope(|| tracing::info!("said hello"));
    "hello\n"
}

/// A span around the request, in the trace that its headers tell: on Lambda, `x-amzn-trace-id` is that of the invocation.
async fn traced(path: MatchedPath, request: Request, next: Next) -> Response {
    let span = tracing::info_span!(
        "http",
        otel.name = path.as_str(),
        otel.kind = "server",
        otel.status_code = tracing::field::Empty
    );
    let told = XrayPropagator::default().extract(&HeaderExtractor(request.headers()));
    if let Err(error) = span.set_parent(told) {
        tracing::debug!(%error, "the span is in no trace but its own");
    }
    let response = next.run(request).instrument(span.clone()).await;
    if response.status().is_server_error() {
        span.record("otel.status_code", "error");
    }
    response
}

#[cfg(test)]
mod tests;
