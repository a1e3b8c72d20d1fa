//! Events of `tracing`, as lines for the sink of the host.

use std::sync::Arc;

use tracing::{
    Event, Subscriber,
    span::{Attributes, Id},
};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::LookupSpan,
};

use crate::log::{
    sink::{self, LogSink},
    span::is_request,
    subscriber::LogFields,
};

/// A layer that sends each event to the sink of its request, or of the process.
#[derive(Debug)]
pub(crate) struct SinkLayer {
    _private: (),
}

impl SinkLayer {
    /// Creates the layer, and buffers lines until the host registers its sink.
    pub(crate) fn new() -> Self {
        sink::buffer();
        sink::flush_at_thread_exit();
        Self { _private: () }
    }
}

impl<S> Layer<S> for SinkLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        // Kept in the span, because the app may enter the span on a thread that works on another request, or on none.
        if is_request(attributes.metadata())
            && let (Some(span), Some(sink)) = (context.span(id), sink::of_request())
        {
            span.extensions_mut().insert(sink);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = LogFields::default();
        event.record(&mut fields);
        let (level, line) = (*event.metadata().level(), fields.to_string());
        let of_span =
            |span: tracing_subscriber::registry::SpanRef<'_, S>| span.extensions().get::<Arc<dyn LogSink>>().cloned();
        let of_request = context.event_scope(event).into_iter().flatten().find_map(of_span);
        if !sink::send_to(of_request.or_else(sink::of_request), level, &line) {
            sink::to_stderr(&line);
        }
    }
}
