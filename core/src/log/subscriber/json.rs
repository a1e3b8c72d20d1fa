//! Lines of JSON, as Lambda's log has them.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use serde_json::Value;
use tracing::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    fmt::{format::Writer, time::FormatTime, time::SystemTime},
    layer::{Context, Layer},
    registry::LookupSpan,
};

use crate::log::subscriber::{Fields, is_of_request};

/// Writes each event to standard output, as one object in one line.
#[derive(Debug)]
pub(crate) struct Lines;

impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut new = Fields::default();
        // Before the lock: what writes a value may log itself.
        values.record(&mut new);
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            fields.update(new);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let line = line(event, &context);
        // In one piece, so that no other comes between. A log that cannot be written is nothing that a log could tell.
        let _ = io::stdout().lock().write_all(line.as_bytes());
    }
}

fn line<S>(event: &Event<'_>, context: &Context<'_, S>) -> String
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let mut fields = Fields::default();
    event.record(&mut fields);
    let (mut request_id, mut spans) = (None, String::new());
    for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
        let of_span = span.extensions();
        let of_span = of_span.get::<Fields>();
        // The outermost is Lodger's, whatever others are called.
        if request_id.is_none() && is_of_request(span.metadata()) {
            request_id = of_span.and_then(|fields| fields.text("request_id")).map(str::to_owned);
        }
        spans.push_str(if spans.is_empty() { ",\"spans\":[{" } else { ",{" });
        member(&mut spans, "name", &span.name().into());
        if let Some(of_span) = of_span {
            push_fields(&mut spans, &of_span.rest);
        }
        spans.push('}');
    }
    let mut line = String::with_capacity(256);
    line.push('{');
    let mut time = String::new();
    if SystemTime.format_time(&mut Writer::new(&mut time)).is_ok() {
        member(&mut line, "timestamp", &time.into());
    }
    member(&mut line, "level", &event.metadata().level().as_str().into());
    member(&mut line, "message", &fields.message.into());
    if let Some(request_id) = request_id {
        member(&mut line, "requestId", &request_id.into());
    }
    member(&mut line, "target", &fields.target.as_deref().unwrap_or(event.metadata().target()).into());
    push_fields(&mut line, &fields.rest);
    if !spans.is_empty() {
        line.push_str(&spans);
        line.push(']');
    }
    line.push_str("}\n");
    line
}

/// Writes the fields of an event or of a span, if it has any, as a member of their own: they may be called as one of its others.
fn push_fields(out: &mut String, fields: &[(&'static str, Value)]) {
    if fields.is_empty() {
        return;
    }
    out.push_str(",\"fields\":{");
    fields.iter().for_each(|(name, value)| member(out, name, value));
    out.push('}');
}

/// Writes a member of an object: a comma where it is not the first, and its name and value.
fn member(out: &mut String, name: &str, value: &Value) {
    let comma = if out.ends_with('{') { "" } else { "," };
    let _ = write!(out, "{comma}{}:{value}", Value::from(name));
}
