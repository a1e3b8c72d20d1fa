//! The span that a handler finds itself in, as a subscriber sees it.

use std::{fmt, sync::Once};

use serde_json::{Map, Value};
use tracing::{
    Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Registry,
    layer::{Context, Layer, SubscriberExt as _},
    registry::LookupSpan,
};

/// Subscribes to spans, for the whole process.
pub fn subscribe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Keeping)).unwrap());
}

/// The fields of Lodger's span, if that is the current one or around it. `null` as well where nobody subscribes.
pub fn current() -> Value {
    let current = tracing::Span::current();
    let found = current.with_subscriber(|(id, subscriber)| {
        let registry = subscriber.downcast_ref::<Registry>()?;
        let mut scope = registry.span(id)?.scope();
        let of_lodger = scope.find(|span| (span.metadata().target(), span.name()) == ("lodger", "request"))?;
        of_lodger.extensions().get::<Kept>().map(|kept| Value::Object(kept.0.clone()))
    });
    found.flatten().unwrap_or_default()
}

/// A layer that keeps what spans are given.
struct Keeping;

#[derive(Default)]
struct Kept(Map<String, Value>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keeping {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut kept = Kept::default();
        attributes.record(&mut kept);
        context.span(id).unwrap().extensions_mut().insert(kept);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        values.record(context.span(id).unwrap().extensions_mut().get_mut::<Kept>().unwrap());
    }
}

impl Visit for Kept {
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
