//! The table of handlers, and the choice of a handler for an event.

use std::{any::type_name, fmt, sync::Arc};

use lodger_core::{
    Error,
    lambda::{
        Context, ErrorReport, EventHandler, EventSource, FromEvent, HandlerFuture, HandlerResult, HandlerScope,
        IncomingEvent,
    },
};

use super::{HandlerOutput, diagnostic::report, selector::Selector};

/// The handlers of a [`Lodger`](crate::Lodger).
#[derive(Default)]
pub(crate) struct Handlers(Vec<Entry>);

/// A handler, and the events that it takes.
struct Entry {
    selector: Selector,
    /// The name of the event's type.
    event_type: &'static str,
    call: Box<dyn Fn(&IncomingEvent<'_>) -> HandlerFuture + Send + Sync>,
}

impl Handlers {
    /// Adds a handler.
    pub(crate) fn add<E, R>(&mut self, selector: Selector, handler: impl Fn(E, Context) -> R + Send + Sync + 'static)
    where
        E: FromEvent + Send + 'static,
        R: Future<Output: HandlerOutput> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let call = move |incoming: &IncomingEvent<'_>| -> HandlerFuture {
            let context = incoming.context.clone();
            match E::from_event(incoming.event, &context) {
                Ok(event) => {
                    let handler = Arc::clone(&handler);
                    Box::pin(async move { handler(event, context).await.into_result() })
                }
                Err(error) => Box::pin(std::future::ready(invalid_event(error))),
            }
        };
        self.0.push(Entry { selector, event_type: type_name::<E>(), call: Box::new(call) });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that at most one handler can take an event.
    ///
    /// # Errors
    /// Two handlers take the same events.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (at, entry) in self.0.iter().enumerate() {
            let Some(other) = self.0.iter().take(at).find(|other| other.selector.overlaps(&entry.selector)) else {
                continue;
            };
            return Err(Error::build(format!(
                "cannot choose between the handlers for {other} and {entry}: both take the same events; remove one, or name the \
                 source of its events with `Lodger::on_source` or `Lodger::on_detail_type`"
            )));
        }
        Ok(())
    }

    /// Returns the most precise of the handlers that may take the event.
    fn find(&self, source: &EventSource<'_>, scope: HandlerScope) -> Option<&Entry> {
        let candidates = self.0.iter().filter(|entry| match scope {
            HandlerScope::Typed => matches!(entry.selector, Selector::Type(_)),
            HandlerScope::Named => entry.selector != Selector::Any,
            _ => true,
        });
        let ranked = candidates.filter_map(|entry| Some((entry.selector.precision(source)?, entry)));
        ranked.max_by_key(|(precision, _)| *precision).map(|(_, entry)| entry)
    }
}

impl EventHandler for Handlers {
    fn handle(&self, incoming: &IncomingEvent<'_>) -> Option<HandlerFuture> {
        let source = EventSource::read(incoming.event.as_bytes())?;
        self.find(&source, incoming.scope).map(|entry| (entry.call)(incoming))
    }

    fn event_types(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|entry| (&entry.selector, entry.event_type))).finish()
    }
}

/// Names the events of a handler.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.selector {
            Selector::Type(_) => write!(f, "`{}`", short(self.event_type)),
            selector => write!(f, "events {selector} (`{}`)", short(self.event_type)),
        }
    }
}

/// The result of an event that does not fit the type of the handler's argument.
pub(crate) fn invalid_event(error: Error) -> HandlerResult {
    HandlerResult::Error(ErrorReport { error_type: "InvalidEvent".to_owned(), ..report(error) })
}

/// Returns the name of a type without the paths of the type and of its parameters.
fn short(name: &str) -> String {
    name.split_inclusive(['<', '>', ',', ' ']).map(|part| part.rsplit("::").next().unwrap_or(part)).collect()
}
