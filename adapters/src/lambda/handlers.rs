//! The table of handlers, and the choice of a handler for an event.

use std::{any::type_name, fmt, sync::Arc};

use lodger_core::{
    Error,
    lambda::{Context, EventHandler, EventSource, FromEvent, HandlerFuture, HandlerResult, IncomingEvent},
};

use super::{Diagnostic, EventPattern, HandlerOutput, KnownEvent, diagnostic::report};

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

/// The events that a handler takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selector {
    /// The events that the type of the argument names.
    Type(&'static [EventPattern]),
    /// The events of a source that the user names.
    Source(String),
    /// The events of EventBridge with a source and a detail type.
    DetailType { source: String, detail_type: String },
    /// The events that no other handler takes.
    Any,
}

/// How closely a selector describes an event. The handler with the highest value takes the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precision {
    Any,
    Kind,
    Service,
    Resource,
    DetailType,
}

impl Selector {
    /// The selector of a type of events.
    pub(crate) fn of_type<E: KnownEvent>() -> Self {
        Self::Type(E::PATTERNS)
    }

    /// Returns how closely this selector describes `source`, or `None` if the handler does not take the event.
    fn precision(&self, source: &EventSource<'_>) -> Option<Precision> {
        match self {
            Self::Any => Some(Precision::Any),
            Self::Type(patterns) => {
                let matching = patterns.iter().filter(|pattern| pattern.matches(source));
                matching.map(|pattern| Precision::of_pattern(pattern, source)).max()
            }
            Self::Source(name) => source.is_from(name).then(|| Precision::of_name(name, source)),
            Self::DetailType { source: name, detail_type } => {
                let matches = source.source() == Some(name) && source.detail_type() == Some(detail_type);
                matches.then_some(Precision::DetailType)
            }
        }
    }

    /// Whether the user named what the pattern names.
    fn equals(&self, pattern: &EventPattern) -> bool {
        match (self, *pattern) {
            (Self::Source(name), EventPattern::Source(source)) => name == source,
            (Self::DetailType { source, detail_type }, EventPattern::DetailType { source: of, detail_type: named }) => {
                source == of && detail_type == named
            }
            _ => false,
        }
    }

    /// Whether some events have the same precision for both selectors.
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Type(these), Self::Type(others)) => these.iter().any(|pattern| others.contains(pattern)),
            (Self::Type(patterns), named) | (named, Self::Type(patterns)) => {
                patterns.iter().any(|pattern| named.equals(pattern))
            }
            _ => self == other,
        }
    }
}

impl Precision {
    /// Of a pattern that matches the event.
    fn of_pattern(pattern: &EventPattern, source: &EventSource<'_>) -> Self {
        match pattern {
            EventPattern::Kind(_) => Self::Kind,
            EventPattern::Source(name) => Self::of_name(name, source),
            EventPattern::DetailType { .. } => Self::DetailType,
        }
    }

    /// Of the name of the service or of the resource from which the event is.
    fn of_name(name: &str, source: &EventSource<'_>) -> Self {
        if source.source() == Some(name) { Self::Service } else { Self::Resource }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(_) => f.write_str("of that type"),
            Self::Source(name) => write!(f, "of the source {name:?}"),
            Self::DetailType { source, detail_type } => {
                write!(f, "of the source {source:?} with the detail type {detail_type:?}")
            }
            Self::Any => f.write_str("that no other handler takes"),
        }
    }
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
                Err(error) => Box::pin(std::future::ready(invalid_event(&error))),
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
                "cannot choose between two handlers: the one for `{}` ({}) and the one for `{}` ({}) take the same events; remove \
                 one, or name the source of its events with `Lodger::on_source` or `Lodger::on_detail_type`",
                short(other.event_type),
                other.selector,
                short(entry.event_type),
                entry.selector,
            )));
        }
        Ok(())
    }

    /// Returns the handler that describes the event most closely.
    fn find(&self, source: &EventSource<'_>, resembles_http: bool) -> Option<&Entry> {
        let candidates = self.0.iter().filter(|entry| !resembles_http || matches!(entry.selector, Selector::Type(_)));
        let ranked = candidates.filter_map(|entry| Some((entry.selector.precision(source)?, entry)));
        ranked.max_by_key(|(precision, _)| *precision).map(|(_, entry)| entry)
    }
}

impl EventHandler for Handlers {
    fn handle(&self, incoming: &IncomingEvent<'_>) -> Option<HandlerFuture> {
        let source = EventSource::read(incoming.event.as_bytes())?;
        self.find(&source, incoming.resembles_http).map(|entry| (entry.call)(incoming))
    }

    fn event_types(&self) -> Vec<String> {
        let describe = |entry: &Entry| match &entry.selector {
            Selector::Type(_) => format!("`{}`", short(entry.event_type)),
            selector => format!("events {selector}"),
        };
        self.0.iter().map(describe).collect()
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|entry| (&entry.selector, entry.event_type))).finish()
    }
}

/// The result of an event that does not fit the type of the handler's argument.
pub(crate) fn invalid_event(error: &Error) -> HandlerResult {
    HandlerResult::Error(report(Diagnostic::new("InvalidEvent", error.to_string())))
}

/// Returns the name of a type without the paths of the type and of its parameters.
fn short(name: &str) -> String {
    name.split_inclusive(['<', '>', ',', ' ']).map(|part| part.rsplit("::").next().unwrap_or(part)).collect()
}
