//! A subscriber that records the fields of spans, and the request span of a handler.

use std::{
    fmt,
    sync::{
        Arc, Once,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use serde_json::{Map, Value};
use tracing::{
    Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Registry,
    layer::{Context, Layer, SubscriberExt as _},
    registry::{LookupSpan, SpanRef},
};

/// Sets the subscriber of the process, once.
pub fn subscribe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(FieldRecorder)).unwrap()
    });
}

/// The fields of the request span of Lodger that is the current span or encloses it. `null` without [`subscribe`].
pub fn current() -> Value {
    with_request_span(|span| span.extensions().get::<Fields>().map(|fields| Value::Object(fields.0.clone())))
        .flatten()
        .unwrap_or_default()
}

/// Adds one to `closed` when the request span of Lodger around the caller closes. Needs [`subscribe`].
pub fn count_when_closed(closed: &Arc<AtomicUsize>) {
    with_request_span(|span| span.extensions_mut().insert(ClosedSpans(Arc::clone(closed))));
}

/// Calls `f` with the request span of Lodger that is the current span or encloses it.
fn with_request_span<T>(f: impl FnOnce(SpanRef<'_, Registry>) -> T) -> Option<T> {
    let found = tracing::Span::current().with_subscriber(|(id, subscriber)| {
        let registry = subscriber.downcast_ref::<Registry>()?;
        let mut scope = registry.span(id)?.scope();
        scope.find(|span| (span.metadata().target(), span.name()) == ("lodger", "request")).map(f)
    });
    found.flatten()
}

/// A layer that records the fields of each span.
struct FieldRecorder;

#[derive(Default)]
struct Fields(Map<String, Value>);

/// Counts the span that has this extension when it closes.
struct ClosedSpans(Arc<AtomicUsize>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for FieldRecorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        values.record(context.span(id).unwrap().extensions_mut().get_mut::<Fields>().unwrap());
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(ClosedSpans(closed)) = context.span(&id).unwrap().extensions().get() {
            closed.fetch_add(1, SeqCst);
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}
