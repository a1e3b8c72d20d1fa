//! Types of events, and the patterns by which they are recognized.

use lodger_core::lambda::{EventKind, EventSource};

/// A pattern of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventPattern {
    /// All events of a kind.
    Kind(EventKind),
    /// All events from a source: see [`EventSource::is_from`].
    Source(&'static str),
    /// Events of EventBridge from a source with a detail type.
    DetailType {
        /// The member `source`.
        source: &'static str,
        /// The member `detail-type`.
        detail_type: &'static str,
    },
}

impl EventPattern {
    /// Returns whether an event has this pattern.
    ///
    /// # Example
    ///
    /// ```
    /// use lodger::lambda::{EventKind, EventPattern, EventSource};
    ///
    /// let event = br#"{"source": "my.app", "detail-type": "OrderPlaced", "detail": {"total": 12}}"#;
    /// let event = EventSource::read(event).unwrap();
    /// assert!(EventPattern::Kind(EventKind::EventBridge).matches(&event));
    /// assert!(EventPattern::Source("my.app").matches(&event));
    /// assert!(EventPattern::DetailType { source: "my.app", detail_type: "OrderPlaced" }.matches(&event));
    /// assert!(!EventPattern::DetailType { source: "my.app", detail_type: "OrderPaid" }.matches(&event));
    /// ```
    #[must_use]
    pub fn matches(&self, event: &EventSource<'_>) -> bool {
        match *self {
            Self::Kind(kind) => event.kind() == kind,
            Self::Source(source) => event.is_from(source),
            Self::DetailType { source, detail_type } => has_detail_type(event, source, detail_type),
        }
    }
}

/// Whether an event is of EventBridge, from `source` and with `detail_type`. An alarm that invokes the function itself is not.
pub(super) fn has_detail_type(event: &EventSource<'_>, source: &str, detail_type: &str) -> bool {
    event.kind() == EventKind::EventBridge && event.source() == Some(source) && event.detail_type() == Some(detail_type)
}

/// A type of events that Lodger recognizes by their source, so that `Lodger::on` takes a handler for it.
///
/// With the feature `events`, the types of the crate [`aws_lambda_events`](https://docs.rs/aws_lambda_events) implement this
/// trait. Types of your own implement this trait too, such as a type that reads fewer members.
///
/// # Example
///
/// ```
/// use lodger::lambda::{EventPattern, KnownEvent};
///
/// /// An event that an app sends to EventBridge.
/// #[derive(serde::Deserialize)]
/// struct OrderPlaced {
///     detail: Order,
/// }
///
/// #[derive(serde::Deserialize)]
/// struct Order {
///     total: u32,
/// }
///
/// impl KnownEvent for OrderPlaced {
///     const PATTERNS: &'static [EventPattern] =
///         &[EventPattern::DetailType { source: "my.app", detail_type: "OrderPlaced" }];
/// }
/// # let _ = |order: OrderPlaced| order.detail.total;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type of events that Lodger recognizes",
    label = "`{Self}` does not implement `KnownEvent`",
    note = "register the handler with `on_source` or `on_any`, which take events of any type",
    note = "or implement `lodger::lambda::KnownEvent` for `{Self}`",
    note = "with the feature `events` of lodger, the types in `lodger::lambda::events` implement `KnownEvent`"
)]
pub trait KnownEvent {
    /// The patterns of the events of this type. An event is of this type if one of them matches.
    const PATTERNS: &'static [EventPattern];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: EventPattern, event: &str) -> bool {
        pattern.matches(&EventSource::read(event.as_bytes()).unwrap())
    }

    #[test]
    fn matches_kinds_sources_and_detail_types() {
        let queue = r#"{"Records": [{"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:orders"}]}"#;
        assert!(matches(EventPattern::Kind(EventKind::Sqs), queue));
        assert!(!matches(EventPattern::Kind(EventKind::Sns), queue));
        assert!(matches(EventPattern::Source("orders"), queue));
        assert!(!matches(EventPattern::Source("order"), queue));

        let pattern = EventPattern::DetailType { source: "my.app", detail_type: "OrderPlaced" };
        assert!(matches(pattern, r#"{"source": "my.app", "detail-type": "OrderPlaced"}"#));
        for other in [
            r#"{"source": "my.shop", "detail-type": "OrderPlaced"}"#,
            r#"{"source": "my.app", "detail-type": "OrderPaid"}"#,
            r#"{"source": "my.app", "detail-type": "OrderPlaced", "alarmData": {}}"#,
            r#"{"source": "my.app"}"#,
            queue,
        ] {
            assert!(!matches(pattern, other), "{other}");
        }
    }
}
