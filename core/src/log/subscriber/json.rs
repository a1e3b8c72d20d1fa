//! Lines of JSON, in the format of Lambda's log.

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

use crate::log::{span::is_request, subscriber::LogFields};

/// A layer that writes each event to standard output, as one object in one line.
#[derive(Debug)]
pub(crate) struct JsonLayer;

impl<S> Layer<S> for JsonLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = LogFields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut new = LogFields::default();
        // Before the lock: the code that formats a value may log.
        values.record(&mut new);
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<LogFields>()
        {
            fields.update(new);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let line = line(event, &context);
        // One call, so that lines of other threads do not mix with this one. An error cannot be reported anywhere.
        let _ = io::stdout().lock().write_all(line.as_bytes());
    }
}

fn line<S>(event: &Event<'_>, context: &Context<'_, S>) -> String
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let mut fields = LogFields::default();
    event.record(&mut fields);
    let (request_id, spans) = read_spans(event, context);
    let mut line = String::with_capacity(256);
    line.push('{');
    let mut time = String::new();
    if SystemTime.format_time(&mut Writer::new(&mut time)).is_ok() {
        push_member(&mut line, "timestamp", &time.into());
    }
    push_member(&mut line, "level", &event.metadata().level().as_str().into());
    push_member(&mut line, "message", &fields.message.into());
    if let Some(request_id) = request_id {
        push_member(&mut line, "requestId", &request_id.into());
    }
    push_member(&mut line, "target", &fields.target.as_deref().unwrap_or(event.metadata().target()).into());
    push_fields(&mut line, &fields.rest);
    if !spans.is_empty() {
        line.push_str(&spans);
        line.push(']');
    }
    line.push_str("}\n");
    line
}

/// Reads the request id from the spans around an event, and writes the spans as the member `spans`, without its last bracket.
fn read_spans<S>(event: &Event<'_>, context: &Context<'_, S>) -> (Option<String>, String)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let (mut request_id, mut spans) = (None, String::new());
    for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
        let extensions = span.extensions();
        let fields = extensions.get::<LogFields>();
        // Lodger's span is the outermost one of that name and target.
        if request_id.is_none() && is_request(span.metadata()) {
            request_id = fields.and_then(|fields| fields.text("request_id")).map(str::to_owned);
        }
        spans.push_str(if spans.is_empty() { ",\"spans\":[{" } else { ",{" });
        push_member(&mut spans, "name", &span.name().into());
        if let Some(fields) = fields {
            push_fields(&mut spans, &fields.rest);
        }
        spans.push('}');
    }
    (request_id, spans)
}

/// Writes the fields of an event or of a span as the member `fields`, if there are any. A field may have the name of another
/// member.
fn push_fields(out: &mut String, fields: &[(&'static str, Value)]) {
    if fields.is_empty() {
        return;
    }
    out.push_str(",\"fields\":{");
    fields.iter().for_each(|(name, value)| push_member(out, name, value));
    out.push('}');
}

/// Writes a member of an object, after a comma unless it is the first one.
fn push_member(out: &mut String, name: &str, value: &Value) {
    let comma = if out.ends_with('{') { "" } else { "," };
    let _ = write!(out, "{comma}{}:{value}", Value::from(name));
}
