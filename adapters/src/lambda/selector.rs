//! The choice of a handler for an event.

use std::fmt;

use lodger_core::lambda::EventSource;

use super::{EventPattern, KnownEvent, known::has_detail_type};

/// The events that a handler takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selector {
    /// The events of the argument's type.
    Type(&'static [EventPattern]),
    /// The events of a source that the user names.
    Source(String),
    /// The events of EventBridge with a source and a detail type.
    DetailType { source: String, detail_type: String },
    /// The events that no other handler takes.
    Any,
}

/// The precision with which a selector describes an event. The handler with the highest value takes the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precision {
    Any,
    Kind,
    Service,
    Resource,
    Arn,
    DetailType,
}

impl Selector {
    /// The selector of a type of events.
    pub(crate) fn of_type<E: KnownEvent>() -> Self {
        Self::Type(E::PATTERNS)
    }

    /// Returns the precision for an event from `source`, or `None` if the handler does not take the event.
    pub(super) fn precision(&self, source: &EventSource<'_>) -> Option<Precision> {
        match self {
            Self::Any => Some(Precision::Any),
            Self::Type(patterns) => {
                let matching = patterns.iter().filter(|pattern| pattern.matches(source));
                matching.map(|pattern| Precision::of_pattern(pattern, source)).max()
            }
            Self::Source(name) => source.is_from(name).then(|| Precision::of_name(name, source)),
            Self::DetailType { source: name, detail_type } => {
                has_detail_type(source, name, detail_type).then_some(Precision::DetailType)
            }
        }
    }

    /// Whether this selector and `pattern` name the same source or detail type.
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
    pub(super) fn overlaps(&self, other: &Self) -> bool {
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
    /// Returns the precision of a pattern that matches the event.
    fn of_pattern(pattern: &EventPattern, source: &EventSource<'_>) -> Self {
        match pattern {
            EventPattern::Kind(_) => Self::Kind,
            EventPattern::Source(name) => Self::of_name(name, source),
            EventPattern::DetailType { .. } => Self::DetailType,
        }
    }

    /// Returns the precision of the name of a service, of a resource or of its ARN.
    fn of_name(name: &str, source: &EventSource<'_>) -> Self {
        match name {
            _ if source.source() == Some(name) => Self::Service,
            _ if name.starts_with("arn:") => Self::Arn,
            _ => Self::Resource,
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(_) => f.write_str("of a type"),
            Self::Source(name) => write!(f, "of the source {name:?}"),
            Self::DetailType { source, detail_type } => {
                write!(f, "of the source {source:?} with the detail type {detail_type:?}")
            }
            Self::Any => f.write_str("that no other handler takes"),
        }
    }
}
