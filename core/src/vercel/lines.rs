//! Events of `tracing`, as lines of the platform's log.

use tracing::{
    Event, Subscriber,
    span::{Attributes, Id},
};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::LookupSpan,
};

use crate::{
    log::subscriber::{Fields, is_of_request},
    vercel::log_sink::{self, Asked},
};

/// Sends each event to the platform, of its request if it has one.
#[derive(Debug)]
pub(crate) struct Lines {
    _private: (),
}

impl Lines {
    /// From now on lines are kept, until they can be sent.
    pub(crate) fn new() -> Self {
        log_sink::process_starts();
        log_sink::lose_none_at_exit();
        Self { _private: () }
    }
}

impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        // It may be taken to where the thread is at work on another, or on none.
        if is_of_request(attributes.metadata())
            && let (Some(span), Some(asked)) = (context.span(id), Asked::current())
        {
            span.extensions_mut().insert(asked);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let (level, line) = (*event.metadata().level(), fields.to_string());
        let asked = context.event_scope(event).into_iter().flatten().find_map(|span| span.extensions().get().cloned());
        if !log_sink::send_of(asked.or_else(Asked::current), level, &line) {
            log_sink::to_stderr(&line);
        }
    }
}
